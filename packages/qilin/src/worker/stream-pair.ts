/** Two streams of which each reads what the other writes: a connection that never leaves this process. */
import { Duplex } from 'node:stream';

class End extends Duplex {
  /** Undefined once one of the two is destroyed. */
  other: End | undefined;
  /** Tells the other that its last piece has been taken. */
  #taken: (() => void) | undefined;

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.other === undefined || piece.length === 0) done();
    else this.other.#take(piece, done);
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    this.other = undefined;
    this._read();
    if (other !== undefined) {
      other.other = undefined;
      if (!other.readableEnded) other.push(null);
    }
    done(error);
  }

  #take(piece: Buffer, done: () => void): void {
    this.#taken = done;
    this.push(piece);
  }
}

/** Where one is destroyed, the other has come to its end, and what it writes is lost. */
export function streamPair(): readonly [Duplex, Duplex] {
  const [one, other] = [new End(), new End()];
  one.other = other;
  other.other = one;
  return [one, other];
}
