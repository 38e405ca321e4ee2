/** What the arbiter tells a StatsD server each second: what no worker knows of. */
import type { StatsdSettings } from '../contract/statsd.ts';
import type { Milliseconds } from '../contract/units.ts';
import { StatsdSender } from '../observe/statsd-sender.ts';
import { isServing } from './fleet.ts';
import type { Generations } from './generations.ts';
import { listenerQueues } from './listener-queues.ts';
import type { ArbiterState } from './state.ts';

const SENT_EVERY: Milliseconds = 1_000;

export class StatsdGauges {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  #sender: StatsdSender | undefined;
  /** With which it was made: a reload may bring others. */
  #settings: StatsdSettings | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(state: ArbiterState, generations: Generations) {
    this.#state = state;
    this.#generations = generations;
  }

  /** To be called at each tick. A server of nobody's sends nothing. */
  follow(now: Milliseconds): undefined {
    const { config, fleet, log } = this.#state;
    if (config !== this.#settings) {
      this.close();
      this.#settings = config;
      this.#sender = config.statsdHost === null ? undefined : new StatsdSender(config, log);
    }
    if (this.#sender === undefined || now - this.#sentAt < SENT_EVERY) return;
    this.#sentAt = now;
    const backlog = [...listenerQueues(this.#generations.sockets).values()].reduce((sum, waiting) => sum + waiting, 0);
    this.#sender.send([
      { name: 'workers', value: fleet.workers.filter(isServing).length, type: 'g' },
      { name: 'backlog', value: backlog, type: 'g' },
    ]);
  }

  close(): void {
    this.#sender?.close();
    this.#sender = undefined;
    this.#settings = undefined;
  }
}
