/** Counts answers, for `/metrics`: some ten nanoseconds for each, since the clock is read once for all that came and are over together. */
import { type AnswerList, METHODS, newAnswerList, placeOf } from '../contract/answers.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';

const METHOD_NUMBERS = new Map<string, number>(METHODS.map((method, index) => [method, index]));
const OTHER = METHODS.length - 1;

export class AnswerCounter {
  readonly #list = Float64Array.from(newAnswerList());
  readonly #now: () => Milliseconds;
  /** When those came that are over, but have no duration yet; and how many they are. */
  #cameAt: Milliseconds = 0;
  #unmeasured = 0;
  readonly #measure = (): void => {
    if (this.#unmeasured === 0) return;
    const duration = Math.max(0, this.#now() - this.#cameAt);
    const bucket = placeOf.bucket(duration / 1000);
    this.#list[bucket] = (this.#list[bucket] ?? 0) + this.#unmeasured;
    this.#list[placeOf.time] = (this.#list[placeOf.time] ?? 0) + duration * this.#unmeasured;
    this.#unmeasured = 0;
  };

  constructor(now: () => Milliseconds = () => performance.now()) {
    this.#now = now;
  }

  /** Undefined where nobody can ask for it. */
  static of({ adminBind }: Pick<WorkerConfig, 'adminBind'>): AnswerCounter | undefined {
    return adminBind === null ? undefined : new AnswerCounter();
  }

  get list(): AnswerList {
    this.#measure();
    return [...this.#list];
  }

  begin(): void {
    this.#list[placeOf.begun] = (this.#list[placeOf.begun] ?? 0) + 1;
  }

  /** @param status 0 for one that has not been answered */
  end(method: string, status: number, cameAt: Milliseconds): void {
    const place = placeOf.status(method === 'GET' ? 0 : (METHOD_NUMBERS.get(method) ?? OTHER), status);
    this.#list[place] = (this.#list[place] ?? 0) + 1;
    if (this.#unmeasured > 0 && cameAt !== this.#cameAt) this.#measure();
    this.#cameAt = cameAt;
    this.#unmeasured += 1;
    // Behind what is still to be done in this turn: the answers are written then.
    if (this.#unmeasured === 1) queueMicrotask(this.#measure);
  }
}
