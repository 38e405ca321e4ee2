/**
 * The files of one folder, as they were when last looked at: each path is looked up at most once a second, also one where nothing is.
 * Bounded by number, bytes and descriptors; what was looked at the longest time ago goes first.
 */
import type { Root } from './open-file.ts';
import { StoredFile } from './stored-file.ts';

/** Milliseconds for which what was seen is taken to be so. */
const TRUSTED_FOR = 1000;

const MOST_PATHS = 4096;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_DESCRIPTORS = 256;

interface Seen {
  /** Undefined where there was none. */
  readonly file: StoredFile | undefined;
  readonly bytes: number;
  readonly descriptors: number;
  lookedAt: number;
}

export class FileStore {
  readonly root: Root;
  readonly #cacheControlOf: (name: string) => string;
  readonly #seen = new Map<string, Seen>();
  #bytes = 0;
  #descriptors = 0;

  constructor(root: Root, cacheControlOf: (name: string) => string) {
    this.root = root;
    this.#cacheControlOf = cacheControlOf;
  }

  /**
   * The file is the store's: who sends it holds it.
   *
   * @param path Below the root, as `askedPath()` gives it.
   * @param now Milliseconds, by any clock that goes forward.
   */
  find(path: string, now: number): StoredFile | undefined {
    const seen = this.#seen.get(path);
    if (seen === undefined) return this.#look(path, now);
    if (now - seen.lookedAt < TRUSTED_FOR) return seen.file;
    this.#forget(path, seen);
    if (seen.file?.isCurrent !== true) {
      seen.file?.drop();
      return this.#look(path, now);
    }
    seen.lookedAt = now;
    this.#keep(path, seen);
    return seen.file;
  }

  /** Closes all. */
  close(): void {
    for (const [path, seen] of this.#seen) {
      this.#forget(path, seen);
      seen.file?.drop();
    }
  }

  #look(path: string, now: number): StoredFile | undefined {
    const file = StoredFile.open(`${this.root.folder}/${path}`, this.root, this.#cacheControlOf);
    const { bytes, descriptors } = file?.weight ?? { bytes: 0, descriptors: 0 };
    this.#keep(path, { file, bytes, descriptors, lookedAt: now });
    this.#makeRoom();
    return file;
  }

  #keep(path: string, seen: Seen): void {
    this.#seen.set(path, seen);
    this.#bytes += seen.bytes;
    this.#descriptors += seen.descriptors;
  }

  #forget(path: string, { bytes, descriptors }: Seen): void {
    this.#seen.delete(path);
    this.#bytes -= bytes;
    this.#descriptors -= descriptors;
  }

  /** Never the last one: it is about to be sent. */
  #makeRoom(): void {
    for (const [path, seen] of this.#seen) {
      const isFull = this.#seen.size > MOST_PATHS || this.#bytes > MOST_BYTES || this.#descriptors > MOST_DESCRIPTORS;
      if (!isFull || this.#seen.size === 1) return;
      this.#forget(path, seen);
      seen.file?.drop();
    }
  }
}
