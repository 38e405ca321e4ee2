/** Counts answers, for `/metrics`: some ten nanoseconds for each, since the clock is read once for all that came and are over together. */
import { type AnswerList, METHODS, newAnswerList, placeOf } from '../contract/answers.ts';
import { SLOW_LEAST } from '../contract/slow-requests.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import type { Statsd } from './statsd.ts';

const METHOD_NUMBERS = new Map<string, number>(METHODS.map((method, index) => [method, index]));
const OTHER = METHODS.length - 1;
/** Cheaper than `queueMicrotask()`, which makes an AsyncResource each time. */
const SETTLED = Promise.resolve();

/** @typeParam Ended What the engine knows one by that is over. */
export class AnswerCounter<Ended = never> {
  readonly #list = Float64Array.from(newAnswerList());
  readonly #now: () => Milliseconds;
  /** When those came that are over, but have no duration yet; and how many they are. */
  #cameAt: Milliseconds = 0;
  #unmeasured = 0;
  /** One of them stands for all where they were slow. */
  #latest: Ended | undefined;
  readonly #statsd: Pick<Statsd, 'answered' | 'took'> | undefined;
  readonly #onSlow: ((ended: Ended, duration: Milliseconds, now: Milliseconds) => void) | undefined;
  readonly #measure = (): void => {
    if (this.#unmeasured === 0) return;
    const now = this.#now();
    const duration = Math.max(0, now - this.#cameAt);
    const bucket = placeOf.bucket(duration / 1000);
    this.#list[bucket] = (this.#list[bucket] ?? 0) + this.#unmeasured;
    this.#list[placeOf.time] = (this.#list[placeOf.time] ?? 0) + duration * this.#unmeasured;
    this.#statsd?.took(duration, this.#unmeasured);
    this.#unmeasured = 0;
    if (duration >= SLOW_LEAST && this.#latest !== undefined) this.#onSlow?.(this.#latest, duration, now);
    this.#latest = undefined;
  };

  /** @param onSlow Told of one of those that came and were over together, where that took long. */
  constructor(
    now: () => Milliseconds = () => performance.now(),
    onSlow?: (ended: Ended, duration: Milliseconds, now: Milliseconds) => void,
    statsd?: Pick<Statsd, 'answered' | 'took'>,
  ) {
    this.#statsd = statsd;
    this.#now = now;
    this.#onSlow = onSlow;
  }

  /** Undefined where nobody can ask for it, nor is told. */
  static of<Ended>(
    { adminBind }: Pick<WorkerConfig, 'adminBind'>,
    onSlow: (ended: Ended, duration: Milliseconds, now: Milliseconds) => void,
    statsd: Statsd | undefined,
  ): AnswerCounter<Ended> | undefined {
    const isAsked = adminBind !== null || statsd !== undefined;
    return isAsked ? new AnswerCounter(() => performance.now(), onSlow, statsd) : undefined;
  }

  get list(): AnswerList {
    this.#measure();
    return [...this.#list];
  }

  begin(): void {
    this.#list[placeOf.begun] = (this.#list[placeOf.begun] ?? 0) + 1;
  }

  /** @param status 0 for one that has not been answered */
  end(method: string, status: number, cameAt: Milliseconds, ended?: Ended): void {
    this.#statsd?.answered(status);
    const place = placeOf.status(method === 'GET' ? 0 : (METHOD_NUMBERS.get(method) ?? OTHER), status);
    this.#list[place] = (this.#list[place] ?? 0) + 1;
    if (this.#unmeasured > 0 && cameAt !== this.#cameAt) this.#measure();
    this.#cameAt = cameAt;
    this.#latest = ended;
    this.#unmeasured += 1;
    // Behind what is still to be done in this turn: the answers are written then.
    if (this.#unmeasured === 1) void SETTLED.then(this.#measure);
  }
}
