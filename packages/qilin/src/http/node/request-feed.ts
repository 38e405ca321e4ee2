/** Pours a request's body into Node's `IncomingMessage`, no faster than that is read. */
import type { BodySink } from '@qilin/picoev';
import type { BridgedRequest } from './node-internals.ts';

/** The socket of the request, as far as its body is concerned. */
export interface BodyCarrier {
  pause(): void;
  /** False: the reader wants no more for now. */
  received(bytes: number): boolean;
  /** The body has come to its end. */
  bodyEnded(): void;
}

export class RequestFeed implements BodySink {
  readonly #request: BridgedRequest;
  readonly #carrier: BodyCarrier;

  constructor(request: BridgedRequest, carrier: BodyCarrier) {
    this.#request = request;
    this.#carrier = carrier;
  }

  data(piece: Buffer): boolean {
    if (!this.#request._dumped && !this.#request.destroyed && !this.#request.push(piece)) this.#carrier.pause();
    return this.#carrier.received(piece.byteLength);
  }

  end(): void {
    this.#request.complete = true;
    if (!this.#request.destroyed) this.#request.push(null);
    this.#carrier.bodyEnded();
  }

  abort(): void {
    // The words and the code of Node's own server.
    this.#request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }
}
