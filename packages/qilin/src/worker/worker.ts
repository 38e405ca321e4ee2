/**
 * A worker's process from inside: the life of lifecycle.ts, its app in the care of a host, and an arbiter that is told. It never
 * exits the process itself; `finished` resolves with the exit status for main.ts.
 */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { explain, QilinError } from '../contract/errors.ts';
import type { WorkerHooks, WorkerInfo } from '../contract/hooks.ts';
import type { Log } from '../contract/log.ts';
import { memoryBySpace } from '../contract/memory-spaces.ts';
import type { ArbiterMessage, WorkerMessage } from '../contract/messages.ts';
import { type OnceAsking, type OnceOrder, OnceTasks, openOnce } from '../contract/once.ts';
import type { WorkerUsage } from '../contract/stats.ts';
import { type Milliseconds, machineTime, toMilliseconds } from '../contract/units.ts';
import type { AccessLog, AppHost } from '../contract/worker-class.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { captureOutput } from '../observe/capture-output.ts';
import { createLog } from '../observe/error-log.ts';
import { statusSoFar } from './app-exits.ts';
import { loadWorkerClass } from './classes/registry.ts';
import { loadHooks } from './hooks.ts';
import type { Inspector } from './inspector.ts';
import { LivedLife } from './life.ts';
import { type LeaveSignal, type News, SERVER_CLOSED } from './life-terms.ts';
import { type Look, Looks } from './looks.ts';
import { MemoryBound } from './memory-bound.ts';
import { Milestone } from './milestone.ts';
import { logExit, logNews } from './news-log.ts';
import { residentMemory } from './resident-memory.ts';
import { beginAge, requestShare } from './shares.ts';
import { OF_THREAD } from './threads/messages.ts';
import { Watchdog } from './watchdog.ts';

type Boot = Extract<ArbiterMessage, { type: 'boot' }>;

/** The process around a worker. */
export interface WorkerProcess {
  /** Resolves when the message is on its way, or when there is nobody left to hear it. */
  send(message: WorkerMessage): Promise<void>;
  /** Calls the app's handlers of the signal; false when it has none. */
  callHandlers(signal: LeaveSignal): boolean;
  /** Resolves with the exit status when the app has nothing left to do. */
  whenIdle(): Promise<number>;
}

export class Worker {
  readonly #process: WorkerProcess;
  readonly #resident = residentMemory();
  readonly #life: LivedLife;
  readonly #finished = new Milestone<number>();
  #config: WorkerConfig | undefined;
  #log: Log | undefined;
  #accessLog: AccessLog | null = null;
  #watchdog: Watchdog | undefined;
  #hooks: Partial<WorkerHooks> = {};
  #info: WorkerInfo | undefined;
  #host: AppHost | undefined;
  #inspector: Inspector | undefined;
  #boot: Boot | undefined;
  #hasClosedServer = false;
  #retireCause: 'share' | 'memory' | undefined;
  #memory: MemoryBound | undefined;
  #lastMessage = Promise.resolve();
  #looks: Looks | undefined;
  /** Its app is in them, and not here. */
  #hasThreads = false;
  readonly #once = new OnceTasks(
    (message) => this.#send(message),
    (task, error) => this.#log?.error(`once ${JSON.stringify(task)} failed: ${explain(error)}`),
  );

  constructor(around: WorkerProcess) {
    this.#process = around;
    this.#life = new LivedLife({
      load: () => this.#load(),
      start: async () => this.#host?.start(),
      drain: async (onQuiet, takesQueue) => {
        this.#memory?.prepareSnapshot();
        await Promise.all([this.#host?.drain(onQuiet, takesQueue), this.#once.endAll()]);
      },
      stop: () => {
        void this.#once.endAll();
        this.#host?.stop();
      },
      deliver: (signal) => this.#haveTurn(signal),
      sayLastWords: () => this.#sayLastWords(),
      tell: (news) => this.#tell(news),
      finish: (status) => this.#end(status),
    });
  }

  /** Resolves with the exit status, when there is nothing left to do. */
  get finished(): Promise<number> {
    return this.#finished.reached;
  }

  boot(boot: Boot): void {
    this.#boot = boot;
    this.#life.happen({ type: 'boot' });
  }

  /**
   * Finish what is in flight, for at most `gracefulTimeout`. The app takes it for the signal.
   * @param isOwn the app has sent it to itself
   */
  drain(reason: string, signal: LeaveSignal, isOwn = false): void {
    this.#life.happen({ type: 'drain', reason, signal, isOwn, limit: this.#gracefulTimeout });
  }

  /** SIGINT or SIGQUIT: leave now, whatever is in flight. */
  quit(signal: LeaveSignal, isOwn: boolean): void {
    this.#memory?.dropSnapshot();
    this.#life.happen({ type: 'quit', signal, isOwn });
  }

  /** SIGABRT: the arbiter has had no heartbeat for `timeout`. Runs only when the event loop turns after all. */
  async abort(): Promise<void> {
    await this.#callHook('workerAbort', this.#hooks.workerAbort);
    this.#life.happen({ type: 'quit', status: 1 });
  }

  /** An error that nobody caught, in its async context: what is in flight may still be answered, but nothing new is begun. */
  fail(error: unknown, origin: string): void {
    this.#host?.failRequest?.();
    this.#life.happen({ type: 'failed', error, origin, limit: this.#gracefulTimeout });
  }

  /** The app calls `process.exit`. True: it may, as under node; else its wish is granted when the worker has drained. */
  mayExit(status: number, call: Error): boolean {
    if (!this.#life.mayExit) return false;
    if (this.#log !== undefined) logExit(this.#log, status, call, this.#connections);
    this.#flushLogs();
    return true;
  }

  exitAsked(status: number): void {
    this.#life.happen({ type: 'exitAsked', status });
  }

  /** The whole server ends, of which this worker is a part. */
  serverEnds(): void {
    this.#host?.serverEnds?.();
  }

  /** Of a task that the app has asked for, here or in a thread. */
  once(order: OnceOrder): void {
    if (order.id.includes(OF_THREAD)) this.#host?.once?.(order);
    else this.#once.obey(order);
  }

  /** An operator looks into it. */
  look(message: Look): void {
    this.#looks ??= new Looks((said) => this.#send(said));
    this.#looks.hear(message, this.#hasThreads);
  }

  /** Somebody asks for the metrics of the app's own. */
  async tellMetrics(scrape: number): Promise<void> {
    const { tellAppMetrics } = await import('./app-metrics.ts');
    await tellAppMetrics(
      scrape,
      (message) => this.#send(message),
      (text) => this.#log?.warning(text),
    );
  }

  reopenLogs(): void {
    this.#log?.reopen();
    this.#accessLog?.reopen();
    this.#host?.reopenLogs();
  }

  get #gracefulTimeout(): Milliseconds {
    return toMilliseconds(this.#config?.gracefulTimeout ?? 0);
  }

  get #connections(): number {
    return this.#host?.stats().connections ?? 0;
  }

  async #load(): Promise<void> {
    if (this.#boot === undefined) throw new Error('A worker boots with what its arbiter tells it.');
    const { listeners, age, generation, isOnTrial } = this.#boot;
    const config = isOnTrial ? this.#boot.config : { ...this.#boot.config, healthCheck: null };
    this.#config = config;
    process.title = `qilin: worker [${config.procName}]`;
    const log = createLog(config);
    this.#log = log;
    if (config.captureOutput) captureOutput(log, config);
    this.#accessLog = createAccessLog(config, log);
    this.#info = { pid: process.pid, age, generation, log };
    this.#watchdog = new Watchdog(() => this.#beat(), 0);
    this.#watchdog.watch({ silence: toMilliseconds(config.bootTimeout), stall: 0 });
    if (!this.#watchdog.tellsPlaces && age === 1) {
      log.warning(
        'This Node cannot be asked where JavaScript is: a worker that hangs is ended without its line being told',
      );
    }
    openOnce(this.#once);
    await this.#openInspector(config, log);
    this.#hooks = await loadHooks(config.config);
    await this.#hooks.postFork?.(this.#info);

    const found = await loadWorkerClass(config);
    const context = {
      config,
      listeners,
      startedAt: this.#boot.startedAt ?? machineTime() - performance.now(),
      log,
      accessLog: this.#accessLog,
      onRequest: requestShare(config, (reason) => this.#retire('share', reason)),
      onServerClosed: () => this.#serverClosed(),
      tellOnce: (message: OnceAsking) => this.#send(message),
    };
    this.#hasThreads = found.kind === 'host';
    if (found.kind === 'host') this.#host = found.create(context);
    else {
      // With all that finds and loads an app: threads have theirs.
      const { LocalHost } = await import('./local-host.ts');
      this.#host = new LocalHost(found.create, context);
    }
    this.#memory = new MemoryBound(config, log, this.#host);
    await this.#host.load();
    await this.#hooks.postWorkerInit?.(this.#info);
  }

  async #openInspector({ inspect, inspectBrk }: WorkerConfig, log: Log): Promise<void> {
    const address = inspectBrk ?? inspect;
    if (!address) return;
    const { Inspector } = await import('./inspector.ts');
    this.#inspector = new Inspector(address, log);
    await this.#inspector.open(address === inspectBrk);
  }

  #tell(news: News): void {
    if (news.type === 'draining') {
      this.#inspector?.close();
      this.#send({ type: 'leaving', reason: news.reason });
    }
    switch (news.type) {
      case 'loaded':
        this.#life.happen({ type: 'serve' });
        break;
      case 'ready':
        if (this.#config !== undefined) this.#watchdog?.watchServing(this.#config);
        this.#send({ type: 'ready' });
        this.#memory?.begin((cause, reason) => {
          if (cause === 'memory') this.#retire(cause, reason);
          else this.#leaveFull(reason);
        });
        if (this.#config !== undefined) beginAge(this.#config, (reason) => this.#retire('share', reason));
        break;
      case 'bootFailed': {
        const code = news.error instanceof QilinError ? news.error.code : 'APP_FAILED';
        this.#send({ type: 'bootFailed', code, text: explain(news.error) });
        break;
      }
      case 'retiring':
        this.#send({
          type: 'retire',
          cause: news.failed ? 'failure' : (this.#retireCause ?? 'share'),
          reason: news.reason,
        });
        break;
      default:
        if (this.#log !== undefined) logNews(this.#log, news, this.#subject);
        if (news.type === 'overdue') this.#host?.logCut();
    }
  }

  get #subject() {
    const connections = () => this.#connections;
    return { end: 'the worker leaves', gracefulTimeout: this.#gracefulTimeout, connections };
  }

  /** The app's own way to say that it has done its share. */
  #serverClosed(): void {
    this.#hasClosedServer = true;
    this.#retire('share', SERVER_CLOSED);
  }

  /** Asks for a successor, once: there may be more than one reason. */
  #retire(cause: 'share' | 'memory', reason: string): void {
    if (this.#retireCause !== undefined) return;
    this.#retireCause = cause;
    // With what it holds now: the arbiter looks for room for its successor.
    if (cause === 'memory') this.#beat();
    this.#life.happen({ type: 'retire', reason });
  }

  /** Not by the arbiter's order, which comes when its successor serves. */
  #leaveFull(reason: string): void {
    if (this.#life.at !== 'serving') return;
    this.#beat();
    this.#send({ type: 'retire', cause: 'full', reason });
    this.#life.happen({ type: 'drain', reason, signal: 'SIGTERM', isFull: true, limit: this.#gracefulTimeout });
  }

  async #haveTurn(signal: LeaveSignal | undefined): Promise<number> {
    const hasHandlers = signal !== undefined && this.#process.callHandlers(signal);
    return hasHandlers || this.#hasClosedServer ? this.#process.whenIdle() : statusSoFar();
  }

  #send(message: WorkerMessage): void {
    this.#lastMessage = this.#process.send(message);
  }

  async #sayLastWords(): Promise<void> {
    await this.#memory?.writeSnapshot(async () => {
      this.#watchdog?.watch({ silence: 0, stall: 0 });
      await this.#process.send({ type: 'snapshot' });
    });
    await this.#callHook('onShutdown', () => this.#host?.shutdown());
    await this.#callHook('workerExit', this.#hooks.workerExit);
  }

  async #callHook(name: string, hook: ((worker: WorkerInfo) => void | Promise<void>) | undefined): Promise<void> {
    if (hook === undefined || this.#info === undefined) return;
    try {
      await hook(this.#info);
    } catch (error) {
      this.#log?.error(`${name} threw: ${explain(error)}`);
    }
  }

  #end(status: number): void {
    this.#flushLogs();
    // What it has counted since the last sign of life.
    this.#beat();
    Promise.all([this.#lastMessage, this.#memory?.done]).then(() => this.#finished.reach(status));
  }

  #flushLogs(): void {
    this.#accessLog?.flush();
    this.#log?.flush();
  }

  #beat(): void {
    const [silentFor, stuckFor] = [this.#host?.busyFor() ?? 0, this.#host?.stuckFor() ?? 0];
    const stats = this.#host?.stats() ?? null;
    const slow = this.#host?.takeSlow?.() ?? [];
    this.#send({ type: 'heartbeat', silentFor, stuckFor, stats, usage: this.#usage(), slow });
  }

  #usage(): WorkerUsage {
    const { user, system } = process.cpuUsage();
    const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics();
    const spaces = memoryBySpace(getHeapSpaceStatistics(), external_memory);
    const resident = this.#resident();
    const lag = this.#watchdog?.lag ?? 0;
    return { cpu: (user + system) / 1000, resident, lag, heapUsed: used_heap_size, heapLimit: heap_size_limit, spaces };
  }
}
