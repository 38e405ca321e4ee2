/** The app in a worker class of the usual kind: one copy, loaded and served in this thread. */
import { interceptListen } from '../app/intercept.ts';
import { loadApp } from '../app/load.ts';
import type { App } from '../contract/app.ts';
import type { WorkerStats } from '../contract/stats.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { AppHost, HostContext, WorkerClass, WorkerClassFactory } from '../contract/worker-class.ts';

const NOTHING_YET: WorkerStats = { connections: 0, accepted: 0, requests: 0, wakeups: 0 };

export class LocalHost implements AppHost {
  readonly #create: WorkerClassFactory;
  readonly #context: HostContext;
  readonly #leaving = new AbortController();
  #app: App | undefined;
  #class: WorkerClass | undefined;

  constructor(create: WorkerClassFactory, context: HostContext) {
    this.#create = create;
    this.#context = context;
  }

  async load(): Promise<void> {
    const { config, listeners, log } = this.#context;
    const address = listeners[0]?.address ?? { kind: 'tcp', host: '127.0.0.1', port: 0 };
    const interception = interceptListen({ address });
    const app = await loadApp(config, { signal: this.#leaving.signal, interception, log });
    this.#app = app;
    this.#class = this.#create({ ...this.#context, app });
  }

  async start(): Promise<void> {
    await this.#class?.start();
  }

  async drain(): Promise<void> {
    await this.#class?.drain();
  }

  stop(): void {
    this.#class?.stop();
    this.#leaving.abort();
  }

  stats(): WorkerStats {
    return this.#class?.stats() ?? NOTHING_YET;
  }

  busyFor(): Milliseconds {
    return this.#class?.busyFor() ?? 0;
  }

  async shutdown(): Promise<void> {
    await this.#app?.onShutdown?.();
  }

  /** The worker, or the thread, has opened them all. */
  reopenLogs(): void {}
}
