/** Collects the slowest requests of a worker, or a thread, until they are told. Invariant: bounded, whatever clients ask for. */
import { measureQueue } from '@qilin/picoev';
import { foldPath, MOST_TOLD, SlowestByRoute, type SlowRequest } from '../contract/slow-requests.ts';
import type { Milliseconds } from '../contract/units.ts';

/** One that is over, as its engine knows it. */
export interface EndedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** Where the app has told. */
  readonly route: string | undefined;
  readonly status: number;
  readonly cameAt: Milliseconds;
  /** Undefined, or 0, where the answer began when it was over. */
  readonly beganAt: Milliseconds | undefined;
  /** -1 where it is gone. */
  readonly fd: number;
}

/**
 * In each slot of time the first is looked at, and what is twice as slow as that: in a worker that is overloaded all are slow, and the look at
 * one costs as much as a request.
 */
const SLOT: Milliseconds = 20;

/** @typeParam Ended What the engine knows one by that is over. */
export class SlowCollector<Ended = never> {
  readonly #describe: (ended: Ended) => EndedRequest | undefined;
  readonly #waitedOf: (fd: number) => Milliseconds;
  readonly #slowest = new SlowestByRoute(MOST_TOLD);
  #slotEnds: Milliseconds = 0;
  #slowestInSlot: Milliseconds = 0;

  constructor(
    describe: (ended: Ended) => EndedRequest | undefined,
    waitedOf: (fd: number) => Milliseconds = queueOf(),
  ) {
    this.#describe = describe;
    this.#waitedOf = waitedOf;
  }

  /** One has just come to its end, after so long. */
  offer(ended: Ended, duration: Milliseconds, now: Milliseconds): void {
    if (now < this.#slotEnds && duration <= 2 * this.#slowestInSlot) return;
    if (now >= this.#slotEnds) this.#slotEnds = now + SLOT;
    this.#slowestInSlot = duration;
    const described = this.#describe(ended);
    if (described !== undefined) this.add(described, now);
  }

  /** @param now When it was over. */
  add({ method, target, route, status, cameAt, beganAt, fd }: EndedRequest, now: Milliseconds): void {
    const took = Math.max(0, now - cameAt);
    const begun = beganAt ? Math.min(now, Math.max(cameAt, beganAt)) : now;
    const writing = now - begun;
    // The kernel tells how long ago the client's last bytes came: before the request was looked at, they waited.
    const queue = fd < 0 ? 0 : Math.max(0, this.#waitedOf(fd) - took);
    this.#slowest.add({
      method,
      route: route ?? foldPath(target),
      status,
      queue: Math.round(queue),
      app: Math.round(took - writing),
      writing: Math.round(writing),
    });
  }

  /** What has come together since the last time. */
  take(): readonly SlowRequest[] {
    const { all } = this.#slowest;
    if (all.length > 0) this.#slowest.clear();
    return all;
  }
}

/** Elsewhere than on Linux, the queue is known for a turn of the loop alone, which is over. */
const queueOf = (): ((fd: number) => Milliseconds) => (process.platform === 'linux' ? measureQueue() : () => 0);
