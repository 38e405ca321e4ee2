/** The codings that this Node has, each as three ways to encode: at once, off the event loop, and piece by piece. */
import { createRequire } from 'node:module';
import type { Transform } from 'node:stream';
import type { CompressCoding } from '../../contract/worker-config.ts';

export interface Coder {
  /** For a small body: it holds up the event loop. */
  now(bytes: Uint8Array): Buffer;
  /** In a thread of Node's pool. */
  later(bytes: Uint8Array, done: Done): void;
  stream(): CodingStream;
  /** How a stream of it gives all that it was given: one of zlib's constants. */
  readonly flushes: number;
}

type Done = (error: Error | null, encoded: Buffer) => void;

/** As Node's own have it. */
export interface CodingStream extends Transform {
  flush(kind: number, callback: () => void): void;
}

/** Loaded when it is needed. */
const zlib = (): typeof import('node:zlib') => createRequire(import.meta.url)('node:zlib');

/** Of an answer that is made for one client it is time that counts: higher ones take several times as long for a few percent. */
const LEVELS: Readonly<Record<CompressCoding, number>> = { zstd: 3, br: 4, gzip: 4 };

/** Bytes that brotli looks back over, as a power of 2: what a stream of it keeps in memory while its client reads. */
const BROTLI_WINDOW = 18;

/** What is not in the types of Node 20, which has no zstd. */
interface Zstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_e_flush: number };
  zstdCompressSync(bytes: Uint8Array, options: object): Buffer;
  zstdCompress(bytes: Uint8Array, options: object, done: Done): void;
  createZstdCompress(options: object): CodingStream;
}

/**
 * @param level Of the coding itself; 0 for one that is quick.
 * @returns undefined where this Node has no such coding (zstd: from 22.15 on)
 */
export function coderOf(coding: CompressCoding, level: number): Coder | undefined {
  const node = zlib();
  const chosen = level === 0 ? LEVELS[coding] : level;
  switch (coding) {
    case 'gzip':
      return gzip(node, chosen);
    case 'br':
      return brotli(node, chosen);
    case 'zstd':
      return hasZstd(node) ? zstd(node, chosen) : undefined;
  }
}

function gzip(node: typeof import('node:zlib'), level: number): Coder {
  return {
    now: (bytes) => node.gzipSync(bytes, { level }),
    later: (bytes, done) => node.gzip(bytes, { level }, done),
    stream: () => node.createGzip({ level }),
    flushes: node.constants.Z_SYNC_FLUSH,
  };
}

function brotli(node: typeof import('node:zlib'), level: number): Coder {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_OPERATION_FLUSH } = node.constants;
  const params = { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_LGWIN]: BROTLI_WINDOW };
  return {
    now: (bytes) => node.brotliCompressSync(bytes, { params }),
    later: (bytes, done) => node.brotliCompress(bytes, { params }, done),
    stream: () => node.createBrotliCompress({ params }),
    flushes: BROTLI_OPERATION_FLUSH,
  };
}

function zstd(node: Zstd, level: number): Coder {
  const { ZSTD_c_compressionLevel, ZSTD_e_flush } = node.constants;
  const params = { [ZSTD_c_compressionLevel]: level };
  return {
    now: (bytes) => node.zstdCompressSync(bytes, { params }),
    later: (bytes, done) => node.zstdCompress(bytes, { params }, done),
    stream: () => node.createZstdCompress({ params }),
    flushes: ZSTD_e_flush,
  };
}

const hasZstd = (node: object): node is Zstd => 'zstdCompressSync' in node;
