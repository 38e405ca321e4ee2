/** Kinds of 400 of which code wants to know more than that. */
import { BadRequest } from './client-errors.ts';
import type { HTTPExceptionOptions } from './http-exception.ts';

/** A key that the client had to send is missing; in debug mode the page names it. Werkzeug's `BadRequestKeyError`. */
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

/** What the client sent would have broken out of where it belongs: a line break in a header. Its page does not say what. Werkzeug's `SecurityError`. */
export class SecurityError extends BadRequest {
  /** For the log. */
  readonly reason: string;

  constructor(reason: string, options?: HTTPExceptionOptions) {
    super(undefined, options);
    this.reason = reason;
  }
}

/** The client left before it had sent all of its request. Werkzeug's `ClientDisconnected`. */
export class ClientDisconnected extends BadRequest {}

/** The `Host` header is no host. Werkzeug's `BadHost`. */
export class BadHost extends BadRequest {}
