/**
 * The worker's sign of life. Each beat tells the arbiter, and the two that watch from inside: a native thread that says
 * where JavaScript is when the event loop has not turned for `timeout`, and an alarm in the kernel some time beyond it. A
 * worker whose event loop hangs is thus ended by its arbiter, and by the kernel when the arbiter has gone meanwhile.
 */
import { type Stall, setAlarm, watchStalls } from '@qilin/picoev';
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';

const LONGEST: Milliseconds = 1_000;

/**
 * What the arbiter may need beyond `timeout`; with one alive, the alarm never goes off. Time in which the process is stopped
 * does not count.
 */
const GRACE: Seconds = 5;
const ALARM_LONGEST: Seconds = 86_400;

/** How often to beat, so that `limit` holds a few. */
export const beatInterval = (limit: Milliseconds): Milliseconds =>
  limit === 0 ? LONGEST : Math.min(LONGEST, limit / 3);

export class Watchdog {
  readonly #onBeat: () => void;
  readonly #setAlarm: (seconds: number, grace: number) => void;
  readonly #beatNative: ((limit: Milliseconds) => void) | undefined;
  #limit: Milliseconds = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onStall Called once for each stall, amid the JavaScript that is its cause, shortly before the arbiter aborts
   *   this process, or the worker ends this thread.
   * @param alarm The process's one alarm, which its main thread sets.
   */
  constructor(onBeat: () => void, onStall: (stall: Stall) => void, alarm: typeof setAlarm = setAlarm) {
    this.#onBeat = onBeat;
    this.#setAlarm = alarm;
    this.#beatNative = watchStalls(onStall);
  }

  /** From now on the event loop may be silent for `limit`, 0 for ever. Beats for as long as the process lives. */
  watch(limit: Milliseconds): void {
    this.#limit = limit;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#beat(), beatInterval(limit)).unref();
    this.#beat();
  }

  #beat(): void {
    this.#setAlarm(Math.min(Math.ceil(this.#limit / toMilliseconds(1)), ALARM_LONGEST), GRACE);
    this.#beatNative?.(this.#limit);
    this.#onBeat();
  }
}
