/** HTTP errors as exceptions: thrown anywhere, they become the response. Werkzeug's `exceptions`. */
import { escapeHtml } from './markup.ts';
import { statusName } from './status.ts';

export interface HTTPExceptionOptions {
  /** Sent as it is, instead of the page. */
  readonly response?: Response;
  readonly cause?: unknown;
}

/**
 * Base of all HTTP errors; Flask's `werkzeug.exceptions.HTTPException`. Throw one, or `abort(code)`. Subclass it with a
 * `code` and a `description` of your own.
 */
export class HTTPException extends Error {
  override readonly name: string = this.constructor.name;
  /** Status code; undefined only where the exception stands for a ready response. */
  readonly code: number | undefined = undefined;
  /** A sentence for the user, shown on the page; text, not HTML. */
  description: string | undefined;
  readonly response: Response | undefined;

  constructor(description?: string, options: HTTPExceptionOptions = {}) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause });
    this.description = description;
    this.response = options.response;
  }

  /** The status in words: `Not Found`. */
  get statusName(): string {
    return this.code === undefined ? 'Unknown Error' : statusName(this.code);
  }

  /** The page's HTML. */
  getBody(): string {
    const name = escapeHtml(this.statusName);
    const description = escapeHtml(this.description ?? '').val.replaceAll('\n', '<br>');
    const page = ['<!doctype html>', '<html lang=en>', `<title>${this.code} ${name}</title>`, `<h1>${name}</h1>`];
    return `${[...page, `<p>${description}</p>`].join('\n')}\n`;
  }

  getHeaders(): [string, string][] {
    return [['Content-Type', 'text/html; charset=utf-8']];
  }

  /** The response that was given, or the page. */
  getResponse(): Response {
    return this.response ?? new Response(this.getBody(), { status: this.code ?? 500, headers: this.getHeaders() });
  }

  override toString(): string {
    return `${this.code ?? '???'} ${this.statusName}: ${this.description}`;
  }
}

export class BadRequest extends HTTPException {
  override readonly code: number = 400;
  constructor(
    description = 'The browser (or proxy) sent a request that this server could not understand.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** A key that the client had to send is missing; in debug mode the page names it. */
export class BadRequestKeyError extends BadRequest {
  readonly key: string;

  constructor(key: string, options?: HTTPExceptionOptions) {
    super(undefined, options);
    this.key = key;
  }

  /** Puts the key onto the page. */
  showKey(): void {
    this.description = `${this.description}\nKeyError: '${this.key}'`;
  }
}

/** What the client sent would have broken out of where it belongs: a line break in a header. Its page does not say what. */
export class SecurityError extends BadRequest {
  /** For the log. */
  readonly reason: string;

  constructor(reason: string, options?: HTTPExceptionOptions) {
    super(undefined, options);
    this.reason = reason;
  }
}

/** The client left before it had sent all of its request. */
export class ClientDisconnected extends BadRequest {}

/** The `Host` header is no host. */
export class BadHost extends BadRequest {}

export class Unauthorized extends HTTPException {
  override readonly code: number = 401;
  readonly #challenges: readonly string[];

  /** @param options.wwwAuthenticate values of `WWW-Authenticate`: `Basic realm="…"` */
  constructor(
    description = 'The server could not verify that you are authorized to access the URL requested. You either supplied the' +
      " wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.",
    options: HTTPExceptionOptions & { readonly wwwAuthenticate?: string | readonly string[] } = {},
  ) {
    super(description, options);
    const given = options.wwwAuthenticate ?? [];
    this.#challenges = typeof given === 'string' ? [given] : given;
  }

  override getHeaders(): [string, string][] {
    return [...super.getHeaders(), ...this.#challenges.map((value): [string, string] => ['WWW-Authenticate', value])];
  }
}

export class MethodNotAllowed extends HTTPException {
  override readonly code: number = 405;
  readonly validMethods: readonly string[];

  constructor(
    description = 'The method is not allowed for the requested URL.',
    options: HTTPExceptionOptions & { readonly validMethods?: readonly string[] } = {},
  ) {
    super(description, options);
    this.validMethods = options.validMethods ?? [];
  }

  override getHeaders(): [string, string][] {
    const allow: [string, string][] = this.validMethods.length === 0 ? [] : [['Allow', this.validMethods.join(', ')]];
    return [...super.getHeaders(), ...allow];
  }
}

export class RequestedRangeNotSatisfiable extends HTTPException {
  override readonly code: number = 416;
  readonly length: number | undefined;
  readonly units: string;

  /** @param options.length of the whole, in `units` */
  constructor(
    description = 'The server cannot provide the requested range.',
    options: HTTPExceptionOptions & { readonly length?: number; readonly units?: string } = {},
  ) {
    super(description, options);
    this.length = options.length;
    this.units = options.units ?? 'bytes';
  }

  override getHeaders(): [string, string][] {
    if (this.length === undefined) return super.getHeaders();
    return [...super.getHeaders(), ['Content-Range', `${this.units} */${this.length}`]];
  }
}

interface RetryOptions extends HTTPExceptionOptions {
  /** A time, or seconds from now. */
  readonly retryAfter?: Date | number;
}

class Retriable extends HTTPException {
  readonly retryAfter: Date | number | undefined;

  constructor(description: string, options: RetryOptions = {}) {
    super(description, options);
    this.retryAfter = options.retryAfter;
  }

  override getHeaders(): [string, string][] {
    if (this.retryAfter === undefined) return super.getHeaders();
    const value = this.retryAfter instanceof Date ? this.retryAfter.toUTCString() : String(this.retryAfter);
    return [...super.getHeaders(), ['Retry-After', value]];
  }
}

export class TooManyRequests extends Retriable {
  override readonly code: number = 429;
  constructor(
    description = 'This user has exceeded an allotted request count. Try again later.',
    options?: RetryOptions,
  ) {
    super(description, options);
  }
}

export class ServiceUnavailable extends Retriable {
  override readonly code: number = 503;
  constructor(
    description = 'The server is temporarily unable to service your request due to maintenance downtime or capacity' +
      ' problems. Please try again later.',
    options?: RetryOptions,
  ) {
    super(description, options);
  }
}

export class InternalServerError extends HTTPException {
  override readonly code: number = 500;
  /** What the app threw, for an error handler of 500; undefined after `abort(500)`. */
  readonly originalException: unknown;

  constructor(
    description = 'The server encountered an internal error and was unable to complete your request. Either the server is' +
      ' overloaded or there is an error in the application.',
    options: HTTPExceptionOptions & { readonly originalException?: unknown } = {},
  ) {
    super(description, options);
    this.originalException = options.originalException;
  }
}

/** A redirect of the router: to the canonical URL of what was asked for. */
export class RequestRedirect extends HTTPException {
  override readonly code: number = 308;
  readonly newUrl: string;

  constructor(newUrl: string, response: Response) {
    super(undefined, { response });
    this.newUrl = newUrl;
  }
}

export class Forbidden extends HTTPException {
  override readonly code: number = 403;
  constructor(
    description = "You don't have the permission to access the requested resource. It is either read-protected or not " +
      'readable by the server.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class NotFound extends HTTPException {
  override readonly code: number = 404;
  constructor(
    description = 'The requested URL was not found on the server. If you entered the URL manually please check your spelling ' +
      'and try again.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class NotAcceptable extends HTTPException {
  override readonly code: number = 406;
  constructor(
    description = 'The resource identified by the request is only capable of generating response entities which have content ' +
      'characteristics not acceptable according to the accept headers sent in the request.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class RequestTimeout extends HTTPException {
  override readonly code: number = 408;
  constructor(
    description = "The server closed the network connection because the browser didn't finish the request within the " +
      'specified time.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class Conflict extends HTTPException {
  override readonly code: number = 409;
  constructor(
    description = 'A conflict happened while processing the request. The resource might have been modified while the request ' +
      'was being processed.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class Gone extends HTTPException {
  override readonly code: number = 410;
  constructor(
    description = 'The requested URL is no longer available on this server and there is no forwarding address. If you ' +
      'followed a link from a foreign page, please contact the author of this page.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class LengthRequired extends HTTPException {
  override readonly code: number = 411;
  constructor(
    description = 'A request with this method requires a valid <code>Content-Length</code> header.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class PreconditionFailed extends HTTPException {
  override readonly code: number = 412;
  constructor(
    description = 'The precondition on the request for the URL failed positive evaluation.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class RequestEntityTooLarge extends HTTPException {
  override readonly code: number = 413;
  constructor(description = 'The data value transmitted exceeds the capacity limit.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class RequestURITooLarge extends HTTPException {
  override readonly code: number = 414;
  constructor(
    description = 'The length of the requested URL exceeds the capacity limit for this server. The request cannot be ' +
      'processed.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class UnsupportedMediaType extends HTTPException {
  override readonly code: number = 415;
  constructor(
    description = 'The server does not support the media type transmitted in the request.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class ExpectationFailed extends HTTPException {
  override readonly code: number = 417;
  constructor(
    description = 'The server could not meet the requirements of the Expect header',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class ImATeapot extends HTTPException {
  override readonly code: number = 418;
  constructor(description = 'This server is a teapot, not a coffee machine', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class UnprocessableEntity extends HTTPException {
  override readonly code: number = 422;
  constructor(
    description = 'The request was well-formed but was unable to be followed due to semantic errors.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class Locked extends HTTPException {
  override readonly code: number = 423;
  constructor(description = 'The resource that is being accessed is locked.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class FailedDependency extends HTTPException {
  override readonly code: number = 424;
  constructor(
    description = 'The method could not be performed on the resource because the requested action depended on another action ' +
      'and that action failed.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class PreconditionRequired extends HTTPException {
  override readonly code: number = 428;
  constructor(
    description = 'This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class RequestHeaderFieldsTooLarge extends HTTPException {
  override readonly code: number = 431;
  constructor(description = 'One or more header fields exceeds the maximum size.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class UnavailableForLegalReasons extends HTTPException {
  override readonly code: number = 451;
  constructor(description = 'Unavailable for legal reasons.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class NotImplemented extends HTTPException {
  override readonly code: number = 501;
  constructor(
    description = 'The server does not support the action requested by the browser.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class BadGateway extends HTTPException {
  override readonly code: number = 502;
  constructor(
    description = 'The proxy server received an invalid response from an upstream server.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

export class GatewayTimeout extends HTTPException {
  override readonly code: number = 504;
  constructor(description = 'The connection to an upstream server timed out.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

export class HTTPVersionNotSupported extends HTTPException {
  override readonly code: number = 505;
  constructor(
    description = 'The server does not support the HTTP protocol version used in the request.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** A class of exception that `abort(code)` throws: made from a description and options. */
export type HTTPExceptionClass = new (description?: string, options?: HTTPExceptionOptions) => HTTPException;

const ALL: readonly HTTPExceptionClass[] = [
  ...[BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, RequestTimeout, Conflict, Gone],
  ...[LengthRequired, PreconditionFailed, RequestEntityTooLarge, RequestURITooLarge, UnsupportedMediaType],
  ...[RequestedRangeNotSatisfiable, ExpectationFailed, ImATeapot, UnprocessableEntity, Locked, FailedDependency],
  ...[PreconditionRequired, TooManyRequests, RequestHeaderFieldsTooLarge, UnavailableForLegalReasons],
  ...[InternalServerError, NotImplemented, BadGateway, ServiceUnavailable, GatewayTimeout, HTTPVersionNotSupported],
];

/** The class for each status code; Werkzeug's `default_exceptions`. */
export const defaultExceptions: ReadonlyMap<number, HTTPExceptionClass> = new Map(
  ALL.map((Exception) => [new Exception().code ?? 0, Exception]),
);

/**
 * Ends the request with an error, or with a ready response; Flask's `abort`.
 * @param code a status code from 400 on that HTTP names, or a response
 * @throws the exception of that code; RangeError for a code that has none
 */
export function abort(code: number | Response, description?: string, options?: HTTPExceptionOptions): never {
  if (code instanceof Response) throw new HTTPException(undefined, { response: code });
  const Exception = defaultExceptions.get(code);
  if (Exception === undefined) throw new RangeError(`There is no HTTP exception for the status code ${code}.`);
  throw new Exception(description, options);
}
