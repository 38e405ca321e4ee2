/** Encodes a body that comes in pieces: each call gives all that its piece has made, so that nothing waits in it. One call at a time. */
import type { Coder, CodingStream } from './coders.ts';

export class PieceCoder {
  readonly #stream: CodingStream;
  readonly #flushes: number;
  #made: Buffer[] = [];
  #fail: ((reason: unknown) => void) | undefined;

  constructor(coder: Coder) {
    this.#flushes = coder.flushes;
    this.#stream = coder.stream();
    this.#stream.on('data', (piece: Buffer) => this.#made.push(piece));
    this.#stream.on('error', (error) => this.#fail?.(error));
  }

  /** @throws Error of zlib's, for want of memory; the reason of close() */
  write(piece: Uint8Array): Promise<Buffer> {
    return this.#outcome((done) => {
      this.#stream.write(piece);
      this.#stream.flush(this.#flushes, done);
    });
  }

  /** What is left. */
  end(): Promise<Buffer> {
    return this.#outcome((done) => {
      this.#stream.once('end', done);
      this.#stream.end();
    });
  }

  /** It is of no use any more: who waits for what it makes gets the reason. */
  close(reason: unknown): void {
    this.#stream.destroy();
    this.#fail?.(reason);
  }

  #outcome(work: (done: () => void) => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      work(() => {
        const made = this.#made;
        this.#made = [];
        resolve(made.length === 1 && made[0] !== undefined ? made[0] : Buffer.concat(made));
      });
    });
  }
}
