/**
 * What is new in the server's log, for whoever says up to where they know it. Invariant: nothing is kept for those who ask, and no
 * look reads more than a bounded piece of the file, beside the event loop.
 */
import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { RecentLines } from '../contract/recent-lines.ts';
import type { LogNews } from './feed.ts';

/** Bytes that one look reads at most; of what is longer, the end. */
const MOST_BYTES = 64 * 1024;
const MOST_LINES = 200;

/** Up to where a file is known: `INODE:POSITION`. */
const OF_FILE = /^f(\d{1,20}):(\d{1,16})$/;
const OF_MEMORY = /^m(\d{1,15})$/;

export interface LogPlace {
  /** Path of the log file; undefined where it goes elsewhere. */
  readonly file: string | undefined;
  readonly recent: RecentLines;
}

/** @param known What the look before gave as `next`, from whoever. */
export async function logNews({ file, recent }: LogPlace, known: string): Promise<LogNews> {
  const ofFile = file === undefined ? undefined : await newsOfFile(file, known);
  return ofFile ?? newsOfMemory(recent, known);
}

function newsOfMemory(recent: RecentLines, known: string): LogNews {
  const from = Number(OF_MEMORY.exec(known)?.[1] ?? 0);
  const { lines, isCut, next } = recent.since(from);
  return { source: 'arbiter', lines, isCut, next: `m${next}` };
}

/** Undefined where it is no file, or cannot be read. */
async function newsOfFile(path: string, known: string): Promise<LogNews | undefined> {
  try {
    // A FIFO would wait for its writer, and what is read from one is taken from its reader.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return undefined;
      const { from, isCut } = beginning(stats, known);
      const bytes = Buffer.alloc(Math.min(MOST_BYTES, stats.size - from));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return newsIn(bytes.subarray(0, bytesRead), stats.ino, from, isCut);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Where to read on. After a rotation there is another file, and after `copytruncate` a shorter one: from its beginning. */
function beginning({ ino, size }: Stats, known: string): { readonly from: number; readonly isCut: boolean } {
  const [, inode, position] = OF_FILE.exec(known) ?? [];
  const isSame = inode === String(ino) && Number(position) <= size;
  const from = isSame ? Number(position) : 0;
  const isCut = size - from > MOST_BYTES;
  return { from: isCut ? size - MOST_BYTES : from, isCut };
}

/** Whole lines: the end of the last one may not have been written yet. */
function newsIn(bytes: Buffer, inode: number, from: number, isCut: boolean): LogNews {
  const end = bytes.lastIndexOf('\n') + 1;
  // A piece without an end of line is one that is too long: it is passed over.
  const taken = end === 0 && bytes.length === MOST_BYTES ? bytes.length : end;
  const begin = isCut ? bytes.indexOf('\n') + 1 : 0;
  const lines = bytes.toString('utf8', begin, end).split('\n').slice(0, -1);
  const isShortened = isCut || lines.length > MOST_LINES;
  const next = `f${inode}:${from + taken}`;
  return { source: 'file', lines: lines.slice(-MOST_LINES), isCut: isShortened, next };
}
