/**
 * The threads of a worker: as many as the setting says, each replaced alone when it fails. What a worker is to its arbiter, a
 * thread is to its worker, with the same rules: the first start must succeed, later failures are tried again ever later.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { closeFd } from '@qilin/picoev';
import { backoff, WELL_AFTER } from '../../contract/backoff.ts';
import { explain } from '../../contract/errors.ts';
import type { OnceOrder } from '../../contract/once.ts';
import { MOST_TOLD, SlowestByRoute, type SlowRequest } from '../../contract/slow-requests.ts';
import { addStats, type HeapUse, NO_STATS, type WorkerStats } from '../../contract/stats.ts';
import { type Milliseconds, machineTime, toMilliseconds } from '../../contract/units.ts';
import type { AppHost, HostContext } from '../../contract/worker-class.ts';
import { beatInterval } from '../watchdog.ts';
import { OF_THREAD, type ThreadOrder, type ThreadReport } from './messages.ts';
import { threadConfig } from './thread-config.ts';
import { ThreadHandle } from './thread-handle.ts';

/** The main thread itself was not running (SIGSTOP, a suspended machine) when its looks are so much later than planned. */
const AWAY: Milliseconds = 1_000;

/** A thread that its watchdog has interrupted at its limit has this long to tell where it is. */
const TELLING: Milliseconds = 200;

/** A terminated thread that has not ended by then hangs in native code: only the end of the process ends it. */
const STUCK_AFTER: Milliseconds = 1_000;

/** One of the places that are to be filled. */
interface Place {
  readonly index: number;
  /** The thread that fills it, or is about to; undefined while it is to be replaced. */
  thread: ThreadHandle | undefined;
  /** Unplanned ends in a row. */
  failures: number;
}

export class ThreadPool implements AppHost {
  readonly #context: HostContext;
  readonly #places: readonly Place[];
  /** All that run, with those that are on their way out. */
  readonly #threads = new Set<ThreadHandle>();
  /** Aborted when no thread is to be replaced any more. */
  readonly #leaving = new AbortController();
  #started = 0;
  /** When a thread that serves last showed that its event loop turns. */
  #heardAt: Milliseconds = performance.now();
  /** Counts of the threads that have ended. */
  #past: WorkerStats = NO_STATS;
  #listenersClosed = false;
  readonly #slow = new SlowestByRoute(MOST_TOLD);

  constructor(context: HostContext) {
    this.#context = context;
    this.#places = Array.from({ length: context.config.threads }, (_, index) => {
      return { index, thread: undefined, failures: 0 };
    });
  }

  /** All at once: one after the other they took as many times as long. A broken app fails in each; the first is told. */
  async load(): Promise<void> {
    this.#watch();
    await Promise.all(this.#places.map((place) => this.#launch(place, this.#context.startedAt).loaded));
  }

  async start(): Promise<void> {
    for (const thread of this.#threads) thread.order({ type: 'serve' });
    await Promise.all([...this.#threads].map(({ ready }) => ready));
  }

  async drain(): Promise<void> {
    this.#leaving.abort();
    this.#dismiss({ type: 'drain', limit: Number.POSITIVE_INFINITY });
    const threads = [...this.#threads];
    void Promise.all(threads.map(({ deaf }) => deaf)).then(() => this.#closeListeners());
    await Promise.all(threads.map(({ drained }) => drained));
  }

  serverEnds(): void {
    for (const thread of this.#threads) thread.order({ type: 'serverEnds' });
  }

  stop(): void {
    this.#leaving.abort();
    this.#dismiss({ type: 'leave' });
  }

  /** One that has yet to become ready answers nobody, and would go on to tell of a start that nobody waits for any more. */
  #dismiss(order: ThreadOrder): void {
    for (const thread of this.#threads) {
      if (thread.readyAt === undefined) thread.terminate();
      else thread.order(order);
    }
  }

  once(order: OnceOrder): void {
    const [number, id = ''] = order.id.split(OF_THREAD);
    for (const thread of this.#threads) if (String(thread.number) === number) thread.order({ ...order, id });
  }

  logCut(): void {
    for (const thread of this.#threads) thread.order({ type: 'logCut' });
  }

  async shutdown(): Promise<void> {
    await Promise.all([...this.#threads].map(({ ended }) => ended));
    this.#closeListeners();
  }

  reopenLogs(): void {
    for (const thread of this.#threads) thread.order({ type: 'reopenLogs' });
  }

  heaps(): readonly (readonly [name: string, heap: HeapUse])[] {
    return this.#byHeap().flatMap(({ number, heap }) => (heap === undefined ? [] : [[`thread ${number}`, heap]]));
  }

  async writeSnapshot(fd: number): Promise<void> {
    const [largest] = this.#byHeap();
    largest?.order({ type: 'snapshot', fd });
    await largest?.ended;
  }

  /** The largest first. */
  #byHeap(): readonly ThreadHandle[] {
    return [...this.#threads].sort((a, b) => (b.heap?.used ?? 0) - (a.heap?.used ?? 0));
  }

  takeSlow(): readonly SlowRequest[] {
    const { all } = this.#slow;
    this.#slow.clear();
    return all;
  }

  stats(): WorkerStats {
    return [...this.#threads].reduce((sum, { stats }) => addStats(sum, stats), this.#past);
  }

  /** A thread that will not end keeps its connections and its memory: then the worker as a whole counts as silent. */
  busyFor(): Milliseconds {
    const now = performance.now();
    const stuck = [...this.#threads].filter(
      ({ terminatedAt }) => terminatedAt !== undefined && now - terminatedAt >= STUCK_AFTER,
    );
    return Math.max(0, ...stuck.map(({ heardAt }) => now - heardAt));
  }

  stuckFor(): Milliseconds {
    return performance.now() - this.#heardAt;
  }

  #launch(place: Place, startedAt = machineTime()): ThreadHandle {
    const { config, listeners } = this.#context;
    this.#started += 1;
    const start = { number: this.#started, config: threadConfig(config, place.index), listeners, startedAt };
    const thread = new ThreadHandle(start, {
      onSlow: (requests) => {
        for (const request of requests) this.#slow.add(request);
      },
      onReport: (reporter, report) => this.#hear(place, reporter, report),
      onEnd: (ended, how) => this.#forget(place, ended, how),
    });
    this.#threads.add(thread);
    place.thread = thread;
    return thread;
  }

  #hear(place: Place, thread: ThreadHandle, report: ThreadReport): void {
    if (thread.readyAt !== undefined) this.#heardAt = thread.heardAt;
    if (report.type === 'retiring') this.#replace(place, thread);
    if (report.type === 'onceAsk' || report.type === 'onceLet') {
      const id = `${thread.number}${OF_THREAD}${report.id}`;
      if (report.type === 'onceAsk') thread.asked.add(id);
      else if (report.end !== 'failed') thread.asked.delete(id);
      this.#context.tellOnce?.({ ...report, id });
    }
    if (report.type !== 'requests') return;
    for (let request = 0; request < report.count; request++) this.#context.onRequest();
  }

  #forget(place: Place, thread: ThreadHandle, how: string): void {
    this.#threads.delete(thread);
    for (const id of thread.asked) this.#context.tellOnce?.({ type: 'onceLet', id, end: 'left' });
    this.#past = addStats(this.#past, { ...thread.stats, connections: 0 });
    const isUnplanned = place.thread === thread && thread.readyAt !== undefined && !this.#leaving.signal.aborted;
    if (isUnplanned) this.#context.log.error(`Thread ${thread.number} of the worker ended ${how}`);
    this.#replace(place, thread);
  }

  /** Without effect for a thread that has been replaced, or has yet to become ready: who launched that one waits for it. */
  #replace(place: Place, thread: ThreadHandle): void {
    if (place.thread !== thread || thread.readyAt === undefined || this.#leaving.signal.aborted) return;
    place.thread = undefined;
    if (performance.now() - thread.readyAt >= WELL_AFTER) place.failures = 0;
    void this.#refill(place, thread);
  }

  async #refill(place: Place, before: ThreadHandle): Promise<void> {
    const { log } = this.#context;
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      place.failures += 1;
      const delay = backoff(place.failures);
      if (delay > 0) log.info(`Next thread in ${delay / 1000} s`);
      await pause(delay, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#bring(place);
        // It may have served until now. One that has failed drains already, or has ended.
        before.order({ type: 'drain', limit: toMilliseconds(this.#context.config.gracefulTimeout) });
        return;
      } catch (error) {
        if (!signal.aborted) log.error(explain(error));
      }
    }
  }

  async #bring(place: Place): Promise<void> {
    const thread = this.#launch(place);
    await thread.loaded;
    thread.order({ type: 'serve' });
    await thread.ready;
    this.#context.log.info(`Thread ${thread.number} of the worker is ready`);
  }

  /** Ends each thread that is silent for too long, while the others serve on. */
  #watch(): void {
    const timeout = toMilliseconds(this.#context.config.timeout);
    const bootTimeout = toMilliseconds(this.#context.config.bootTimeout);
    const interval = Math.min(beatInterval(timeout), beatInterval(bootTimeout));
    let lookedAt: Milliseconds = performance.now();
    const look = () => {
      const now = performance.now();
      const wasAway = now - lookedAt > interval + AWAY;
      lookedAt = now;
      if (wasAway) this.#heardAt = now;
      for (const thread of this.#threads) {
        if (wasAway) thread.heardAt = now;
        const limit = thread.readyAt === undefined ? bootTimeout : timeout;
        const isSilent = limit > 0 && !thread.isWriting && now - thread.heardAt >= limit + TELLING;
        if (isSilent && thread.terminatedAt === undefined) this.#endSilent(thread, now - thread.heardAt, limit);
      }
    };
    // Behind what the threads have said meanwhile: an event loop that was held up runs its timers first.
    setInterval(() => setImmediate(look), interval).unref();
  }

  #endSilent(thread: ThreadHandle, silent: Milliseconds, limit: Milliseconds): void {
    const [been, allowed] = [(silent / 1000).toFixed(1), limit / 1000];
    this.#context.log.critical(
      `THREAD TIMEOUT (thread ${thread.number}): no heartbeat for ${been} s (timeout ${allowed} s)`,
    );
    thread.terminate();
    // Not at its end: it may hang in native code.
    const place = this.#places.find((each) => each.thread === thread);
    if (place !== undefined) this.#replace(place, thread);
  }

  #closeListeners(): void {
    if (this.#listenersClosed) return;
    this.#listenersClosed = true;
    for (const { fd } of this.#context.listeners) closeFd(fd);
  }
}
