/**
 * Where the lines of a log go: an open file or stream. Invariant: a write never waits for a reader, and never changes how the
 * stream behaves for the other processes that have it as their stdout or stderr.
 */
import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { writeNow } from '@qilin/picoev';
import { openLogFile, standardStream } from './log-file.ts';

export interface Outlet {
  /** Absolute name of the file; null for a standard stream, which cannot be opened anew. */
  readonly path: string | null;
  /** How many bytes one write takes whole, so that the lines of several processes never mix. */
  readonly atomic: number;
  /** Bytes of the longest line that is to be written, its newline included. */
  readonly longestLine: number;
  /**
   * Writes from `start` on, all or a part.
   * @returns how many bytes were written
   * @throws Error with code EAGAIN when nothing can be written now, or what else the system says
   */
  write(bytes: Buffer, start: number, length: number): number;
  /** A standard stream stays open. */
  close(): void;
}

/** Up to here a write to a pipe is atomic: PIPE_BUF of POSIX. */
const PIPE_ATOMIC = process.platform === 'linux' ? 4096 : 512;
/** In a stream; on Linux what is atomic. */
const LONGEST_IN_STREAM = 4096;
const LONGEST_IN_FILE = 64 * 1024;

/**
 * @param name of a file, or `-` for the standard stream
 * @param standard the descriptor that `-` stands for
 * @throws QilinError LOG_FILE when the file cannot be opened
 */
export function openOutlet(name: string, standard: number): Outlet {
  const stream = name === '-' ? standard : standardStream(name);
  if (stream === undefined) return ownOutlet(openLogFile(name), resolve(name));
  const found = fstatSync(stream);
  const opened = isStream(stream, found) && !found.isSocket() ? openAnew(stream) : undefined;
  if (opened !== undefined) return ownOutlet(opened, null);
  return {
    path: null,
    ...sizesOf(found),
    // A file may share its position with others, and so is written as it is; it never makes anybody wait.
    write: isStream(stream, found)
      ? (bytes, start, length) => writeNow(stream, bytes.subarray(start, start + length))
      : (bytes, start, length) => writeSync(stream, bytes, start, length),
    close: () => {},
  };
}

/** For a descriptor that nobody else has; it does not wait by its own flags. */
function ownOutlet(fd: number, path: string | null): Outlet {
  return {
    path,
    ...sizesOf(fstatSync(fd)),
    write: (bytes, start, length) => writeSync(fd, bytes, start, length),
    close: () => closeSync(fd),
  };
}

const isStream = (fd: number, found: Stats): boolean => found.isFIFO() || found.isSocket() || isatty(fd);

const sizesOf = (found: Stats): Pick<Outlet, 'atomic' | 'longestLine'> =>
  found.isFile()
    ? { atomic: Number.POSITIVE_INFINITY, longestLine: LONGEST_IN_FILE }
    : { atomic: PIPE_ATOMIC, longestLine: LONGEST_IN_STREAM };

/**
 * The same pipe or terminal by a description of its own, whose O_NONBLOCK concerns nobody else (open(2), "open file
 * description"); undefined where that is not possible: for another user's pipe, without a reader, without /proc.
 */
function openAnew(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
