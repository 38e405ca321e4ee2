/** Has the number of workers follow their load, where `workers` has bounds: autoscale.ts decides, by what the signs of life say. */
import type { Heartbeat } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import { autoscale, type Bounds, type Sample, UNSCALED } from './autoscale.ts';
import type { Crew } from './crew.ts';
import { isServing, wantedCount } from './fleet.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';

/** Signs of life come each second. */
const SAMPLE_EACH: Milliseconds = 1_000;

/** A sign of life, and when it came. */
interface Seen {
  readonly heartbeat: Heartbeat;
  readonly at: Milliseconds;
}

export class Scaler {
  readonly #state: ArbiterState;
  readonly #succession: Succession;
  readonly #crew: Crew;
  #scaling = UNSCALED;
  #sampledAt: Milliseconds = 0;
  /** Of each worker, at the last sample. */
  #seen: ReadonlyMap<number, Seen> = new Map();

  constructor(state: ArbiterState, succession: Succession, crew: Crew) {
    this.#state = state;
    this.#succession = succession;
    this.#crew = crew;
  }

  /** To be called at each tick. */
  follow(now: Milliseconds): undefined {
    const bounds = this.#state.config.workerBounds;
    if (bounds === null || this.#state.fleet.goal !== 'serve' || now - this.#sampledAt < SAMPLE_EACH) return;
    this.#sampledAt = now;
    const sample = this.#sample();
    if (sample !== undefined) this.#apply(sample, bounds, now);
  }

  #apply(sample: Sample, bounds: Bounds, now: Milliseconds): void {
    const { scaling, count } = autoscale(this.#scaling, sample, bounds, now);
    this.#scaling = scaling;
    if (count === sample.count) return;
    const busy = `busy ${Math.round(sample.busy * 100)} %, late by ${Math.round(sample.lag)} ms`;
    this.#state.log.info(
      `Autoscale: ${sample.count} → ${count} workers (${busy}; bounds ${bounds.min} to ${bounds.max})`,
    );
    this.#state.change({ type: 'scale', to: count });
  }

  /** Undefined where nobody has been heard anew. */
  #sample(): Sample | undefined {
    const { fleet, config } = this.#state;
    const serving = fleet.workers.filter((worker) => worker.generation === fleet.serving.number && isServing(worker));
    const seen = new Map<number, Seen>();
    const heard: { readonly busy: number; readonly lag: Milliseconds }[] = [];
    for (const { age, heartbeatAt } of serving) {
      const { heartbeat } = this.#crew.facts(age);
      if (heartbeat === undefined) continue;
      const at = heartbeatAt + heartbeat.silentFor;
      const last = this.#seen.get(age);
      seen.set(age, last?.heartbeat === heartbeat ? last : { heartbeat, at });
      if (last === undefined) continue;
      const silence = this.#crew.silenceOf({ age, heartbeatAt });
      if (last.heartbeat !== heartbeat)
        heard.push({ busy: busyShare(last, { heartbeat, at }, config.threads), lag: heartbeat.usage.lag });
      // One that is silent for longer than signs of life may be apart is not idle.
      else if (silence > 2 * SAMPLE_EACH) heard.push({ busy: 1, lag: silence - SAMPLE_EACH });
    }
    this.#seen = seen;
    const count = wantedCount(fleet);
    if (heard.length === 0) return count === 0 ? { count, busy: 0, lag: 0, isSteady: true } : undefined;
    const mean = (of: (one: (typeof heard)[number]) => number) =>
      heard.reduce((sum, one) => sum + of(one), 0) / heard.length;
    const isSteady = fleet.candidate === null && serving.length === count && !this.#succession.isUpgrading;
    return { count, busy: mean(({ busy }) => busy), lag: mean(({ lag }) => lag), isSteady };
  }
}

/** The time that it has worked, of that which has passed. */
function busyShare(before: Seen, now: Seen, threads: number): number {
  const passed = (now.at - before.at) * Math.max(1, threads);
  return passed <= 0 ? 0 : Math.min(1, (now.heartbeat.usage.cpu - before.heartbeat.usage.cpu) / passed);
}

/** Whether an operator asks for what autoscale would take back at once. None at all is for the operator alone to say. */
export function isBeyond(bounds: Bounds | null, count: number, to: number | 'more' | 'fewer'): boolean {
  if (bounds === null || to === 0) return false;
  const wanted = to === 'more' ? count + 1 : to === 'fewer' ? count - 1 : to;
  return wanted < bounds.min || wanted > bounds.max;
}
