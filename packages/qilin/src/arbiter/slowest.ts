/** The slowest requests of the last minutes, by route, of all workers. Bounded: some routes, in two halves of that time. */
import { SlowestByRoute, type SlowRequest, totalOf } from '../contract/slow-requests.ts';
import type { SlowStatus } from '../contract/status.ts';
import type { Milliseconds } from '../contract/units.ts';

/** So long is one known at the least, and at most twice as long. */
const HALF: Milliseconds = 150_000;
const MOST_ROUTES = 64;
/** That are told. */
const MOST = 20;

interface Dated extends SlowRequest {
  readonly at: Milliseconds;
}

export class Slowest {
  #now = new SlowestByRoute<Dated>(MOST_ROUTES);
  #before = new SlowestByRoute<Dated>(MOST_ROUTES);
  #since: Milliseconds;

  constructor(now: Milliseconds) {
    this.#since = now;
  }

  add(requests: readonly SlowRequest[], now: Milliseconds): void {
    this.#turn(now);
    for (const request of requests) this.#now.add({ ...request, at: now });
  }

  /** The slowest first. @param timeOf Of a moment, as it is told. */
  list(now: Milliseconds, timeOf: (moment: Milliseconds) => string): readonly SlowStatus[] {
    this.#turn(now);
    const both = new SlowestByRoute<Dated>(2 * MOST_ROUTES);
    for (const request of [...this.#before.all, ...this.#now.all]) both.add(request);
    const sorted = [...both.all].sort((one, other) => totalOf(other) - totalOf(one)).slice(0, MOST);
    return sorted.map((request) => statusOf(request, timeOf));
  }

  #turn(now: Milliseconds): void {
    if (now - this.#since < HALF) return;
    this.#before = now - this.#since < 2 * HALF ? this.#now : new SlowestByRoute<Dated>(MOST_ROUTES);
    this.#now = new SlowestByRoute<Dated>(MOST_ROUTES);
    this.#since = now;
  }
}

function statusOf(request: Dated, timeOf: (moment: Milliseconds) => string): SlowStatus {
  const { method, route, status, queue, app, writing } = request;
  return {
    method,
    route,
    status: status === 0 ? null : status,
    totalSeconds: totalOf(request) / 1000,
    queueSeconds: queue / 1000,
    appSeconds: app / 1000,
    writingSeconds: writing / 1000,
    at: timeOf(request.at),
  };
}
