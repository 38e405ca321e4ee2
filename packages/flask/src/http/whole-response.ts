/**
 * Responses whose body is in memory, and is known to be: a copy of one has the same body and its length, where a copy of any
 * other has a stream of it.
 */

const BODY = Symbol('body');

type WholeBody = string | Uint8Array | ArrayBuffer | Blob;

type Whole = Response & { [BODY]?: WholeBody };

/** As `new Response(body, init)`. */
export function wholeResponse(body: WholeBody, init: ResponseInit): Response {
  const response: Whole = new Response(body, init);
  response[BODY] = body;
  return response;
}

/** The body of a whole response; undefined where it is not known. */
export const wholeBodyOf = (response: Whole): WholeBody | undefined => response[BODY];
