/** The app in a worker class of the usual kind: one copy, loaded and served in this thread. */
import { interceptListen } from '../app/intercept.ts';
import { loadApp } from '../app/load.ts';
import { unreferenced } from '../app/served-server.ts';
import type { Address } from '../contract/address.ts';
import type { App } from '../contract/app.ts';
import { QilinError } from '../contract/errors.ts';
import { type HealthCheck, OWN_HEALTH_CHECK } from '../contract/health-check.ts';
import type { SlowRequest } from '../contract/slow-requests.ts';
import { NO_STATS, type WorkerStats } from '../contract/stats.ts';
import type { Traffic } from '../contract/traffic.ts';
import { type Milliseconds, machineTime, toMilliseconds } from '../contract/units.ts';
import type { AppHost, HostContext, WorkerClass, WorkerClassFactory } from '../contract/worker-class.ts';
import { openLightRoom } from '../http/light/door.ts';
import { logCutRequests } from './cut-requests.ts';
import { loadHealthCheck } from './hooks.ts';
import { Milestone } from './milestone.ts';

const NOWHERE: Address = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** What is left of `bootTimeout` for words of why the app is not ready, before the arbiter ends the worker without any. */
const SHARE_OF_WORDS = 0.1;
const LONGEST_SHARE: Milliseconds = 1_000;

/** @param age It has been counted for so long: on a slow machine a process takes its time before it is there. */
function patienceFor(bootTimeout: Milliseconds, age: Milliseconds): Milliseconds | undefined {
  if (bootTimeout === 0) return undefined;
  return Math.max(0, bootTimeout - Math.min(bootTimeout * SHARE_OF_WORDS, LONGEST_SHARE) - age);
}

async function checkOf(setting: string, configFile: string | null): Promise<string | HealthCheck> {
  if (setting !== OWN_HEALTH_CHECK) return setting;
  const check = await loadHealthCheck(configFile);
  if (check !== undefined) return check;
  throw new QilinError('HEALTH_CHECK', `healthCheck was a function, and is none in ${configFile} any more.`);
}

export class LocalHost implements AppHost {
  readonly #create: WorkerClassFactory;
  readonly #context: HostContext;
  readonly #leaving = new AbortController();
  readonly #traffic: Traffic;
  #app: App | undefined;
  #class: WorkerClass | undefined;
  #state: 'loading' | 'serving' | 'draining' | 'drained' = 'loading';
  readonly #drained = new Milestone();

  constructor(create: WorkerClassFactory, context: HostContext) {
    this.#create = create;
    this.#context = context;
    this.#traffic = {
      connections: () => this.stats().connections,
      closed: () => this.#serverClosed(),
      close: (which) => {
        if (this.#state === 'serving') this.#class?.closeConnections?.(which);
      },
      unreferenced: () => this.#context.log.info(unreferenced(this.#app?.name ?? 'The app')),
    };
  }

  async load(): Promise<void> {
    const { config, listeners, log, startedAt } = this.#context;
    const [first = NOWHERE, ...others] = listeners.map(({ address }) => address);
    const interception = interceptListen({ addresses: [first, ...others], traffic: this.#traffic, log });
    const app = await loadApp(config, {
      signal: this.#leaving.signal,
      interception,
      patience: patienceFor(toMilliseconds(config.bootTimeout), machineTime() - startedAt),
      log,
    });
    this.#app = app;
    if (app.kind === 'fetch') await openLightRoom();
    if (config.healthCheck !== null) {
      // Most workers never ask.
      const { checkHealth } = await import('./node-http/health-check.ts');
      await checkHealth(app, await checkOf(config.healthCheck, config.config), config, log);
    }
    this.#class = this.#create({ ...this.#context, app });
    if (app.kind === 'server') interception.adopt(app.server);
  }

  async start(): Promise<void> {
    await this.#class?.start();
    if (this.#state === 'loading') this.#state = 'serving';
  }

  async drain(onQuiet: () => void, takesQueue: boolean): Promise<void> {
    this.#state = 'draining';
    await this.#class?.drain(onQuiet, takesQueue);
    this.#becomeDrained();
  }

  serverEnds(): void {
    this.#class?.serverEnds?.();
  }

  failRequest(): void {
    this.#class?.failRequest?.();
  }

  stop(): void {
    try {
      this.#class?.stop();
    } finally {
      this.#becomeDrained();
      this.#leaving.abort();
    }
  }

  stats(): WorkerStats {
    return this.#class?.stats() ?? NO_STATS;
  }

  takeSlow(): readonly SlowRequest[] {
    return this.#class?.takeSlow?.() ?? [];
  }

  stuckFor(): Milliseconds {
    return this.busyFor();
  }

  busyFor(): Milliseconds {
    return this.#class?.busyFor() ?? 0;
  }

  async shutdown(): Promise<void> {
    await this.#app?.onShutdown?.();
  }

  logCut(): void {
    logCutRequests(this.#context.log, this.#class?.requestsInHand?.() ?? []);
  }

  /** The worker, or the thread, has opened them all. */
  reopenLogs(): void {}

  #becomeDrained(): void {
    this.#state = 'drained';
    this.#drained.reach();
  }

  /** One that closes its server for a reason of its own is replaced, as it will take no more; until then it is served. */
  async #serverClosed(): Promise<void> {
    if (this.#state === 'loading') return;
    if (this.#state === 'serving') this.#context.onServerClosed();
    await this.#drained.reached;
  }
}
