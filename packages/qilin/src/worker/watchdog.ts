/**
 * The worker's sign of life. Each beat tells the arbiter, and the two that watch from inside: a native thread that says
 * where JavaScript is when the event loop stands still, and an alarm in the kernel some time beyond `timeout`. A
 * worker whose event loop hangs is thus ended by its arbiter, and by the kernel when the arbiter has gone meanwhile.
 */
import { type StallLimits, setAlarm, watchStalls } from '@qilin/picoev';
import { LEAST_SILENCE, STALLS_FD } from '../contract/messages.ts';
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';

const LONGEST: Milliseconds = 1_000;

/**
 * What the arbiter may need beyond `timeout`; with one alive, the alarm never goes off. Time in which the process is stopped
 * does not count.
 */
const GRACE: Seconds = 5;
const ALARM_LONGEST: Seconds = 86_400;

/** The arbiter hears of a worker so often in the silence by which it knows that none turns any more (`queueTimeout`). */
const BEATS_OF_A_SILENCE = 4;

/** How often to beat, so that `limit` holds a few. */
export const beatInterval = (limit: Milliseconds): Milliseconds =>
  limit === 0 ? LONGEST : Math.min(LONGEST, limit / 3);

type ServingLimits = Pick<WorkerConfig, 'timeout' | 'stallWarning' | 'queueTimeout'>;

export class Watchdog {
  readonly #onBeat: () => void;
  readonly #setAlarm: (seconds: number, grace: number) => void;
  readonly #beatNative: ((limits: StallLimits) => void) | undefined;
  #limits: StallLimits = { silence: 0, stall: 0 };
  #timer: NodeJS.Timeout | undefined;
  #lag: Milliseconds = 0;

  /**
   * @param thread 0 for the process's main one
   * @param alarm The process's one alarm, which its main thread sets.
   */
  constructor(onBeat: () => void, thread: number, alarm: typeof setAlarm = setAlarm) {
    this.#onBeat = onBeat;
    this.#setAlarm = alarm;
    this.#beatNative = watchStalls(STALLS_FD, thread);
  }

  /** How late the last beat was. */
  get lag(): Milliseconds {
    return this.#lag;
  }

  /** Whether it can say where JavaScript is. */
  get tellsPlaces(): boolean {
    return this.#beatNative !== undefined;
  }

  /** From now on these hold. Beats for as long as the process lives. */
  watch(limits: StallLimits, interval = beatInterval(limits.silence)): void {
    this.#limits = limits;
    clearInterval(this.#timer);
    let due = performance.now() + interval;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lag = Math.max(0, Math.round(now - due));
      due = now + interval;
      this.#beat();
    }, interval).unref();
    this.#beat();
  }

  /** The same for one that serves. */
  watchServing({ timeout, stallWarning, queueTimeout }: ServingLimits): void {
    const silence = toMilliseconds(timeout);
    const heard = queueTimeout === 0 ? LONGEST : Math.max(LEAST_SILENCE, queueTimeout) / BEATS_OF_A_SILENCE;
    this.watch({ silence, stall: toMilliseconds(stallWarning) }, Math.min(beatInterval(silence), heard));
  }

  #beat(): void {
    const { silence } = this.#limits;
    this.#setAlarm(Math.min(Math.ceil(silence / toMilliseconds(1)), ALARM_LONGEST), GRACE);
    this.#beatNative?.(this.#limits);
    this.#onBeat();
  }
}
