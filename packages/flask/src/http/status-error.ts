/** The one error that the package's parts throw for a request that deserves a status of its own. */

/**
 * A request that must be answered by an HTTP status. The app turns it into the `HTTPException` of that status, so that
 * error handlers see what Flask's would see.
 */
export class StatusError extends Error {
  /** HTTP status of the answer, 400…599. */
  readonly status: number;
  /** Headers that the answer must carry, such as `Content-Range` with 416. */
  readonly headers: readonly (readonly [name: string, value: string])[];

  constructor(status: number, message: string, headers: readonly (readonly [name: string, value: string])[] = []) {
    super(message);
    this.name = 'StatusError';
    this.status = status;
    this.headers = headers;
  }
}

/** A key that the client had to send is missing: a 400, and for developers its name. */
export class MissingKeyError extends StatusError {
  readonly key: string;

  constructor(key: string) {
    super(400, 'The browser (or proxy) sent a request that this server could not understand.');
    this.name = 'MissingKeyError';
    this.key = key;
  }
}
