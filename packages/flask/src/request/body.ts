/** Reads a request's whole body into memory, up to a limit. */

import { ClientDisconnected } from '../exceptions/bad-requests.ts';
import { BadRequest, RequestEntityTooLarge } from '../exceptions/client-errors.ts';

/** @param limit in bytes; null: none @throws RequestEntityTooLarge, ClientDisconnected, BadRequest when it was read already */
export async function readBody(request: Request, limit: number | null): Promise<Uint8Array<ArrayBuffer>> {
  if (limit !== null && Number(request.headers.get('content-length') ?? 0) > limit) throw new RequestEntityTooLarge();
  if (request.bodyUsed)
    throw new TypeError('The body of this request was read already, by request.stream or request.raw.');
  try {
    if (limit === null || request.body === null) return new Uint8Array(await request.arrayBuffer());
    return await readUpTo(request.body, limit);
  } catch (error) {
    if (error instanceof BadRequest || error instanceof RequestEntityTooLarge) throw error;
    throw new ClientDisconnected(undefined, { cause: error });
  }
}

async function readUpTo(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > limit) throw new RequestEntityTooLarge();
    pieces.push(piece);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
