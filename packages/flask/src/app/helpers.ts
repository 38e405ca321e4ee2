/** The functions that views call by name. Flask's `helpers`. */

import { Aborter } from '../exceptions/abort.ts';
import type { HTTPExceptionOptions } from '../exceptions/http-exception.ts';
import { type CookieOptions, dumpCookie, dumpDeletedCookie } from '../http/cookies.ts';
import { redirectTo } from '../http/redirect.ts';
import * as conditional from '../replies/conditional.ts';
import { makeReply, mutable } from '../replies/reply.ts';
import { currentContext, requireAppContext, requireRequestContext } from './context.ts';

/**
 * A response that sends the client elsewhere. Flask's `redirect`.
 *
 * A location that a client chose may lead to another site: build it by `urlFor`, or check it by `isSafeRedirect`.
 * @param code 302 by default; 301, 303, 305, 307, 308
 */
export function redirect(location: string, code = 302): Response {
  if (![301, 302, 303, 305, 307, 308].includes(code)) {
    throw new RangeError(`A redirect has status 301, 302, 303, 305, 307 or 308 (got ${code}).`);
  }
  return redirectTo(location, code);
}

/**
 * Whether a location leads to a place on the current host, such as a `?next=` that came with a form.
 * @example return redirect(isSafeRedirect(next) ? next : urlFor('index'));
 */
export function isSafeRedirect(location: string | undefined): location is string {
  // Browsers take a backslash for a slash, and skip control characters: neither occurs in a path that we build.
  if (location === undefined || location === '' || /[\\\0-\x20\x7f]/.test(location)) return false;
  // A path: neither a scheme, which may go without slashes (`http:evil.test`), nor another host (`//evil.test`).
  if (!/^[a-z][a-z\d+.-]*:|^\/\//i.test(location)) return true;
  const { request } = requireRequestContext();
  const [, host] = /^https?:\/\/([^/?#]+)/i.exec(location) ?? [];
  return host !== undefined && host.toLowerCase() === request.host.toLowerCase();
}

/** JSON of one value, or of several as a list: also where an array would be taken for `[body, status]`. Flask's `jsonify`. */
export function jsonify(...values: readonly unknown[]): Response {
  return requireAppContext().app.json.response(...values);
}

/** What a view's return value becomes, to be changed before it is returned. Flask's `make_response`. */
export function makeResponse(...reply: readonly unknown[]): Response {
  const { rule, app } = requireRequestContext();
  const value = reply.length === 0 ? '' : reply.length === 1 ? reply[0] : reply;
  return mutable(makeReply(value, app.json, rule?.endpoint));
}

/**
 * The response as far as the current request needs it: 304 without a body where the client has this one already, 412 where it
 * wanted another, with `acceptRanges` the part that it asked for. Flask's `response.make_conditional(request)`.
 *
 * @example return makeConditional(await addEtag(makeResponse(page)));
 * @throws a 416 for a range that the body has not
 */
export function makeConditional(response: Response, options: conditional.ConditionalOptions = {}): Response {
  return conditional.makeConditional(response, requireRequestContext().raw, options);
}

const aborter = new Aborter();

/**
 * Ends the request with an error, or with a ready response, by `app.aborter` where there is an app; Flask's `abort`.
 * @param code a status code from 400 on that HTTP names, or a response
 * @throws the exception of that code; RangeError for a code that has none
 */
export function abort(code: number | Response, description?: string, options?: HTTPExceptionOptions): never {
  return (currentContext()?.app.aborter ?? aborter).abort(code, description, options);
}

/** Flask's `response.set_cookie`. @throws TypeError for a name or a value that no cookie can have */
export function setCookie(response: Response, name: string, value = '', options: CookieOptions = {}): void {
  response.headers.append(
    'Set-Cookie',
    dumpCookie(name, value, { maxSize: currentContext()?.app.config.MAX_COOKIE_SIZE, ...options }),
  );
}

/** Flask's `response.delete_cookie`; path and domain as they were when it was set. */
export function deleteCookie(
  response: Response,
  name: string,
  options: Omit<CookieOptions, 'maxAge' | 'expires'> = {},
): void {
  response.headers.append('Set-Cookie', dumpDeletedCookie(name, options));
}
