/** The functions that views call by name. Flask's `helpers`. */
import {
  currentContext,
  type Flashed,
  type FlashedMessage,
  requireAppContext,
  requireRequestContext,
} from './context.ts';
import { type CookieOptions, dumpCookie, dumpDeletedCookie } from './http/cookies.ts';
import { Markup } from './markup.ts';
import { redirectTo } from './redirect.ts';
import { makeReply, mutable } from './reply.ts';
import { messageFlashed } from './signals.ts';

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

const FLASHES = '_flashes';

const isMessage = (value: unknown): value is FlashedMessage => typeof value === 'string' || value instanceof Markup;

const isFlashed = (value: unknown): value is Flashed =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isMessage(value[1]);

const flashedIn = (value: unknown): readonly Flashed[] => (Array.isArray(value) ? value.filter(isFlashed) : []);

/** Keeps a message for the next request of this client. Flask's `flash`. */
export function flash(message: FlashedMessage, category = 'message'): void {
  const { app, session } = requireRequestContext();
  // A frozen array is a tuple to the session, as Python's Flask keeps it.
  session.set(FLASHES, [...flashedIn(session.get(FLASHES)), Object.freeze([category, message] as const)]);
  messageFlashed.send(app, { message, category });
}

/**
 * Takes the messages out of the session; again in the same request, the same ones. Flask's `get_flashed_messages`.
 * @param options.withCategories as `[category, message]` @param options.categoryFilter only these categories
 */
export function getFlashedMessages(options?: {
  readonly withCategories?: false;
  readonly categoryFilter?: readonly string[];
}): FlashedMessage[];
export function getFlashedMessages(options: {
  readonly withCategories: true;
  readonly categoryFilter?: readonly string[];
}): [category: string, message: FlashedMessage][];
export function getFlashedMessages(
  options: { readonly withCategories?: boolean; readonly categoryFilter?: readonly string[] } = {},
): FlashedMessage[] | [string, FlashedMessage][] {
  const context = requireRequestContext();
  const { session } = context;
  context.flashes ??= session.has(FLASHES) ? flashedIn(session.pop(FLASHES)) : [];
  const { categoryFilter: wanted = [], withCategories = false } = options;
  const chosen = context.flashes.filter(([category]) => wanted.length === 0 || wanted.includes(category));
  return withCategories
    ? chosen.map(([category, message]): [string, FlashedMessage] => [category, message])
    : chosen.map(([, message]) => message);
}
