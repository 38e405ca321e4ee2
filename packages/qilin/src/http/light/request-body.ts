/** The two ways to read a request's body that came in more than one piece: all of it, or as a stream. */
import type { BodySink, FetchExchange } from '@qilin/picoev';

/** Resolves with all of the body; rejects as the engine aborts it. */
export function collectBody(exchange: FetchExchange): Promise<Buffer> {
  return new Promise((resolve, reject) => exchange.readBody(new Collector(resolve, reject)));
}

class Collector implements BodySink {
  readonly #pieces: Buffer[] = [];
  readonly #resolve: (body: Buffer) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (body: Buffer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  data(piece: Buffer): boolean {
    this.#pieces.push(piece);
    return true;
  }

  end(): void {
    const [first] = this.#pieces;
    this.#resolve(first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces));
  }

  abort(error: Error): void {
    this.#reject(error);
  }
}

/** What may wait in a stream for its reader before the client is stopped. */
const HIGH_WATER_MARK = 64 * 1024;

/** Reads nothing, and says no `100 Continue`, until the stream is read. */
export function streamBody(exchange: FetchExchange): ReadableStream<Uint8Array> {
  return new ReadableStream(new StreamSource(exchange), { highWaterMark: 0 });
}

class StreamSource implements BodySink, UnderlyingByteSource {
  readonly type = 'bytes';
  readonly #exchange: FetchExchange;
  #controller: ReadableByteStreamController | undefined;
  #over = false;

  constructor(exchange: FetchExchange) {
    this.#exchange = exchange;
  }

  pull(controller: ReadableByteStreamController): void {
    if (this.#controller !== undefined) {
      this.#exchange.resumeBody();
      return;
    }
    this.#controller = controller;
    this.#exchange.readBody(this);
  }

  /** The rest of the body is taken and thrown away, so that the connection can be used again. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#controller === undefined) return;
    this.#exchange.resumeBody();
  }

  data(piece: Buffer): boolean {
    const controller = this.#controller;
    if (this.#over || controller === undefined) return true;
    controller.enqueue(ownBytes(piece));
    return (controller.desiredSize ?? 0) > -HIGH_WATER_MARK;
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.close();
    // A reader that brought its own buffer waits for it (Streams standard, 3.3.3: close()).
    this.#controller?.byobRequest?.respond(0);
  }

  abort(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.error(error);
  }
}

type UnderlyingByteSource = import('node:stream/web').UnderlyingByteSource;
type ReadableByteStreamController = import('node:stream/web').ReadableByteStreamController;

/** A byte stream takes a piece's whole memory away, so that must be no one else's. */
function ownBytes(piece: Buffer): Uint8Array {
  return piece.byteLength === piece.buffer.byteLength ? piece : new Uint8Array(piece);
}
