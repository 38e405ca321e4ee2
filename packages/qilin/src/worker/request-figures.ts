/** What is counted of the requests of a worker, or of a thread: for `/metrics`, for `qilinctl slowest`, and for StatsD. */
import { NO_ANSWERS } from '../contract/answers.ts';
import type { Log } from '../contract/log.ts';
import type { SlowRequest } from '../contract/slow-requests.ts';
import type { WorkerStats } from '../contract/stats.ts';
import { type Deadline, NO_TALLY } from '../contract/tally.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import { AnswerCounter } from './answer-counter.ts';
import { type EndedRequest, SlowCollector } from './slow-collector.ts';
import { Statsd } from './statsd.ts';
import { TallyCounter } from './tally-counter.ts';

/** @typeParam Ended What the engine knows one by that is over. */
export class RequestFigures<Ended> {
  /** Undefined where nobody asks what was answered. */
  readonly answers: AnswerCounter<Ended> | undefined;
  /** Likewise. */
  readonly tally: TallyCounter | undefined;
  readonly #slow: SlowCollector<Ended>;
  readonly #statsd: Statsd | undefined;

  constructor(config: WorkerConfig, log: Log, describe: (ended: Ended) => EndedRequest | undefined) {
    const slow = new SlowCollector<Ended>(describe);
    this.#slow = slow;
    this.#statsd = Statsd.of(config, log);
    this.answers = AnswerCounter.of<Ended>(
      config,
      (ended, duration, now) => slow.offer(ended, duration, now),
      this.#statsd,
    );
    this.tally = TallyCounter.of(config);
  }

  /** @param passed What the engine has counted itself of deadlines that have passed. */
  lists(passed?: Readonly<Partial<Record<Deadline, number>>>): Pick<WorkerStats, 'answers' | 'tally'> {
    return { answers: this.answers?.list ?? NO_ANSWERS, tally: this.tally?.list(passed) ?? NO_TALLY };
  }

  takeSlow(): readonly SlowRequest[] {
    return this.#slow.take();
  }

  close(): void {
    this.tally?.close();
    this.#statsd?.close();
  }
}
