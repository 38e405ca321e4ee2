/**
 * The apps' own metrics, asked of all workers when somebody asks for `/metrics`. Invariant: what a worker has told last counts while it
 * does not answer, and its counters when it has gone.
 */
import { type AppMetric, aggregate, lastingOf, sizeOf } from '../contract/app-metrics.ts';
import type { WorkerMessage } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerHandle } from './worker-handle.ts';

type Said = Extract<WorkerMessage, { type: 'appMetric' | 'appMetricsEnd' }>;

/** A scrape of Prometheus has 10 s; what a worker that is stuck has told before is known. */
const PATIENCE: Milliseconds = 1_000;
/** Characters that are kept of a worker, and of all that have gone: an app may have any number of metrics, series and labels. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

interface Known {
  readonly metrics: readonly AppMetric[];
  /** Of the scrape under way. */
  readonly coming: AppMetric[];
  characters: number;
}

const knowing = (metrics: readonly AppMetric[]): Known => ({ metrics, coming: [], characters: 0 });

export class AppMetrics {
  readonly #warn: (text: string) => void;
  #leftOut = 0;
  #hasWarned = false;
  readonly #known = new Map<number, Known>();
  /** Of the workers that have gone. */
  #past: readonly AppMetric[] = [];
  #scrape = 0;
  #awaited = new Set<number>();
  #onAllTold: () => void = () => {};
  #underWay: Promise<readonly AppMetric[]> | undefined;

  /** @param warn Told once, when a metric is left out for the first time. */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** How many were, from all answers. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Of all workers. Who asks meanwhile has the same answer. */
  ask(workers: readonly Pick<WorkerHandle, 'age' | 'tellMetrics'>[]): Promise<readonly AppMetric[]> {
    this.#underWay ??= this.#collect(workers).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  hear(age: number, said: Said): void {
    if (said.scrape !== this.#scrape) return;
    const known = this.#known.get(age) ?? knowing([]);
    if (said.type === 'appMetric') {
      const characters = known.characters + sizeOf(said.metric);
      if (characters > MOST_CHARACTERS) {
        this.#leave(said.metric.name);
        return;
      }
      known.coming.push(said.metric);
      known.characters = characters;
      this.#known.set(age, known);
      return;
    }
    // The worker has told which.
    this.#leftOut += said.leftOut;
    this.#known.set(age, knowing(known.coming));
    this.#told(age);
  }

  gone(age: number): void {
    const last = this.#known.get(age)?.metrics ?? [];
    if (last.length > 0) this.#past = this.#bounded(aggregate([this.#past, lastingOf(last)]));
    this.#known.delete(age);
    this.#told(age);
  }

  async #collect(workers: readonly Pick<WorkerHandle, 'age' | 'tellMetrics'>[]): Promise<readonly AppMetric[]> {
    this.#scrape += 1;
    this.#awaited = new Set(workers.map(({ age }) => age));
    for (const [age, known] of this.#known) this.#known.set(age, knowing(known.metrics));
    for (const worker of workers) worker.tellMetrics(this.#scrape);
    if (workers.length > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE);
        this.#onAllTold = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return aggregate([...[...this.#known.values()].map(({ metrics }) => metrics), this.#past]);
  }

  /** What workers that have gone had counted goes with its metric: that counter begins anew. */
  #bounded(metrics: readonly AppMetric[]): readonly AppMetric[] {
    let characters = 0;
    return metrics.filter((metric) => {
      characters += sizeOf(metric);
      const fits = characters <= MOST_CHARACTERS;
      if (!fits) this.#leave(metric.name);
      return fits;
    });
  }

  #leave(name: string): void {
    this.#leftOut += 1;
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `Metrics of the app are left out of /metrics: with ${name} they are beyond ${MOST_CHARACTERS / 2 ** 20} MiB; qilin_app_metrics_left_out_total counts them`,
    );
  }

  #told(age: number): void {
    if (this.#awaited.delete(age) && this.#awaited.size === 0) this.#onAllTold();
  }
}
