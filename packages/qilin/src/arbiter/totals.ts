/**
 * What all workers together have done since the arbiter began. Invariant: no sum ever goes down: what a worker has told last stays in
 * it when the worker has gone.
 */
import type { RetireCause } from '../contract/messages.ts';
import { addStats, NO_STATS, type WorkerStats } from '../contract/stats.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerView } from './fleet.ts';

/** Why a worker ended: by order, by what it asked for itself, or by a fault. */
export const END_REASONS = ['order', 'share', 'memory', 'full', 'failure', 'timeout', 'boot', 'crash'] as const;
type EndReason = (typeof END_REASONS)[number];

interface Told {
  readonly stats: WorkerStats | null;
  readonly usage: { readonly cpu: Milliseconds };
}

export class Totals {
  #past = NO_STATS;
  #pastCpu: Milliseconds = 0;
  #starts = 0;
  readonly #ends = new Map<EndReason, number>();
  /** By age: why it has asked for a successor. */
  readonly #causes = new Map<number, RetireCause>();

  get starts(): number {
    return this.#starts;
  }

  ends(reason: EndReason): number {
    return this.#ends.get(reason) ?? 0;
  }

  started(): void {
    this.#starts += 1;
  }

  retires(age: number, cause: RetireCause): void {
    this.#causes.set(age, cause);
  }

  /** @param view Before its end; undefined where it is not known any more. */
  ended(age: number, view: WorkerView | undefined, last: Told | undefined): void {
    // Its connections have gone with it, and what it had begun.
    this.#past = addStats(this.#past, { ...(last?.stats ?? NO_STATS), connections: 0 });
    this.#pastCpu += last?.usage.cpu ?? 0;
    const reason = this.#reasonOf(age, view);
    this.#causes.delete(age);
    this.#ends.set(reason, this.ends(reason) + 1);
  }

  /** @param now Of those that run. */
  stats(now: readonly Told[]): WorkerStats {
    return now.reduce((sum, { stats }) => (stats === null ? sum : addStats(sum, stats)), this.#past);
  }

  cpu(now: readonly Told[]): Milliseconds {
    return now.reduce((sum, { usage }) => sum + usage.cpu, this.#pastCpu);
  }

  #reasonOf(age: number, view: WorkerView | undefined): EndReason {
    switch (view?.state) {
      case 'booting':
        return 'boot';
      case 'aborting':
        return 'timeout';
      case 'ready':
      case 'retiring':
        return 'crash';
      default:
        return this.#causes.get(age) ?? 'order';
    }
  }
}
