/** Counts what befalls requests, and what V8's garbage costs, for `/metrics`. One for each thread that serves. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { measureQueue } from '@qilin/picoev';
import { isObject } from '../contract/fields.ts';
import {
  type Collection,
  DEADLINES,
  type Deadline,
  newTallyList,
  type TallyList,
  tallyPlace,
} from '../contract/tally.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';

/** The kernel is asked how long a request has waited: a microsecond, which a request of some five cannot have each time. */
const ASKED_EVERY = 32;

const KINDS = new Map<unknown, Collection>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak'],
]);

export class TallyCounter {
  readonly #list = Float64Array.from(newTallyList());
  readonly #waitedOf: (fd: number) => Milliseconds;
  /** The first is asked: one after a long silence is known too. */
  #untilAsked = 1;
  #observer: PerformanceObserver | undefined;

  constructor(waitedOf: (fd: number) => Milliseconds = measureQueue()) {
    this.#waitedOf = waitedOf;
  }

  /** Undefined where nobody can ask for it. */
  static of({ adminBind }: Pick<WorkerConfig, 'adminBind'>): TallyCounter | undefined {
    if (adminBind === null) return undefined;
    const counter = new TallyCounter();
    counter.#watchGarbage();
    return counter;
  }

  /** @param passed What the engine has counted itself of deadlines that have passed. */
  list(passed: Readonly<Partial<Record<Deadline, number>>> = {}): TallyList {
    const list = [...this.#list];
    for (const deadline of DEADLINES) {
      const place = tallyPlace.deadline(deadline);
      list[place] = (list[place] ?? 0) + (passed[deadline] ?? 0);
    }
    return list;
  }

  /** A request has just been found on this connection; not one that waited behind others there. */
  came(fd: number): void {
    this.#untilAsked -= 1;
    if (this.#untilAsked > 0) return;
    this.#untilAsked = ASKED_EVERY;
    const waited = Math.max(0, this.#waitedOf(fd));
    this.#add(tallyPlace.waited, waited);
    this.#add(tallyPlace.wait(waited / 1000));
  }

  passed(deadline: Deadline): void {
    this.#add(tallyPlace.deadline(deadline));
  }

  refused(status: number): void {
    this.#add(tallyPlace.refusal(status));
  }

  collected(kind: Collection, took: Milliseconds): void {
    this.#add(tallyPlace.collection(kind));
    this.#add(tallyPlace.collecting(kind), took);
  }

  close(): void {
    this.#observer?.disconnect();
  }

  #watchGarbage(): void {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const detail: unknown = 'detail' in entry ? entry.detail : undefined;
        const kind = KINDS.get(isObject(detail) ? detail['kind'] : undefined);
        if (kind !== undefined) this.collected(kind, entry.duration);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  #add(place: number, amount = 1): void {
    this.#list[place] = (this.#list[place] ?? 0) + amount;
  }
}
