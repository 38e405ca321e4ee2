/** Event loops that stand still: told as it happens, known for `/status`, counted by place. */
import type { Log } from '../contract/log.ts';
import type { Frame, StallReport } from '../contract/stalls.ts';
import type { Milliseconds } from '../contract/units.ts';
import { formatFrame, ownFrames, toSources } from '../observe/js-places.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface StalledPlace {
  readonly at: string;
  readonly count: number;
  readonly total: Milliseconds;
  readonly longest: Milliseconds;
  /** When it was last over. */
  readonly last: Milliseconds;
}

/** Places that are counted; beyond that those where least time was lost are forgotten. */
const MOST_PLACES = 1_000;
const WORST = 10;
/** Of a worker: as many as it may have. */
const MOST_THREADS = 1_024;

const UNKNOWN = 'native code';

/** An event loop that stands still now. */
export interface StuckStack {
  /** 0 for the process's main one. */
  readonly thread: number;
  readonly stuckSeconds: number;
  /** The innermost call first. */
  readonly stack: readonly string[];
}

interface Stuck {
  readonly at: string;
  readonly stack: readonly Frame[];
  readonly since: Milliseconds;
}

type Worker = Pick<WorkerHandle, 'age' | 'pid'>;

export class Stalls {
  readonly #log: () => Log;
  /** Worker's age → thread → where it is stuck, and since when. */
  readonly #stuck = new Map<number, Map<number, Stuck>>();
  readonly #places = new Map<string, StalledPlace>();
  /** Of all places, forgotten ones too. */
  #all = { count: 0, time: 0 };

  constructor(log: () => Log) {
    this.#log = log;
  }

  /** Of the first of its threads that is stuck. */
  placeOf(age: number): string | undefined {
    return this.#stuck.get(age)?.values().next().value?.at;
  }

  /** Those that are over. */
  get all(): { readonly count: number; readonly time: Milliseconds } {
    return this.#all;
  }

  stacksOf(age: number): readonly StuckStack[] {
    const now = performance.now();
    return [...(this.#stuck.get(age) ?? [])].map(([thread, { since, stack }]) => ({
      thread,
      stuckSeconds: Math.round(now - since) / 1000,
      stack: stack.map(formatFrame),
    }));
  }

  /** The places where most time was lost, the worst first. */
  worst(): StalledPlace[] {
    return [...this.#places.values()].sort((a, b) => b.total - a.total).slice(0, WORST);
  }

  hear(worker: Worker, report: StallReport): void {
    if (report.type === 'stall') this.#begin(worker, report);
    else this.#end(worker, report.thread, report.lasted);
  }

  /** The worker has gone, out of its stall where it was in one. */
  forget({ age }: Worker): void {
    const now = performance.now();
    for (const { at, since } of this.#stuck.get(age)?.values() ?? []) this.#count(at, now - since);
    this.#stuck.delete(age);
  }

  #begin({ age, pid }: Worker, { thread, isLast, lasts, frames, maps }: Extract<StallReport, { type: 'stall' }>): void {
    const stack = toSources(frames, maps);
    const whose = `The event loop of ${nameOf(pid, thread)} has been blocked for ${inSeconds(lasts)}. It is at`;
    if (isLast) {
      this.#log().critical(`${whose}:\n${stack.map((frame) => `    at ${formatFrame(frame)}`).join('\n')}`);
      return;
    }
    const [place, caller] = ownFrames(stack);
    const from = caller === undefined ? '' : `, called from ${formatFrame(caller)}`;
    this.#log().warning(`${whose} ${place === undefined ? UNKNOWN : formatFrame(place)}${from}`);
    const threads = this.#stuck.get(age) ?? new Map<number, Stuck>();
    const at = place === undefined ? UNKNOWN : withoutColumn(place);
    if (threads.size >= MOST_THREADS) return;
    this.#stuck.set(age, threads.set(thread, { at, stack, since: performance.now() - lasts }));
  }

  #end({ age, pid }: Worker, thread: number, lasted: Milliseconds): void {
    const threads = this.#stuck.get(age);
    const place = threads?.get(thread)?.at;
    threads?.delete(thread);
    const where = place ?? `${UNKNOWN} that did not come back to JavaScript`;
    this.#log().warning(
      `The event loop of ${nameOf(pid, thread)} turns again: it was blocked for ${inSeconds(lasted)}, at ${where}`,
    );
    this.#count(place ?? UNKNOWN, lasted);
  }

  #count(at: string, lasted: Milliseconds): void {
    this.#all = { count: this.#all.count + 1, time: this.#all.time + lasted };
    const { count, total, longest } = this.#places.get(at) ?? { count: 0, total: 0, longest: 0 };
    this.#places.set(at, {
      at,
      count: count + 1,
      total: total + lasted,
      longest: Math.max(longest, lasted),
      last: performance.now(),
    });
    if (this.#places.size <= MOST_PLACES) return;
    const least = [...this.#places.values()].reduce((a, b) => (a.total <= b.total ? a : b));
    this.#places.delete(least.at);
  }
}

const nameOf = (pid: number, thread: number): string =>
  thread === 0 ? `worker ${pid}` : `thread ${thread} of worker ${pid}`;

const inSeconds = (time: Milliseconds): string => `${(time / 1000).toFixed(1)} s`;

/** Different columns of a line are one place. */
const withoutColumn = (frame: Frame): string => formatFrame(frame).replace(/:\d+(\)?)$/, '$1');
