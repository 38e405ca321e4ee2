/** The functions that views call by name. Flask's `helpers`. */

import { type CookieOptions, dumpCookie, dumpDeletedCookie } from '../http/cookies.ts';
import { redirectTo } from '../http/redirect.ts';
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
