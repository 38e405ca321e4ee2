/** Sends the body of a response encoded (setting `compress`): a small one at once, a large one when it is done, pieces as they come. */
import type { FetchExchange } from '@qilin/picoev';
import type { Coder } from '../compress/coders.ts';
import { AT_ONCE, type Compression } from '../compress/compression.ts';
import { encodedLines, headersOf, unencodedLines } from '../compress/field-lines.ts';
import { PieceCoder } from '../compress/piece-coder.ts';
import { discard } from './bodies.ts';
import { isEventStream } from './event-streams.ts';
import type { LightBody } from './fast-response.ts';
import { type OnError, type PieceSource, pieceSource, type SendOptions, sendStream, toBytes } from './send-stream.ts';

interface Chosen {
  /** Of the answer that is to be sent. */
  readonly fields: string;
  /** Undefined where its body stays as it is. */
  readonly coder: Coder | undefined;
}

/** @param size Of the body, in bytes; undefined where nobody knows it yet. */
export function chooseEncoding(
  exchange: FetchExchange,
  status: number,
  fields: string,
  size: number | undefined,
  compression: Compression,
): Chosen {
  const header = headersOf(fields);
  if (!compression.isFor(status, size, header)) return { fields, coder: undefined };
  const coding = compression.chooseFor(exchange.header('accept-encoding'));
  if (coding === undefined) return { fields: unencodedLines(fields, header), coder: undefined };
  return { fields: encodedLines(fields, header, coding.name), coder: coding.coder };
}

/**
 * @param fields Those of the encoded answer.
 * @returns Of an event stream what resolves at its end.
 */
export function sendEncoded(
  exchange: FetchExchange,
  status: number,
  fields: string,
  body: LightBody,
  coder: Coder,
  { onError, leaving }: SendOptions,
): Promise<void> | undefined {
  if (exchange.method === 'HEAD') {
    discard(body, (error) => onError(error, exchange));
    exchange.begin(status, fields, undefined);
    exchange.end();
  } else if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = body instanceof Uint8Array ? body : Buffer.from(body ?? '');
    if (bytes.byteLength <= AT_ONCE) exchange.respond(status, fields, coder.now(bytes));
    else sendLater(exchange, status, fields, bytes, coder, onError);
  } else {
    const source = new EncodedSource(pieceSource(body instanceof Blob ? body.stream() : body), coder);
    exchange.begin(status, fields, undefined);
    if (leaving !== undefined && isEventStream(fields))
      return sendStream(exchange, source, undefined, onError, leaving);
    sendStream(exchange, source, undefined, onError);
  }
  return undefined;
}

function sendLater(
  exchange: FetchExchange,
  status: number,
  fields: string,
  bytes: Uint8Array,
  coder: Coder,
  onError: OnError,
): void {
  coder.later(bytes, (error, encoded) => {
    if (exchange.isOver) return;
    if (error === null) exchange.respond(status, fields, encoded);
    else {
      onError(error, exchange);
      exchange.abort();
    }
  });
}

/** What each piece of another source has made of it, encoded. */
class EncodedSource implements PieceSource {
  readonly #plain: PieceSource;
  readonly #coder: PieceCoder;
  #hasEnded = false;

  constructor(plain: PieceSource, coder: Coder) {
    this.#plain = plain;
    this.#coder = new PieceCoder(coder);
  }

  async next(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }> {
    if (this.#hasEnded) return { done: true };
    const { done, value } = await this.#plain.next();
    if (done !== true) return { done: false, value: await this.#encode(toBytes(value)) };
    this.#hasEnded = true;
    return { done: false, value: await this.#coder.end() };
  }

  cancel(reason: unknown): unknown {
    this.#coder.close(reason);
    return this.#plain.cancel(reason);
  }

  async #encode(piece: Uint8Array): Promise<Uint8Array> {
    return piece.byteLength === 0 ? piece : this.#coder.write(piece);
  }
}
