/** A file of a recording, as its parts come: made for its owner alone, and gone again where it did not become whole. */
import { once } from 'node:events';
import { createWriteStream, unlinkSync, type WriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { beforeSignal } from './before-signal.ts';

export class RecordFile {
  readonly path: string;
  readonly #gunzip = createGunzip();
  readonly #file: WriteStream;
  readonly #written: Promise<void>;
  /** Ctrl-C ends a recording too. */
  readonly #keep: () => void;

  private constructor(path: string, file: WriteStream) {
    this.path = path;
    this.#file = file;
    this.#written = pipeline(this.#gunzip, file);
    this.#written.catch(() => {}); // finish() tells
    this.#keep = beforeSignal(() => unlinkSync(path));
  }

  /** @throws Error when it cannot be made; what is there already stays */
  static async create(path: string): Promise<RecordFile> {
    // A heap holds the app's secrets.
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await once(file, 'open');
    return new RecordFile(path, file);
  }

  take(part: string): void {
    if (this.#gunzip.writable) this.#gunzip.write(Buffer.from(part, 'base64'));
  }

  /**
   * Resolves with its size in bytes when it is written.
   * @throws Error when it cannot be, and is gone then
   */
  async finish(): Promise<number> {
    try {
      this.#gunzip.end();
      await this.#written;
      this.#keep();
      return this.#file.bytesWritten;
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  async drop(): Promise<void> {
    this.#keep();
    this.#gunzip.destroy();
    await this.#written.catch(() => {});
    unlinkSync(this.path);
  }
}
