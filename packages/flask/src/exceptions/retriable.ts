/** Errors after which the client may try again: with `Retry-After`. */
import { HTTPException, type HTTPExceptionOptions } from './http-exception.ts';

/** When the client may try again. */
export interface RetryOptions extends HTTPExceptionOptions {
  /** A time, or seconds from now. */
  readonly retryAfter?: Date | number;
}

/** Base of 429 and 503. */
export class Retriable extends HTTPException {
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
