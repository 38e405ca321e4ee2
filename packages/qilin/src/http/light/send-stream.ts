/**
 * Sends a body that comes in pieces, no faster than the client takes it. Its source is told when the client leaves; when the
 * source fails the connection is cut, which is the only way to say in HTTP/1.1 that an answer is not complete.
 */

import type { FetchExchange } from '@qilin/picoev';
import { inspect } from '../../contract/node-util.ts';
import { isAbort, whenGone } from '../client-left.ts';
import type { Compression } from '../compress/compression.ts';

/** Told what goes wrong with an answer, and which request it was for. */
export type OnError = (error: unknown, exchange: FetchExchange) => void;

export interface SendOptions {
  /** Aborted when the worker is to leave. */
  readonly leaving?: AbortSignal | undefined;
  /** Undefined where every body is sent as it is. */
  readonly compression?: Compression | undefined;
  /** The app threw, rejected, returned no response, or its response's body failed. Never for a client that left. */
  readonly onError: OnError;
}

/** Where pieces come from. */
export interface PieceSource {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Called once at most; the pieces are of no use any more. */
  cancel(reason: unknown): unknown;
}

export function pieceSource(body: ReadableStream | AsyncIterable<unknown>): PieceSource {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return { next: () => reader.read(), cancel: (reason) => reader.cancel(reason) };
  }
  const iterator = body[Symbol.asyncIterator]();
  return { next: () => iterator.next(), cancel: () => iterator.return?.() };
}

/**
 * After `exchange.begin()` with the same `length`.
 *
 * @param leaving Of an event stream: when it is aborted, so is the source, which may end by an error that says so.
 * @param onError Gets the source's error, once, unless the client had left and it merely says that.
 */
export async function sendStream(
  exchange: FetchExchange,
  source: PieceSource,
  length: number | undefined,
  onError: OnError,
  leaving?: AbortSignal,
): Promise<void> {
  const room = new Room(exchange);
  const tell = (error: unknown): void => onError(error, exchange);
  whenGone(exchange, () => {
    room.give();
    cancel(source, new DOMException('The client left before the answer was complete', 'AbortError'), tell);
  });
  let sent = 0;
  try {
    for (;;) {
      const { done, value } = await source.next();
      if (exchange.isOver) return;
      if (done) break;
      const piece = toBytes(value);
      if (piece.byteLength === 0) continue;
      sent += piece.byteLength;
      if (length !== undefined && sent > length)
        throw new TypeError(`The body must have the ${length} bytes of its Content-Length (got ${sent} or more).`);
      if (!exchange.write(piece)) await room.wait();
      if (exchange.isOver) return;
    }
    if (length !== undefined && sent < length)
      throw new TypeError(`The body must have the ${length} bytes of its Content-Length (got ${sent}).`);
    exchange.end();
  } catch (error) {
    const isEnd = leaving?.aborted === true && isAbort(error);
    if (!isEnd && !(exchange.isGone && isAbort(error))) tell(error);
    if (exchange.isOver) return;
    if (isEnd) {
      exchange.end();
      return;
    }
    exchange.abort();
    cancel(source, error, tell);
  }
}

/** Says that nobody wants the pieces. What goes wrong with that is the app's fault, not the client's. */
export function cancel(source: PieceSource, reason: unknown, onError: (error: unknown) => void): void {
  try {
    Promise.resolve(source.cancel(reason)).catch((error: unknown) => {
      // A source that reads the request's body fails by itself when the client leaves.
      if (error !== reason && !isAbort(error)) onError(error);
    });
  } catch (error) {
    onError(error);
  }
}

/** Room in the connection's buffer, waited for by one. */
class Room {
  #give: (() => void) | undefined;

  constructor(exchange: FetchExchange) {
    exchange.onDrain = () => this.give();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#give = resolve;
    });
  }

  give(): void {
    this.#give?.();
    this.#give = undefined;
  }
}

/** Texts are no pieces by the standard, but every Node server takes them. */
export function toBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === 'string') return Buffer.from(piece);
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  throw new TypeError(`A body's pieces must be bytes or texts (got ${inspect(piece)}).`);
}
