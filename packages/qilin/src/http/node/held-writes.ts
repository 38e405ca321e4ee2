/**
 * What an answer with `strictContentLength` writes while its socket is corked. Invariant: it is sent in its order when the
 * socket is uncorked, or not at all.
 */
import type { OutgoingMessage } from 'node:http';
import { emitDrain } from './node-internals.ts';

type Callback = (error?: Error | null) => void;

interface Socket {
  writableCorked: number;
  readonly writableHighWaterMark: number;
}

/** What takes the writes in the end. */
interface Taker {
  readonly response: OutgoingMessage | undefined;
  readonly isBlocked: boolean;
  write(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean;
}

export class HeldWrites {
  readonly #most: number;
  readonly #writes: (readonly [bytes: string | Uint8Array, callback: Callback | null | undefined])[] = [];
  #length = 0;

  constructor(socket: Socket) {
    this.#most = socket.writableHighWaterMark;
    // ServerResponse.end() sets this one to 1, however often the socket was corked, and uncorks it then.
    Object.defineProperty(socket, '_writableState', { configurable: true, value: countOf(socket) });
  }

  /** @returns false when its writer should wait for 'drain' */
  add(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean {
    this.#writes.push([bytes, callback]);
    this.#length += bytes.length;
    return this.#length < this.#most;
  }

  /** They are never sent. */
  drop(error: Error): void {
    for (const [, callback] of this.#writes) if (callback) process.nextTick(callback, error);
  }

  send(taker: Taker): void {
    for (const [bytes, callback] of this.#writes) taker.write(bytes, callback);
    const { response } = taker;
    if (this.#length >= this.#most && !taker.isBlocked && response !== undefined) process.nextTick(emitDrain, response);
  }
}

const countOf = (socket: Socket): { corked: number } => ({
  get corked() {
    return socket.writableCorked;
  },
  set corked(count) {
    socket.writableCorked = count;
  },
});
