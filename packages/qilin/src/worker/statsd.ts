/** What a worker, or a thread, tells a StatsD server each second: what it has answered, by Gunicorn's names. */
import type { Log } from '../contract/log.ts';
import type { StatsdMetric, StatsdSettings } from '../contract/statsd.ts';
import type { Milliseconds } from '../contract/units.ts';
import { StatsdSender } from '../observe/statsd-sender.ts';

const SENT_EVERY: Milliseconds = 1_000;
/** Durations that are told one by one: of more, so many by chance. */
const MOST_SAMPLES = 64;
const MOST_STATUS = 1_000;

export class Statsd {
  readonly #sender: Pick<StatsdSender, 'send' | 'close'>;
  readonly #timer: NodeJS.Timeout;
  readonly #statuses = new Uint32Array(MOST_STATUS);
  #durations: Milliseconds[] = [];
  #measured = 0;

  constructor(sender: Pick<StatsdSender, 'send' | 'close'>) {
    this.#sender = sender;
    this.#timer = setInterval(() => this.flush(), SENT_EVERY).unref();
  }

  /** Undefined where nobody is told. */
  static of(settings: StatsdSettings, log: Log): Statsd | undefined {
    return settings.statsdHost === null ? undefined : new Statsd(new StatsdSender(settings, log));
  }

  /** @param status 0 where there was none. */
  answered(status: number): void {
    const place = status < MOST_STATUS ? status : 0;
    this.#statuses[place] = (this.#statuses[place] ?? 0) + 1;
  }

  /** So many took so long. */
  took(duration: Milliseconds, count: number): void {
    this.#measured += count;
    if (this.#durations.length < MOST_SAMPLES) this.#durations.push(duration);
    else {
      // Each that was measured has the same chance to be told (Vitter's algorithm R).
      const place = Math.floor(Math.random() * this.#measured);
      if (place < MOST_SAMPLES) this.#durations[place] = duration;
    }
  }

  flush(): void {
    const metrics: StatsdMetric[] = [];
    let requests = 0;
    for (const [status, count] of this.#statuses.entries()) {
      requests += count;
      if (count > 0 && status > 0) metrics.push({ name: `request.status.${status}`, value: count, type: 'c' });
    }
    if (requests > 0) metrics.unshift({ name: 'requests', value: requests, type: 'c' });
    const rate = this.#measured === 0 ? 1 : Math.min(1, this.#durations.length / this.#measured);
    for (const duration of this.#durations)
      metrics.push({ name: 'request.duration', value: Math.round(duration * 1000) / 1000, type: 'ms', rate });
    this.#statuses.fill(0);
    this.#durations = [];
    this.#measured = 0;
    this.#sender.send(metrics);
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
    // What was just given is on its way by then.
    setImmediate(() => this.#sender.close());
  }
}
