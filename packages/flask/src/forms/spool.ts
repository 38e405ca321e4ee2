/**
 * Bytes that stay in memory while they are few and go to a temporary file when they are many. Mirrors Python's
 * `SpooledTemporaryFile`.
 *
 * The file is unlinked as soon as it is open: the system frees it with the descriptor, so that none is left behind by a
 * client that leaves midway, an exception, or a killed process.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** From this many bytes on a file goes to disk: Werkzeug's 500 KiB. */
export const SPOOL_BYTES = 500 * 1024;

const CHUNK_BYTES = 64 * 1024;

export class Spool {
  #chunks: Uint8Array[] = [];
  #handle: FileHandle | undefined;
  #closed = false;
  #length = 0;

  get size(): number {
    return this.#length;
  }

  /** Whether the bytes are on disk. */
  get onDisk(): boolean {
    return this.#handle !== undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#handle !== undefined) {
      await writeAll(this.#handle, bytes, this.#length);
    } else if (this.#length + bytes.length > SPOOL_BYTES) {
      this.#handle = await openUnlinked();
      await writeAll(this.#handle, Buffer.concat([...this.#chunks, bytes]), 0);
      this.#chunks = [];
    } else {
      // A small slice of a large network buffer would keep all of it in memory.
      this.#chunks.push(2 * bytes.length < bytes.buffer.byteLength ? Uint8Array.from(bytes) : bytes);
    }
    this.#length += bytes.length;
  }

  /** All bytes, in pieces, as often as wanted. */
  async *read(): AsyncGenerator<Uint8Array> {
    if (this.#closed) throw new Error('The uploaded file is gone: it ends with its request.');
    if (this.#handle === undefined) {
      yield* this.#chunks;
      return;
    }
    for (let position = 0; position < this.#length; ) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  /** Frees memory and disk. Closing again does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#chunks = [];
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

async function openUnlinked(): Promise<FileHandle> {
  const path = join(tmpdir(), `upload-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}

/** Writes to the end, however many bytes the system takes at once. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
