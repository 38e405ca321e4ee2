/** HTTP errors by their status codes. */
import * as clientErrors from './client-errors.ts';
import { HTTPException, type HTTPExceptionOptions } from './http-exception.ts';
import * as serverErrors from './server-errors.ts';

/** A class of exception that `abort(code)` throws: made from a description and options. */
export type HTTPExceptionClass = new (description?: string, options?: HTTPExceptionOptions) => HTTPException;

const ALL: readonly HTTPExceptionClass[] = [...Object.values(clientErrors), ...Object.values(serverErrors)];

/** The class for each status code; Werkzeug's `default_exceptions`. */
export const defaultExceptions: ReadonlyMap<number, HTTPExceptionClass> = new Map(
  ALL.map((Exception) => [new Exception().code ?? 0, Exception]),
);

/**
 * What `abort` throws for which code. An app has one of its own, whose `mapping` can be changed. Werkzeug's `Aborter`.
 * @example app.aborter.mapping.set(418, Teapot);
 */
export class Aborter {
  /** The class for each status code. */
  readonly mapping: Map<number, HTTPExceptionClass>;

  /** @param extra classes beside the usual ones, or in their place */
  constructor(extra: Iterable<readonly [code: number, HTTPExceptionClass]> = []) {
    this.mapping = new Map([...defaultExceptions, ...extra]);
  }

  /** @throws the exception of that code; RangeError for a code that has none */
  abort(code: number | Response, description?: string, options?: HTTPExceptionOptions): never {
    if (code instanceof Response) throw new HTTPException(undefined, { response: code });
    const Exception = this.mapping.get(code);
    if (Exception === undefined) throw new RangeError(`There is no HTTP exception for the status code ${code}.`);
    throw new Exception(description, options);
  }
}
