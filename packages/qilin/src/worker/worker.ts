/**
 * A worker from inside: boots its app, serves, drains, leaves. It never exits the process itself; `finished` resolves with
 * the exit status for main.ts.
 *
 * waiting → booting → serving → draining → left; `quit` and `fail` lead to left from anywhere.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { bootLimit } from '../contract/boot-limit.ts';
import { explain, QilinError, WORKER_BOOT_ERROR } from '../contract/errors.ts';
import type { WorkerHooks, WorkerInfo } from '../contract/hooks.ts';
import type { Log } from '../contract/log.ts';
import type { ArbiterMessage, WorkerMessage } from '../contract/messages.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import type { AccessLog, AppHost } from '../contract/worker-class.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { captureOutput } from '../observe/capture-output.ts';
import { createLog } from '../observe/error-log.ts';
import { loadWorkerClass } from './classes/registry.ts';
import { loadHooks } from './hooks.ts';
import { LocalHost } from './local-host.ts';
import { tellStall } from './stall.ts';
import { Watchdog } from './watchdog.ts';

type Boot = Extract<ArbiterMessage, { type: 'boot' }>;

/** What `onShutdown` and the hooks may take at least, also after an uncaught error, a quick or a forced stop. */
const LAST_WORDS: Milliseconds = 1_000;

export class Worker {
  /** Resolves with the exit status, when there is nothing left to do. */
  readonly finished: Promise<number>;
  readonly #send: (message: WorkerMessage) => Promise<void>;
  #finish: (status: number) => void = () => {};
  #state: 'waiting' | 'booting' | 'serving' | 'draining' | 'left' = 'waiting';
  #config: WorkerConfig | undefined;
  #log: Log | undefined;
  #accessLog: AccessLog | null = null;
  #hooks: Partial<WorkerHooks> = {};
  #info: WorkerInfo | undefined;
  #host: AppHost | undefined;
  #requests = 0;

  constructor(send: (message: WorkerMessage) => Promise<void>) {
    this.#send = send;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  async boot(boot: Boot): Promise<void> {
    if (this.#state !== 'waiting') return;
    this.#state = 'booting';
    try {
      await this.#start(boot);
    } catch (error) {
      await this.#bootFailed(error);
    }
  }

  async #start({ config, listeners, age, generation }: Boot): Promise<void> {
    this.#config = config;
    process.title = `qilin: worker [${config.procName}]`;
    const log = createLog(config);
    this.#log = log;
    if (config.captureOutput) captureOutput(log);
    this.#accessLog = createAccessLog(config, log);
    this.#info = { pid: process.pid, age, generation, log };
    const watchdog = new Watchdog(
      () => this.#beat(),
      (stall) => tellStall(stall, config),
    );
    const timeout = toMilliseconds(config.timeout);
    watchdog.watch(bootLimit(timeout));
    this.#hooks = await loadHooks(config.config);
    await this.#hooks.postFork?.(this.#info);

    const found = await loadWorkerClass(config);
    const context = { config, listeners, log, accessLog: this.#accessLog, onRequest: this.#requestCounter(config) };
    this.#host = found.kind === 'host' ? found.create(context) : new LocalHost(found.create, context);
    await this.#host.load();
    await this.#hooks.postWorkerInit?.(this.#info);
    if (this.#state !== 'booting') return;
    await this.#host.start();
    this.#state = 'serving';
    watchdog.watch(timeout);
    await this.#send({ type: 'ready' });
  }

  /** SIGTERM, or the arbiter has gone: finish what is in flight, for at most `gracefulTimeout`. */
  async drain(reason: string): Promise<void> {
    if (this.#state === 'draining' || this.#state === 'left') return;
    const wasServing = this.#state === 'serving';
    const graceEnds = performance.now() + toMilliseconds(this.#config?.gracefulTimeout ?? 0);
    this.#state = 'draining';
    if (wasServing) {
      this.#log?.debug(`Worker drains: ${reason}`);
      await this.#drainHost();
    }
    await this.#leave(0, graceEnds - performance.now());
  }

  /** SIGINT or SIGQUIT: leave now, whatever is in flight. */
  async quit(): Promise<void> {
    await this.#leave(0);
  }

  /** SIGABRT: the arbiter has had no heartbeat for `timeout`. Runs only when the event loop turns after all. */
  async abort(): Promise<void> {
    await this.#callHook('workerAbort', this.#hooks.workerAbort);
    await this.#leave(1);
  }

  /** An error that nobody caught: what is in flight may still be answered, but nothing new is begun. */
  async fail(error: unknown, origin: string): Promise<void> {
    if (this.#state === 'left') return;
    const message = origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception';
    if (this.#state === 'waiting' || this.#state === 'booting') return this.#bootFailed(error);
    this.#log?.critical(`${message}, the worker leaves: ${explain(error)}`);
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    await this.#send({ type: 'retire', failed: true, reason: 'nobody caught an error in it' });
    await this.#drainHost();
    await this.#leave(1);
  }

  reopenLogs(): void {
    this.#log?.reopen();
    this.#accessLog?.reopen();
    this.#host?.reopenLogs();
  }

  async #drainHost(): Promise<void> {
    const limit = toMilliseconds(this.#config?.gracefulTimeout ?? 0);
    const drained = this.#host?.drain().then(() => true);
    const inTime = await Promise.race([drained, pause(limit, false)]);
    if (inTime === false) {
      const { connections } = this.#host?.stats() ?? { connections: 0 };
      this.#log?.warning(`Graceful timeout of ${limit / 1000} s has passed; connections closed: ${connections}`);
    }
  }

  async #leave(status: number, patience: Milliseconds = 0): Promise<void> {
    if (this.#state === 'left') return;
    this.#state = 'left';
    this.#host?.stop();
    await Promise.race([this.#lastWords(), pause(Math.max(patience, LAST_WORDS))]);
    this.#accessLog?.flush();
    this.#log?.flush();
    this.#finish(status);
  }

  async #lastWords(): Promise<void> {
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

  async #bootFailed(error: unknown): Promise<void> {
    if (this.#state === 'draining' || this.#state === 'left') return;
    this.#state = 'left';
    const code = error instanceof QilinError ? error.code : 'APP_FAILED';
    await this.#send({ type: 'bootFailed', code, text: explain(error) });
    this.#log?.flush();
    this.#finish(error instanceof QilinError ? error.exitStatus : WORKER_BOOT_ERROR);
  }

  /** Counts towards `maxRequests`, a random share of the jitter added so that not all workers retire at once. */
  #requestCounter({ maxRequests, maxRequestsJitter }: WorkerConfig): () => void {
    if (maxRequests === 0) return () => {};
    const limit = maxRequests + Math.floor(Math.random() * (maxRequestsJitter + 1));
    return () => {
      this.#requests += 1;
      if (this.#requests !== limit) return;
      void this.#send({ type: 'retire', failed: false, reason: `it has served ${limit} requests (maxRequests)` });
    };
  }

  #beat(): void {
    const stats = this.#host?.stats() ?? null;
    void this.#send({ type: 'heartbeat', silentFor: this.#host?.busyFor() ?? 0, stats });
  }
}
