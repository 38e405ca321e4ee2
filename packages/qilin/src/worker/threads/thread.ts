/**
 * A thread from inside: the life of lifecycle.ts, its app in the care of a host, and a worker that is told. `finished` resolves
 * with the exit status for main.ts.
 *
 * By intent unlike a process: it waits for the order to serve, as all threads of a worker begin together; its worker is the one
 * who loses patience; no signal reaches it, so handlers of signals are not called; the hooks are the worker's.
 */
import { duplicateFd } from '@qilin/picoev';
import { explain, QilinError } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import { OnceTasks, openOnce } from '../../contract/once.ts';
import { type Milliseconds, toMilliseconds } from '../../contract/units.ts';
import type { AccessLog, AppHost } from '../../contract/worker-class.ts';
import { createAccessLog } from '../../observe/access-log.ts';
import { captureOutput } from '../../observe/capture-output.ts';
import { createLog } from '../../observe/error-log.ts';
import { statusSoFar } from '../app-exits.ts';
import { loadWorkerClass } from '../classes/registry.ts';
import { writeSnapshot } from '../heap-snapshot.ts';
import { describeHeap, heapUse } from '../heap-use.ts';
import { LivedLife } from '../life.ts';
import { type News, SERVER_CLOSED } from '../life-terms.ts';
import { LocalHost } from '../local-host.ts';
import { watchMemory } from '../memory-watch.ts';
import { Milestone } from '../milestone.ts';
import { logExit, logNews } from '../news-log.ts';
import { Watchdog } from '../watchdog.ts';
import { printDirectly } from './direct-output.ts';
import type { ThreadOrder, ThreadReport, ThreadStart } from './messages.ts';

export class Thread {
  readonly #start: ThreadStart;
  readonly #report: (report: ThreadReport) => void;
  readonly #whenIdle: () => Promise<number>;
  readonly #life: LivedLife;
  readonly #finished = new Milestone<number>();
  #log: Log | undefined;
  #accessLog: AccessLog | null = null;
  #watchdog: Watchdog | undefined;
  #host: AppHost | undefined;
  #hasClosedServer = false;
  /** Where a snapshot of its heap is to go. */
  #snapshotFd: number | undefined;
  #requests = 0;
  readonly #once = new OnceTasks(
    (message) => this.#report(message),
    (task, error) => this.#log?.error(`once ${JSON.stringify(task)} failed: ${explain(error)}`),
  );

  /** @param idle resolves with the exit status when the app has nothing left to do */
  constructor(start: ThreadStart, report: (report: ThreadReport) => void, idle: () => Promise<number>) {
    this.#start = start;
    this.#report = report;
    this.#whenIdle = idle;
    this.#life = new LivedLife({
      load: () => this.#load(),
      start: async () => this.#host?.start(),
      drain: async (onQuiet, takesQueue) => {
        await Promise.all([this.#host?.drain(onQuiet, takesQueue), this.#once.endAll()]);
      },
      stop: () => {
        void this.#once.endAll();
        this.#host?.stop();
      },
      deliver: async () => (this.#hasClosedServer ? this.#whenIdle() : statusSoFar()),
      sayLastWords: () => this.#sayLastWords(),
      tell: (news) => this.#tell(news),
      finish: (status) => this.#end(status),
    });
  }

  /** Resolves with the exit status, when there is nothing left to do. */
  get finished(): Promise<number> {
    return this.#finished.reached;
  }

  boot(): void {
    this.#life.happen({ type: 'boot' });
  }

  obey(order: ThreadOrder): void {
    switch (order.type) {
      case 'serve':
        this.#life.happen({ type: 'serve' });
        break;
      case 'drain':
        this.#life.happen({ type: 'drain', reason: 'the worker says so', limit: order.limit });
        break;
      case 'serverEnds':
        this.#host?.serverEnds?.();
        break;
      case 'logCut':
        this.#host?.logCut();
        break;
      case 'leave':
        this.#snapshotFd = undefined;
        this.#life.happen({ type: 'quit' });
        break;
      case 'snapshot':
        this.#snapshotFd = order.fd;
        break;
      case 'reopenLogs':
        this.#log?.reopen();
        this.#accessLog?.reopen();
        break;
      case 'onceRun':
      case 'onceDone':
        this.#once.obey(order);
        break;
    }
  }

  /** An error that nobody caught, in its async context: what is in flight may still be answered, but nothing new is begun. */
  fail(error: unknown, origin: string): void {
    this.#host?.failRequest?.();
    this.#life.happen({ type: 'failed', error, origin, limit: this.#gracefulTimeout });
  }

  /** The app calls `process.exit`, which in a thread ends the thread. */
  mayExit(status: number, call: Error): boolean {
    if (!this.#life.mayExit) return false;
    if (this.#log !== undefined) logExit(this.#log, status, call, this.#connections);
    this.#flushLogs();
    return true;
  }

  exitAsked(status: number): void {
    this.#life.happen({ type: 'exitAsked', status });
  }

  get #gracefulTimeout(): Milliseconds {
    return toMilliseconds(this.#start.config.gracefulTimeout);
  }

  get #connections(): number {
    return this.#host?.stats().connections ?? 0;
  }

  async #load(): Promise<void> {
    const { config, listeners, startedAt } = this.#start;
    const log = createLog(config);
    this.#log = log;
    openOnce(this.#once);
    if (config.captureOutput) captureOutput(log, config);
    else printDirectly();
    this.#accessLog = createAccessLog(config, log);
    // The alarm is the process's: its main thread sets it.
    this.#watchdog = new Watchdog(
      () => this.#beat(),
      this.#start.number,
      () => {},
    );
    this.#watchdog.watch({ silence: toMilliseconds(config.bootTimeout), stall: 0 });

    const found = await loadWorkerClass(config);
    if (found.kind === 'host') throw new Error(`${config.workerClass} cannot serve in a thread`);
    this.#host = new LocalHost(found.create, {
      config,
      // The class closes them when it drains; in this process others accept from the same sockets.
      listeners: listeners.map(({ fd, address }) => ({ fd: duplicateFd(fd), address })),
      startedAt,
      log,
      accessLog: this.#accessLog,
      onRequest: config.maxRequests === 0 ? () => {} : () => this.#countRequest(),
      onServerClosed: () => this.#serverClosed(),
    });
    await this.#host.load();
  }

  #serverClosed(): void {
    this.#hasClosedServer = true;
    this.#life.happen({ type: 'retire', reason: SERVER_CLOSED });
  }

  #tell(news: News): void {
    switch (news.type) {
      case 'loaded':
      case 'deaf':
        this.#report(news);
        break;
      case 'ready':
        this.#watchdog?.watchServing(this.#start.config);
        this.#report(news);
        this.#watchHeap();
        break;
      case 'bootFailed': {
        const code = news.error instanceof QilinError ? news.error.code : 'APP_FAILED';
        this.#report({ type: 'bootFailed', code, text: explain(news.error) });
        break;
      }
      case 'retiring':
        this.#report({ type: 'retiring' });
        break;
      case 'drained':
        this.#beat();
        this.#report(news);
        break;
      case 'draining':
        break;
      default:
        if (this.#log !== undefined) this.#logNews(this.#log, news);
        if (news.type === 'overdue') this.#host?.logCut();
    }
  }

  #logNews(log: Log, news: News): void {
    logNews(log, news, {
      end: `thread ${this.#start.number} of the worker ends`,
      gracefulTimeout: this.#gracefulTimeout,
      connections: () => this.#connections,
    });
  }

  async #sayLastWords(): Promise<void> {
    if (this.#snapshotFd !== undefined) this.#writeSnapshot(this.#snapshotFd);
    try {
      await this.#host?.shutdown();
    } catch (error) {
      this.#log?.error(`onShutdown threw: ${explain(error)}`);
    }
  }

  /** What the process holds is the worker's to watch. */
  #watchHeap(): void {
    const { config, number } = this.#start;
    if (config.maxMemory === 0) return;
    watchMemory(Number.POSITIVE_INFINITY, config.heapLimit, (growth) => {
      const reason = `little is left of what V8 may have: ${describeHeap(heapUse())}`;
      if (growth === 'outgrown') {
        this.#log?.info(`Thread ${number} of the worker is being replaced: ${reason}`);
        this.#life.happen({ type: 'retire', reason });
      } else this.#life.happen({ type: 'drain', reason, isFull: true, limit: this.#gracefulTimeout });
    });
  }

  #writeSnapshot(fd: number): void {
    this.#watchdog?.watch({ silence: 0, stall: 0 });
    this.#report({ type: 'snapshot' });
    writeSnapshot(fd);
  }

  #end(status: number): void {
    this.#beat();
    this.#flushLogs();
    this.#finished.reach(status);
  }

  #flushLogs(): void {
    this.#accessLog?.flush();
    this.#log?.flush();
  }

  #beat(): void {
    if (this.#host === undefined) return;
    this.#report({ type: 'beat', stats: this.#host.stats(), heap: heapUse(), slow: this.#host.takeSlow?.() ?? [] });
  }

  /** Told once for all requests of a turn of the event loop. */
  #countRequest(): void {
    this.#requests += 1;
    if (this.#requests > 1) return;
    setImmediate(() => {
      this.#report({ type: 'requests', count: this.#requests });
      this.#requests = 0;
    });
  }
}
