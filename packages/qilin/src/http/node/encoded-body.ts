/**
 * The body of a Node response that is written in pieces, encoded: what was written in one turn goes through the coder together, and
 * all of it is sent then. Invariant: pieces and end go to the response's own methods in their order, and no faster than its client takes them.
 */
import type { ServerResponse } from 'node:http';
import type { Coder } from '../compress/coders.ts';
import { PieceCoder } from '../compress/piece-coder.ts';

export type Callback = (error?: Error | null) => void;

/** Takes what was encoded. */
interface Taker {
  /** False where its client takes no more for now. */
  write(encoded: Uint8Array): boolean;
  end(last: Uint8Array, callback: Callback | undefined): void;
}

export class EncodedBody {
  readonly #res: ServerResponse;
  readonly #taker: Taker;
  readonly #coder: PieceCoder;
  #pieces: Uint8Array[] = [];
  #callbacks: Callback[] = [];
  /** Bytes that were written and are not sent. */
  #waiting = 0;
  #isBusy = false;
  #wantsDrain = false;
  #hasEnded = false;
  #atEnd: Callback | undefined = undefined;

  constructor(res: ServerResponse, coder: Coder, taker: Taker) {
    this.#res = res;
    this.#taker = taker;
    this.#coder = new PieceCoder(coder);
    res.once('close', () => this.#coder.close(gone()));
  }

  /** As the response's own: false where the writer is to wait for 'drain'. */
  write(bytes: Uint8Array, callback: Callback | undefined): boolean {
    if (this.#hasEnded) {
      const error = Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
      if (callback) process.nextTick(callback, error);
      return false;
    }
    this.#add(bytes, callback);
    this.#wantsDrain = this.#waiting >= this.#res.writableHighWaterMark;
    return !this.#wantsDrain;
  }

  end(bytes: Uint8Array | undefined, callback: Callback | undefined): void {
    if (this.#hasEnded) {
      const error = Object.assign(new Error('Cannot call end after a stream was finished'), {
        code: 'ERR_STREAM_ALREADY_FINISHED',
      });
      if (callback) process.nextTick(callback, error);
      return;
    }
    this.#hasEnded = true;
    this.#atEnd = callback;
    // For its readers it has ended, though its last bytes are still to come.
    Object.defineProperty(this.#res, 'writableEnded', { configurable: true, value: true });
    this.#add(bytes ?? NO_BYTES, undefined);
  }

  #add(bytes: Uint8Array, callback: Callback | undefined): void {
    // The writer may use its buffer again when it is called back, which is later.
    if (bytes.byteLength > 0) this.#pieces.push(bytes);
    if (callback) this.#callbacks.push(callback);
    this.#waiting += bytes.byteLength;
    if (this.#isBusy) return;
    this.#isBusy = true;
    process.nextTick(() => this.#send());
  }

  async #send(): Promise<void> {
    const res = this.#res;
    try {
      while (!res.destroyed && (this.#pieces.length > 0 || this.#callbacks.length > 0)) await this.#sendPieces();
      this.#isBusy = false;
      if (!res.destroyed) await this.#goOn();
    } catch (error) {
      if (!res.destroyed) res.destroy(error instanceof Error ? error : undefined);
    }
    if (res.destroyed) settle(this.#callbacks.splice(0), gone());
  }

  async #sendPieces(): Promise<void> {
    const [pieces, callbacks] = [this.#pieces, this.#callbacks];
    this.#pieces = [];
    this.#callbacks = [];
    const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    try {
      if (bytes.byteLength > 0) await this.#give(await this.#coder.write(bytes));
    } finally {
      this.#waiting -= bytes.byteLength;
      settle(callbacks, this.#res.destroyed ? gone() : null);
    }
  }

  /** Resolves when there is room again, or nobody is there any more. */
  async #give(encoded: Uint8Array): Promise<void> {
    const res = this.#res;
    if (res.destroyed || this.#taker.write(encoded)) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        res.off('drain', goOn).off('close', goOn);
        resolve();
      };
      res.on('drain', goOn).on('close', goOn);
    });
  }

  async #goOn(): Promise<void> {
    if (this.#hasEnded) {
      const last = await this.#coder.end();
      Reflect.deleteProperty(this.#res, 'writableEnded');
      this.#taker.end(last, this.#atEnd);
    } else if (this.#wantsDrain) {
      this.#wantsDrain = false;
      this.#res.emit('drain');
    }
  }
}

function settle(callbacks: readonly Callback[], error: Error | null): void {
  for (const callback of callbacks) callback(error);
}

const NO_BYTES = new Uint8Array();

const gone = (): Error =>
  Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });
