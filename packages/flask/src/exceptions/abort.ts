/** Ends a request with the HTTP error of a status code. Werkzeug's `exceptions.abort`. */
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
