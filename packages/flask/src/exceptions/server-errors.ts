/** The server's errors, 5xx, with Werkzeug's descriptions. */
import { HTTPException, type HTTPExceptionOptions } from './http-exception.ts';
import { Retriable, type RetryOptions } from './retriable.ts';

/** 503, with `Retry-After`. Werkzeug's `ServiceUnavailable`. */
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

/** 500: an error that nobody handled, or `abort(500)`. Werkzeug's `InternalServerError`. */
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

/** 501. Werkzeug's `NotImplemented`. */
export class NotImplemented extends HTTPException {
  override readonly code: number = 501;
  constructor(
    description = 'The server does not support the action requested by the browser.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 502. Werkzeug's `BadGateway`. */
export class BadGateway extends HTTPException {
  override readonly code: number = 502;
  constructor(
    description = 'The proxy server received an invalid response from an upstream server.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}

/** 504. Werkzeug's `GatewayTimeout`. */
export class GatewayTimeout extends HTTPException {
  override readonly code: number = 504;
  constructor(description = 'The connection to an upstream server timed out.', options?: HTTPExceptionOptions) {
    super(description, options);
  }
}

/** 505. Werkzeug's `HTTPVersionNotSupported`. */
export class HTTPVersionNotSupported extends HTTPException {
  override readonly code: number = 505;
  constructor(
    description = 'The server does not support the HTTP protocol version used in the request.',
    options?: HTTPExceptionOptions,
  ) {
    super(description, options);
  }
}
