/**
 * A file that is there to be sent: a small one in memory, a large one as a descriptor. Invariant: the descriptor is open for as long
 * as somebody holds the file.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';

/** Bytes. To give such a file from memory is cheaper than to read it, and it fits into one write. */
const MOST_IN_MEMORY = 64 * 1024;

/** A device or a pipe of that name must not be waited for. */
const HOW = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** A folder whose files may be sent. */
export interface Root {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** Whether symbolic links in it may lead out of it. */
  readonly followsLinks: boolean;
}

export class OpenFile {
  readonly size: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** The same for the same state of a file on another machine, and none's but this one's. */
  readonly version: string;
  /** All of it, where it is small. */
  readonly contents: Buffer | undefined;
  readonly #path: string;
  readonly #mark: string;
  #fd: number;
  #holders = 1;

  private constructor(path: string, fd: number, stats: Stats) {
    this.#path = path;
    this.#fd = fd;
    this.#mark = markOf(stats);
    this.size = stats.size;
    this.modifiedAt = Math.floor(stats.mtimeMs / 1000);
    this.version = versionOf(stats);
    this.contents = stats.size <= MOST_IN_MEMORY ? this.read(0, stats.size) : undefined;
  }

  /** Held by the caller. Undefined where there is no regular file that can be read, or it is not the root's. */
  static open(path: string, root: Root): OpenFile | undefined {
    try {
      const real = realpathSync.native(path);
      return root.followsLinks || isBelow(real, root.folder) ? OpenFile.#openReal(path, real, root) : undefined;
    } catch {
      // Not there, not allowed, too long a name, a file where a folder should be, changed while it was read.
      return undefined;
    }
  }

  static #openReal(path: string, real: string, { followsLinks }: Root): OpenFile | undefined {
    const fd = openSync(real, HOW);
    let file: OpenFile | undefined;
    try {
      const stats = fstatSync(fd);
      // Since it was looked at, a folder of the path may have become a link.
      if (stats.isFile() && (followsLinks || placeOf(fd, real) === real)) file = new OpenFile(path, fd, stats);
      return file;
    } finally {
      if (file === undefined) closeSync(fd);
      else if (file.contents !== undefined) file.#close();
    }
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#close();
  }

  /**
   * The bytes from `start` up to `end`, in a buffer that is the caller's.
   *
   * @throws {Error} Where the file is not any more what it was: its length, and what it is a part of, have been promised.
   */
  read(start: number, end: number): Buffer {
    if (this.contents !== undefined) return this.contents.subarray(start, end);
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const read = readSync(this.#fd, bytes, filled, bytes.length - filled, start + filled);
      if (read === 0) throw new Error(`${this.#path} became shorter while it was sent (at byte ${start + filled}).`);
      filled += read;
    }
    if (markOf(fstatSync(this.#fd)) !== this.#mark) throw new Error(`${this.#path} was changed while it was sent.`);
    return bytes;
  }

  #close(): void {
    if (this.#fd === NONE) return;
    closeSync(this.#fd);
    this.#fd = NONE;
  }
}

/** No descriptor. */
const NONE = -1;

const versionOf = ({ mtimeMs, size }: Stats): string =>
  `${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}`;

/** Tells one state of a file from another. */
const markOf = (stats: Stats): string => `${versionOf(stats)}-${stats.ino}`;

/** What lies at a path now; undefined for nothing that can be read. */
export function markAt(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && markOf(stats);
  } catch {
    return undefined;
  }
}

const isBelow = (path: string, folder: string): boolean => path.startsWith(folder === '/' ? folder : `${folder}/`);

/** Linux knows of what a descriptor is. */
const placeOf = (fd: number, otherwise: string): string =>
  process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${fd}`) : otherwise;
