/**
 * A file, or standard stream, that takes whole lines. Invariant: what it was given is written in order and once, or told
 * of to `onFailure`. Writing is synchronous, so a crash loses at most what the chosen buffer holds.
 *
 * Why not sonic-boom: its synchronous mode answers a full pipe with a sleep of 100 ms that stops the event loop, keeps
 * all that a full disk refuses in memory, and measures its growing buffer anew with every line.
 */
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Milliseconds } from '../contract/units.ts';
import { openLogFile, standardStream } from './log-file.ts';

export interface LineFileOptions {
  /** File name, or `-` for the standard stream. */
  readonly name: string;
  /** The descriptor that `-` stands for. */
  readonly standard: number;
  /** Characters that may wait to be written together; 0 writes each line at once. */
  readonly bufferSize: number;
  /** The longest that a line waits in the buffer. */
  readonly flushInterval: Milliseconds;
  /** Told once when writing begins to fail, and again only after it has worked in between. */
  onFailure(message: string): void;
}

export interface LineFile {
  /** Takes one or more whole lines, each with its newline. Never throws. */
  write(lines: string): void;
  /** Writes all that waits. Waits for a reader that is slow, but at most `STALL` for one that reads nothing. */
  flush(): void;
  /** Flushes and opens the file anew by its name. When that fails the old file stays in use, and `onFailure` is told. */
  reopen(): void;
  /** Flushes and closes; a standard stream stays open. */
  close(): void;
}

const NEWLINE = 0x0a;
/** Up to here a write to a pipe is atomic (POSIX PIPE_BUF), so that lines of several workers never mix. */
const PIPE_ATOMIC = process.platform === 'linux' ? 4096 : 512;
/** How long a full pipe is left alone before the next try. */
const RETRY: Milliseconds = 10;
/** What a full pipe may leave waiting, about in bytes, before the process itself has to wait for the reader. */
const MAX_WAITING = 1024 * 1024;
/** How long a flush waits for a reader that takes not one byte, before it gives the lines up. */
const STALL: Milliseconds = 5000;
const SLEEP: Milliseconds = 1;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** @throws QilinError LOG_FILE when the file cannot be opened. */
export function openLineFile(options: LineFileOptions): LineFile {
  const standard = options.name === '-' ? options.standard : standardStream(options.name);
  return standard === undefined
    ? new DescriptorLines(openLogFile(options.name), resolve(options.name), options)
    : new DescriptorLines(standard, null, options);
}

class DescriptorLines implements LineFile {
  #fd: number;
  readonly #path: string | null;
  readonly #options: LineFileOptions;
  #atomicSize: number;
  /** Lines that no write has been tried for. */
  #text = '';
  /** The rest of a write that a full pipe cut short; it goes before `#text`. */
  #rest: Buffer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failing = false;
  /** The file ends in half a line, because a write failed in the middle. */
  #torn = false;
  readonly #onTimer: () => void;
  readonly #onExit: () => void;

  constructor(fd: number, path: string | null, options: LineFileOptions) {
    this.#fd = fd;
    this.#path = path;
    this.#options = options;
    this.#atomicSize = atomicSize(fd);
    this.#onTimer = () => this.#send(false);
    this.#onExit = () => this.flush();
  }

  write(lines: string): void {
    this.#text += lines;
    if (this.#rest !== null) {
      if (this.#rest.length + this.#text.length >= MAX_WAITING) this.flush();
    } else if (this.#text.length >= this.#options.bufferSize) {
      this.#send(false);
    } else if (this.#timer === null) {
      this.#wait(this.#options.flushInterval);
    }
  }

  flush(): void {
    this.#send(true);
  }

  reopen(): void {
    this.flush();
    if (this.#path === null) return;
    const old = this.#fd;
    try {
      this.#fd = openLogFile(this.#path);
    } catch (error) {
      this.#options.onFailure(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#atomicSize = atomicSize(this.#fd);
    this.#torn = false;
    closeSync(old);
  }

  close(): void {
    this.flush();
    if (this.#path !== null) closeSync(this.#fd);
  }

  /** Writes what waits. `patient` blocks while a pipe is full; otherwise the rest is tried again later. */
  #send(patient: boolean): void {
    const data = this.#take();
    let done = 0;
    try {
      while (done < data.length) {
        const length = this.#endOfWrite(data, done) - done;
        done += patient ? writePatiently(this.#fd, data, done, length) : writeSync(this.#fd, data, done, length);
      }
      if (done > 0) {
        this.#failing = false;
        this.#torn = false;
      }
    } catch (error) {
      if (!patient && isBusy(error)) this.#keep(data.subarray(done));
      else this.#lose(data, done, error);
    }
  }

  /** All that waits, in order; with it the wait ends. */
  #take(): Buffer {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      process.off('exit', this.#onExit);
      this.#timer = null;
    }
    const text = this.#torn && this.#rest === null && this.#text !== '' ? `\n${this.#text}` : this.#text;
    const data = this.#rest === null ? Buffer.from(text) : Buffer.concat([this.#rest, Buffer.from(text)]);
    this.#rest = null;
    this.#text = '';
    return data;
  }

  #wait(time: Milliseconds): void {
    this.#timer = setTimeout(this.#onTimer, time).unref();
    process.once('exit', this.#onExit);
  }

  #keep(rest: Buffer): void {
    this.#rest = rest;
    this.#wait(RETRY);
  }

  #lose(data: Buffer, done: number, error: unknown): void {
    this.#torn = done > 0 ? data[done - 1] !== NEWLINE : this.#torn;
    if (this.#failing) return;
    this.#failing = true;
    const name = this.#path ?? `on descriptor ${this.#options.standard}`;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onFailure(`Lines of the log ${name} are being lost: ${reason}.`);
  }

  /** Into a pipe go as many whole lines as one atomic write takes; a line longer than that goes alone. */
  #endOfWrite(data: Buffer, start: number): number {
    if (data.length - start <= this.#atomicSize) return data.length;
    const last = data.lastIndexOf(NEWLINE, start + this.#atomicSize - 1);
    if (last >= start) return last + 1;
    const next = data.indexOf(NEWLINE, start);
    return next < 0 ? data.length : next + 1;
  }
}

/** One write, tried again while a pipe is full, up to `STALL`. */
function writePatiently(fd: number, data: Buffer, start: number, length: number): number {
  const deadline = Date.now() + STALL;
  for (;;) {
    try {
      return writeSync(fd, data, start, length);
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
      Atomics.wait(sleepCell, 0, 0, SLEEP);
    }
  }
}

function atomicSize(fd: number): number {
  try {
    return fstatSync(fd).isFile() ? Number.POSITIVE_INFINITY : PIPE_ATOMIC;
  } catch {
    // A closed standard stream: its first write tells.
    return PIPE_ATOMIC;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
