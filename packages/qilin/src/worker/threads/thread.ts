/**
 * A thread from inside: loads its app, serves, drains, ends. `finished` resolves with the exit status for main.ts.
 *
 * booting → loaded → serving → draining → left; `leave` and `fail` lead to left from anywhere. Orders come in this order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { duplicateFd } from '@qilin/picoev';
import { bootLimit } from '../../contract/boot-limit.ts';
import { explain, QilinError, WORKER_BOOT_ERROR } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { AccessLog, AppHost } from '../../contract/worker-class.ts';
import { createAccessLog } from '../../observe/access-log.ts';
import { captureOutput } from '../../observe/capture-output.ts';
import { createLog } from '../../observe/error-log.ts';
import { loadWorkerClass } from '../classes/registry.ts';
import { LocalHost } from '../local-host.ts';
import { tellStall } from '../stall.ts';
import { Watchdog } from '../watchdog.ts';
import { printDirectly } from './direct-output.ts';
import type { ThreadOrder, ThreadReport, ThreadStart } from './messages.ts';

export class Thread {
  /** Resolves with the exit status, when there is nothing left to do. */
  readonly finished: Promise<number>;
  readonly #start: ThreadStart;
  readonly #tell: (report: ThreadReport) => void;
  #finish: (status: number) => void = () => {};
  #state: 'booting' | 'loaded' | 'serving' | 'draining' | 'left' = 'booting';
  #log: Log | undefined;
  #accessLog: AccessLog | null = null;
  #watchdog: Watchdog | undefined;
  #host: AppHost | undefined;
  #requests = 0;

  constructor(start: ThreadStart, tell: (report: ThreadReport) => void) {
    this.#start = start;
    this.#tell = tell;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  async boot(): Promise<void> {
    try {
      await this.#load();
      if (this.#state !== 'booting') return;
      this.#state = 'loaded';
      this.#tell({ type: 'loaded' });
    } catch (error) {
      this.#bootFailed(error);
    }
  }

  obey(order: ThreadOrder): void {
    switch (order.type) {
      case 'serve':
        void this.#serve();
        break;
      case 'drain':
        void this.#drain();
        break;
      case 'leave':
        void this.#leave(0);
        break;
      case 'reopenLogs':
        this.#log?.reopen();
        this.#accessLog?.reopen();
        break;
    }
  }

  /** An error that nobody caught: what is in flight may still be answered, but nothing new is begun. */
  async fail(error: unknown, origin: string): Promise<void> {
    if (this.#state === 'left') return;
    if (this.#state === 'booting' || this.#state === 'loaded') {
      this.#bootFailed(error);
      return;
    }
    const message = origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception';
    this.#log?.critical(`${message}, thread ${this.#start.number} of the worker ends: ${explain(error)}`);
    if (this.#state === 'draining') return;
    this.#tell({ type: 'failing' });
    await Promise.race([this.#drain(), pause(toMilliseconds(this.#start.config.gracefulTimeout))]);
    await this.#leave(1);
  }

  async #load(): Promise<void> {
    const { config, listeners } = this.#start;
    const log = createLog(config);
    this.#log = log;
    if (config.captureOutput) captureOutput(log);
    else printDirectly();
    this.#accessLog = createAccessLog(config, log);
    // The alarm is the process's: its main thread sets it.
    this.#watchdog = new Watchdog(
      () => this.#beat(),
      (stall) => tellStall(stall, config, `The event loop of thread ${this.#start.number}`),
      () => {},
    );
    this.#watchdog.watch(bootLimit(toMilliseconds(config.timeout)));

    const found = await loadWorkerClass(config);
    if (found.kind === 'host') throw new Error(`${config.workerClass} cannot serve in a thread`);
    const onRequest = config.maxRequests === 0 ? () => {} : () => this.#countRequest();
    // The class closes them when it drains; in this process others accept from the same sockets.
    const own = listeners.map(({ fd, address }) => ({ fd: duplicateFd(fd), address }));
    this.#host = new LocalHost(found.create, { config, listeners: own, log, accessLog: this.#accessLog, onRequest });
    await this.#host.load();
  }

  async #serve(): Promise<void> {
    if (this.#state !== 'loaded') return;
    try {
      await this.#host?.start();
      if (this.#state !== 'loaded') return;
      this.#state = 'serving';
      this.#watchdog?.watch(toMilliseconds(this.#start.config.timeout));
      this.#tell({ type: 'ready' });
    } catch (error) {
      this.#bootFailed(error);
    }
  }

  async #drain(): Promise<void> {
    if (this.#state !== 'serving') return;
    this.#state = 'draining';
    const drained = this.#host?.drain();
    this.#tell({ type: 'deaf' });
    await drained;
    this.#beat();
    this.#tell({ type: 'drained' });
  }

  async #leave(status: number): Promise<void> {
    if (this.#state === 'left') return;
    this.#state = 'left';
    this.#host?.stop();
    try {
      await this.#host?.shutdown();
    } catch (error) {
      this.#log?.error(`onShutdown threw: ${explain(error)}`);
    }
    this.#end(status);
  }

  #bootFailed(error: unknown): void {
    if (this.#state === 'left') return;
    this.#state = 'left';
    const code = error instanceof QilinError ? error.code : 'APP_FAILED';
    this.#tell({ type: 'bootFailed', code, text: explain(error) });
    this.#end(error instanceof QilinError ? error.exitStatus : WORKER_BOOT_ERROR);
  }

  #end(status: number): void {
    this.#accessLog?.flush();
    this.#log?.flush();
    this.#finish(status);
  }

  #beat(): void {
    if (this.#host !== undefined) this.#tell({ type: 'beat', stats: this.#host.stats() });
  }

  /** Told once for all requests of a turn of the event loop. */
  #countRequest(): void {
    this.#requests += 1;
    if (this.#requests > 1) return;
    setImmediate(() => {
      this.#tell({ type: 'requests', count: this.#requests });
      this.#requests = 0;
    });
  }
}
