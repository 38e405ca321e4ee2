/** The last lines of log files, and what is written then: as `tail -F` shows them, through rotations. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Milliseconds } from '../contract/units.ts';

const LOOK_EACH: Milliseconds = 200;
const CHUNK = 64 * 1024;
/** Bytes at the end of a file in which its last lines are looked for. */
const LAST = 1024 * 1024;

export class FollowedFile {
  readonly path: string;
  #fd: number;
  #position: number;
  /** The beginning of a line whose end has not been written yet. */
  #partial = '';
  readonly #decoder = new TextDecoder();

  /** @throws Error when it cannot be read, or is no file: what reads a FIFO takes its lines away */
  constructor(path: string, lines: number) {
    this.path = path;
    this.#fd = openFile(path);
    const { size } = fstatSync(this.#fd);
    this.#position = size;
    this.#partial = this.#lastLines(size, lines);
  }

  /** The whole lines that have come since it was asked last. */
  read(): string {
    let text = this.#rest();
    const { dev, ino, size } = fstatSync(this.#fd);
    const there = statSync(this.path, { throwIfNoEntry: false });
    if (there !== undefined && (there.ino !== ino || there.dev !== dev)) text += this.#openAnew();
    else if (size < this.#position) {
      // It was cut, as logrotate's `copytruncate` does.
      this.#position = 0;
      text += this.#rest();
    }
    const whole = `${this.#partial}${text}`;
    const end = whole.lastIndexOf('\n') + 1;
    this.#partial = whole.slice(end);
    return whole.slice(0, end);
  }

  #lastLines(size: number, lines: number): string {
    const from = Math.max(0, size - LAST);
    const bytes = Buffer.alloc(size - from);
    const text = bytes.toString('utf8', 0, readSync(this.#fd, bytes, 0, bytes.length, from));
    const all = text.split('\n');
    return all.slice(-lines - 1).join('\n');
  }

  #rest(): string {
    const bytes = Buffer.alloc(CHUNK);
    let text = '';
    for (;;) {
      const length = readSync(this.#fd, bytes, 0, CHUNK, this.#position);
      if (length === 0) return text;
      this.#position += length;
      text += this.#decoder.decode(bytes.subarray(0, length), { stream: true });
    }
  }

  /** Another file has taken its name. */
  #openAnew(): string {
    try {
      const fd = openFile(this.path);
      closeSync(this.#fd);
      this.#fd = fd;
      this.#position = 0;
      return this.#rest();
    } catch {
      return ''; // it is being made: at the next look
    }
  }
}

function openFile(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`${path} is no file`);
}

/** Shows the last lines, and what comes then for as long as somebody follows it. Of several files, each block says whose it is. */
export async function showLogs(
  files: readonly FollowedFile[],
  isFollowed: () => boolean,
  print: (text: string) => void,
): Promise<void> {
  let last: FollowedFile | undefined;
  for (;;) {
    for (const file of files) {
      const text = file.read();
      if (text === '') continue;
      if (files.length > 1 && file !== last) print(`${last === undefined ? '' : '\n'}==> ${file.path} <==\n`);
      last = file;
      print(text);
    }
    if (!isFollowed()) return;
    await pause(LOOK_EACH);
  }
}
