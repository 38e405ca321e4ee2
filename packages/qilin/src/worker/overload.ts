/** Requests that have waited for longer than `queueTimeout` before anybody could look at them: they are not handed to the app. */
import { measureQueue } from '@qilin/picoev';
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';
import { Episode } from '../observe/episode.ts';

/** The status of such a request, and the seconds after which its client may try again. */
export const OVERLOADED = 503;
export const RETRY_AFTER = '1';

const CALM: Milliseconds = 5_000;

export class Overload {
  readonly #limit: Milliseconds;
  readonly #waited = measureQueue();
  readonly #episode: Episode;

  constructor(limit: Milliseconds, log: Log) {
    this.#limit = limit;
    this.#episode = new Episode(
      CALM,
      () => log.warning(`Requests have waited for longer than queueTimeout (${limit} ms): they are answered with 503`),
      (times, lasted) =>
        log.warning(
          `No request waits for so long any more: ${times} were answered with 503 in ${(lasted / 1000).toFixed(1)} s`,
        ),
    );
  }

  /** Undefined where there is no limit. */
  static of(limit: Milliseconds, log: Log): Overload | undefined {
    return limit === 0 ? undefined : new Overload(limit, log);
  }

  /** Requests that were too late so far. */
  get shed(): number {
    return this.#episode.total;
  }

  /** Whether the request that has just been found on this connection is too late: it is counted as shed then. */
  isLate(fd: number): boolean {
    if (!this.hasWaited(fd)) return false;
    this.note();
    return true;
  }

  /** Whether what has come on this connection last has waited for too long. */
  hasWaited(fd: number): boolean {
    return this.#waited(fd) > this.#limit;
  }

  /** One was too late. */
  note(): void {
    this.#episode.happens();
  }
}
