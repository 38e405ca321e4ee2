/** Where the bytes of a sent file come from: a file, memory, or a stream. */
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `sendFile` sends: a path, bytes, or a stream. */
export type FileLike = string | URL | Uint8Array | Blob | ReadableStream<Uint8Array>;

/** A body for `new Response()`. */
export type FileBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Blob;

/** Up to this many bytes a file is read at once: one read is cheaper than a stream. */
const ONE_PIECE_BYTES = 64 * 1024;

/** Something that can be sent, whole or in part. */
export interface FileSource {
  /** Only of a file. */
  readonly path: string | undefined;
  /** `undefined` for a stream. */
  readonly size: number | undefined;
  /** Only of a file. */
  readonly modified: { readonly date: Date; readonly nanoseconds: bigint } | undefined;
  /** The bytes from `start` up to `end`; a stream is always sent whole. May be called once, and then needs no close. */
  body(start: number, end: number): Promise<FileBody>;
  /** For who does not ask for the body. */
  close(): Promise<void>;
}

/**
 * Opens what is to be sent.
 *
 * @param rootPath what a relative path is relative to
 * @throws what the file system throws: `ENOENT`, `EISDIR`, …
 */
export async function openSource(file: FileLike, rootPath: string): Promise<FileSource> {
  if (typeof file === 'string' || file instanceof URL) {
    const path = resolve(rootPath, file instanceof URL ? fileURLToPath(file) : file);
    return openFile(path);
  }
  const inMemory = { path: undefined, modified: undefined };
  if (file instanceof Uint8Array) {
    const part = async (start: number, end: number) => Uint8Array.from(file.subarray(start, end));
    return { ...inMemory, size: file.length, body: part, close: async () => undefined };
  }
  if (file instanceof Blob) {
    const part = async (start: number, end: number) => file.slice(start, end);
    return { ...inMemory, size: file.size, body: part, close: async () => undefined };
  }
  return { ...inMemory, size: undefined, body: async () => file, close: () => file.cancel() };
}

async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat({ bigint: true });
    if (stat.isDirectory()) {
      throw Object.assign(new Error(`EISDIR: a folder cannot be sent as a file (got "${path}").`), { code: 'EISDIR' });
    }
    return {
      path,
      size: Number(stat.size),
      modified: { date: stat.mtime, nanoseconds: stat.mtimeNs },
      body: (start, end) => readRange(handle, start, end),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<FileBody> {
  if (end - start > ONE_PIECE_BYTES) return streamRange(handle, start, end);
  try {
    return await readPiece(handle, start, end);
  } finally {
    await handle.close();
  }
}

/**
 * Reads up to `end`, however little the system gives at once.
 *
 * @throws {Error} when the file has become shorter: its length has been promised already
 */
async function readPiece(handle: FileHandle, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(end - start);
  for (let filled = 0; filled < piece.length; ) {
    const { bytesRead } = await handle.read(piece, filled, piece.length - filled, start + filled);
    if (bytesRead === 0) throw new Error(`The file became shorter while it was sent (at byte ${start + filled}).`);
    filled += bytesRead;
  }
  return piece;
}

/** Closes the file when all is read, when reading fails, and when nobody reads on. */
function streamRange(handle: FileHandle, start: number, end: number): ReadableStream<Uint8Array> {
  let position = start;
  return new ReadableStream(
    {
      async pull(controller) {
        const stop = Math.min(end, position + ONE_PIECE_BYTES);
        try {
          controller.enqueue(await readPiece(handle, position, stop));
        } catch (error) {
          await handle.close();
          throw error;
        }
        position = stop;
        if (position < end) return;
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}
