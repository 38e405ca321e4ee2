/** The client's errors, 4xx, with Werkzeug's descriptions. */
import type { WwwAuthenticate } from '../http/authorization.ts';
import { HTTPException, type HTTPExceptionOptions } from './http-exception.ts';
import { Retriable, type RetryOptions } from './retriable.ts';

/** 400. Werkzeug's `BadRequest`. */
export class BadRequest extends HTTPException {
  override readonly code: number = 400;
  constructor(
    description = 'The browser (or proxy) sent a request that this server could not understand.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** How the client is asked who it is: `WwwAuthenticate.basic('here')`, or the header's value as it is. */
type Challenge = string | WwwAuthenticate;

/** 401. Werkzeug's `Unauthorized`. */
export class Unauthorized extends HTTPException {
  override readonly code: number = 401;
  readonly #challenges: readonly string[];

  /** @param options.wwwAuthenticate values of `WWW-Authenticate`: `Basic realm="…"` */
  constructor(
    description = 'The server could not verify that you are authorized to access the URL requested. You either supplied the' +
      " wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.",
    options: HTTPExceptionOptions & { readonly wwwAuthenticate?: Challenge | readonly Challenge[] } = {},
  ) {
    super(description, options);
    this.#challenges = [options.wwwAuthenticate ?? []].flat().map(String);
  }

  override getHeaders(): [string, string][] {
    return [...super.getHeaders(), ...this.#challenges.map((value): [string, string] => ['WWW-Authenticate', value])];
  }
}

/** 405, with `Allow`. Werkzeug's `MethodNotAllowed`. */
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

/** 416, with `Content-Range`. Werkzeug's `RequestedRangeNotSatisfiable`. */
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

/** 429, with `Retry-After`. Werkzeug's `TooManyRequests`. */
export class TooManyRequests extends Retriable {
  override readonly code: number = 429;
  constructor(
    description = 'This user has exceeded an allotted request count. Try again later.',
    options?: RetryOptions,
  ) {
    super(description, options);
  }
}

/** 403. Werkzeug's `Forbidden`. */
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

/** 404. Werkzeug's `NotFound`. */
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

/** 406. Werkzeug's `NotAcceptable`. */
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

/** 408. Werkzeug's `RequestTimeout`. */
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

/** 409. Werkzeug's `Conflict`. */
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

/** 410. Werkzeug's `Gone`. */
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

/** 411. Werkzeug's `LengthRequired`. */
export class LengthRequired extends HTTPException {
  override readonly code: number = 411;
  constructor(
    description = 'A request with this method requires a valid <code>Content-Length</code> header.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 412. Werkzeug's `PreconditionFailed`. */
export class PreconditionFailed extends HTTPException {
  override readonly code: number = 412;
  constructor(
    description = 'The precondition on the request for the URL failed positive evaluation.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 413. Werkzeug's `RequestEntityTooLarge`. */
export class RequestEntityTooLarge extends HTTPException {
  override readonly code: number = 413;
  constructor(description = 'The data value transmitted exceeds the capacity limit.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

/** 414. Werkzeug's `RequestURITooLarge`. */
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

/** 415. Werkzeug's `UnsupportedMediaType`. */
export class UnsupportedMediaType extends HTTPException {
  override readonly code: number = 415;
  constructor(
    description = 'The server does not support the media type transmitted in the request.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 417. Werkzeug's `ExpectationFailed`. */
export class ExpectationFailed extends HTTPException {
  override readonly code: number = 417;
  constructor(
    description = 'The server could not meet the requirements of the Expect header',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 418. Werkzeug's `ImATeapot`. */
export class ImATeapot extends HTTPException {
  override readonly code: number = 418;
  constructor(description = 'This server is a teapot, not a coffee machine', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

/** 422. Werkzeug's `UnprocessableEntity`. */
export class UnprocessableEntity extends HTTPException {
  override readonly code: number = 422;
  constructor(
    description = 'The request was well-formed but was unable to be followed due to semantic errors.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 423. Werkzeug's `Locked`. */
export class Locked extends HTTPException {
  override readonly code: number = 423;
  constructor(description = 'The resource that is being accessed is locked.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

/** 424. Werkzeug's `FailedDependency`. */
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

/** 428. Werkzeug's `PreconditionRequired`. */
export class PreconditionRequired extends HTTPException {
  override readonly code: number = 428;
  constructor(
    description = 'This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 431. Werkzeug's `RequestHeaderFieldsTooLarge`. */
export class RequestHeaderFieldsTooLarge extends HTTPException {
  override readonly code: number = 431;
  constructor(description = 'One or more header fields exceeds the maximum size.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

/** 451. Werkzeug's `UnavailableForLegalReasons`. */
export class UnavailableForLegalReasons extends HTTPException {
  override readonly code: number = 451;
  constructor(description = 'Unavailable for legal reasons.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}
