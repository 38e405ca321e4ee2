/**
 * A file, or standard stream, that takes whole lines. Invariant: what it was given is written in order and once, or counted and
 * told of. Writing is synchronous, so a crash loses at most what the chosen buffer holds; but nobody waits for a reader:
 * what a full pipe does not take waits here, up to `MAX_WAITING`.
 *
 * Why not sonic-boom: its synchronous mode answers a full pipe with a sleep of 100 ms that stops the event loop, keeps
 * all that a full disk refuses in memory, and measures its growing buffer anew with every line.
 */
import { hasCode, reasonOf } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type Outlet, openOutlet } from './outlet.ts';

export interface LineFileOptions {
  /** File name, or `-` for the standard stream. */
  readonly name: string;
  /** The descriptor that `-` stands for. */
  readonly standard: number;
  /** Characters that may wait to be written together; 0 writes each line at once. */
  readonly bufferSize: number;
  /** The longest that a line waits in the buffer. */
  readonly flushInterval: Milliseconds;
  /**
   * Told once when writing begins to fail, and again only after it has worked in between; and of each reopening that fails.
   * @param takesLines Whether lines can still be written: into the old file.
   */
  onFailure(message: string, takesLines: boolean): void;
  /**
   * Told when lines can be written again after some were dropped.
   * @returns a line that says so, to be written in their place; empty when it is said elsewhere
   */
  onDropped(lines: number): string;
}

export interface LineFile {
  /** Bytes of the longest line that should be given to it, its newline included. */
  readonly longestLine: number;
  /** Takes one or more whole lines, each with its newline. Never throws, never waits. */
  write(lines: string): void;
  /** Writes all that waits. Waits for a reader that is slow for up to `LAST_WAIT`, and not for one that is known to have stopped. */
  flush(): void;
  /** Opens the file anew by its name. When that fails the old file stays in use, and `onFailure` is told. */
  reopen(): void;
  /** Flushes and closes; a standard stream stays open. What comes later is lost without a word: nobody has the descriptor any more. */
  close(): void;
}

const NEWLINE = 0x0a;
/** What may wait for a reader, about in bytes: beyond it lines are dropped, until half of it has gone. */
const MAX_WAITING = 1024 * 1024;
/** How long a full pipe is left alone before the next try; doubled with each, up to the second. */
const FIRST_RETRY: Milliseconds = 10;
const LAST_RETRY: Milliseconds = 250;
/** How long a flush waits for a reader that takes something now and then, and for one that takes nothing. */
const LAST_WAIT: Milliseconds = 3_000;
const STOPPED: Milliseconds = 500;
const SLEEP: Milliseconds = 1;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** @throws QilinError LOG_FILE when the file cannot be opened. */
export function openLineFile(options: LineFileOptions): LineFile {
  return new OutletLines(openOutlet(options.name, options.standard), options);
}

class OutletLines implements LineFile {
  #outlet: Outlet;
  readonly #options: LineFileOptions;
  /** Lines that no write has been tried for. */
  #text = '';
  /** What is being written, from `#done` on; it goes before `#text`. */
  #rest: Buffer | null = null;
  #done = 0;
  #timer: NodeJS.Timeout | null = null;
  #retry: Milliseconds = FIRST_RETRY;
  /** Since when the reader has taken nothing; null while it takes what comes. */
  #stoppedAt: Milliseconds | null = null;
  /** Lines that were given up since that was last told. */
  #dropped = 0;
  /** So many wait that new ones are dropped. */
  #isFull = false;
  #failing = false;
  /** The file ends in half a line, because a write failed in the middle. */
  #torn = false;
  #isClosed = false;
  readonly #onTimer: () => void;
  readonly #onExit: () => void;

  constructor(outlet: Outlet, options: LineFileOptions) {
    this.#outlet = outlet;
    this.#options = options;
    this.#onTimer = () => this.#send();
    this.#onExit = () => this.flush();
  }

  get longestLine(): number {
    return this.#outlet.longestLine;
  }

  write(lines: string): void {
    if (this.#isClosed) return;
    if (!this.#hasRoom(lines.length)) {
      this.#dropped += countLines(lines);
      return;
    }
    this.#text += lines;
    if (this.#rest !== null) return;
    if (this.#text.length >= this.#options.bufferSize) this.#send();
    else if (this.#timer === null) this.#wait(this.#options.flushInterval);
  }

  flush(): void {
    if (this.#isClosed) return;
    this.#send();
    const end = performance.now() + LAST_WAIT;
    while (this.#stoppedAt !== null && performance.now() < Math.min(end, this.#stoppedAt + STOPPED)) {
      Atomics.wait(sleepCell, 0, 0, SLEEP);
      this.#send();
    }
  }

  reopen(): void {
    if (this.#isClosed) return;
    this.#send();
    const { path } = this.#outlet;
    if (path === null) return;
    try {
      const next = openOutlet(path, this.#options.standard);
      this.#outlet.close();
      this.#outlet = next;
      this.#torn = false;
    } catch (error) {
      this.#options.onFailure(reasonOf(error), true);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    this.#cancelWait();
    this.#outlet.close();
  }

  #hasRoom(more: number): boolean {
    const waiting = this.#text.length + (this.#rest === null ? 0 : this.#rest.length - this.#done);
    if (this.#isFull && waiting <= MAX_WAITING / 2) {
      this.#isFull = false;
      this.#tellDropped();
    } else if (waiting > 0 && waiting + more > MAX_WAITING) {
      this.#isFull = true;
    }
    return !this.#isFull;
  }

  /** Writes what waits, as far as it is taken; the rest is tried again later. */
  #send(): void {
    this.#cancelWait();
    try {
      for (let rest = this.#nextRest(); rest !== null; rest = this.#nextRest()) {
        this.#done += this.#outlet.write(rest, this.#done, this.#endOfWrite(rest) - this.#done);
        this.#stoppedAt = null;
        this.#retry = FIRST_RETRY;
        this.#failing = false;
      }
    } catch (error) {
      if (isBusy(error)) this.#stall();
      else this.#lose(error);
    }
  }

  /** What is to be written next; null when there is nothing. */
  #nextRest(): Buffer | null {
    if (this.#rest !== null && this.#done < this.#rest.length) return this.#rest;
    if (this.#rest !== null) {
      this.#rest = null;
      this.#torn = false;
    }
    if (this.#text === '' && this.#dropped > 0 && !this.#failing) this.#tellDropped();
    if (this.#text === '') return null;
    this.#rest = Buffer.from(this.#torn ? `\n${this.#text}` : this.#text);
    this.#done = 0;
    this.#text = '';
    return this.#rest;
  }

  #tellDropped(): void {
    const lines = this.#dropped;
    this.#dropped = 0;
    if (lines > 0) this.#text += this.#options.onDropped(lines);
  }

  #stall(): void {
    this.#stoppedAt ??= performance.now();
    this.#wait(this.#retry);
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
  }

  #wait(time: Milliseconds): void {
    this.#timer = setTimeout(this.#onTimer, time).unref();
    process.once('exit', this.#onExit);
  }

  #cancelWait(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    process.off('exit', this.#onExit);
    this.#timer = null;
  }

  #lose(error: unknown): void {
    if (this.#rest !== null) {
      this.#dropped += countLines(this.#rest, this.#done);
      this.#torn = this.#done > 0 ? this.#rest[this.#done - 1] !== NEWLINE : this.#torn;
    }
    this.#rest = null;
    this.#stoppedAt = null;
    if (this.#text !== '') this.#wait(LAST_RETRY);
    if (this.#failing) return;
    this.#failing = true;
    const name = this.#outlet.path ?? `on descriptor ${this.#options.standard}`;
    const reason = reasonOf(error);
    this.#options.onFailure(`Lines of the log ${name} are being lost: ${reason}.`, false);
  }

  /** Into a stream go as many whole lines as one atomic write takes; a line longer than that goes alone. */
  #endOfWrite(data: Buffer): number {
    const { atomic } = this.#outlet;
    if (data.length - this.#done <= atomic) return data.length;
    const last = data.lastIndexOf(NEWLINE, this.#done + atomic - 1);
    if (last >= this.#done) return last + 1;
    const next = data.indexOf(NEWLINE, this.#done);
    return next < 0 ? data.length : next + 1;
  }
}

function countLines(lines: string | Buffer, from = 0): number {
  let count = 0;
  for (let at = lines.indexOf('\n', from); at >= 0; at = lines.indexOf('\n', at + 1)) count += 1;
  return count;
}

const isBusy = (error: unknown): boolean => hasCode(error, 'EAGAIN');
