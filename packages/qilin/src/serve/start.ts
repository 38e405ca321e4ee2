/** Starts a worker class in this process, with all that a worker would give it. */
import type { Server as NodeServer } from 'node:net';
import { closeFd, listen } from '@qilin/picoev';
import { detect, onShutdownOf, unclear } from '../app/detect.ts';
import { ServedServer, unreferenced } from '../app/served-server.ts';
import { type Address, actualAddress, formatAddress, formatUrl } from '../contract/address.ts';
import type { App } from '../contract/app.ts';
import { explain, QilinError, reasonOf } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { Listener } from '../contract/messages.ts';
import { onceTasks } from '../contract/once.ts';
import { NO_STATS } from '../contract/stats.ts';
import { toMilliseconds } from '../contract/units.ts';
import type { AccessLog, WorkerClass, WorkerClassFactory } from '../contract/worker-class.ts';
import { openLightRoom } from '../http/light/door.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { createLog } from '../observe/error-log.ts';
import { addressFor } from '../settings/bind.ts';
import { type Config, loadSettings } from '../settings/merge.ts';
import { loadWorkerClass } from '../worker/classes/registry.ts';
import { logCutRequests } from '../worker/cut-requests.ts';
import { LivedLife } from '../worker/life.ts';
import type { News } from '../worker/life-terms.ts';
import { Milestone } from '../worker/milestone.ts';
import { logNews } from '../worker/news-log.ts';
import type { RunningServer, ServeOptions } from './types.ts';

/** As messages call an app that was handed over as a value. */
const APP = 'the app given to serve()';

/** Throws as `serve()` says. */
export async function startServer(value: unknown, options: ServeOptions): Promise<RunningServer> {
  const config = await configOf(options);
  const server = new ProgramServer(config, await appOf(value, config));
  await server.start();
  return server.handle();
}

/** The life of lifecycle.ts, and a program that is told by promises. Signals, exits and errors that nobody caught are the program's. */
class ProgramServer {
  readonly #config: Config;
  readonly #app: App;
  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #life: LivedLife;
  #listeners: readonly Listener[] = [];
  #class: WorkerClass | undefined;
  /** The program's own server, that believes to listen. */
  #served: NodeServer | undefined;
  readonly #ready = new Milestone();
  readonly #closed = new Milestone();

  constructor(config: Config, app: App) {
    this.#config = config;
    this.#app = app;
    const { log, accessLog } = openLogs(config);
    this.#log = log;
    this.#accessLog = accessLog;
    this.#life = new LivedLife({
      load: () => this.#load(),
      start: async () => {
        onceTasks().enter();
        await this.#class?.start();
      },
      drain: async (onQuiet, takesQueue) => {
        await Promise.all([this.#class?.drain(onQuiet, takesQueue), onceTasks().leave()]);
      },
      stop: () => this.#class?.stop(),
      deliver: async () => 0,
      sayLastWords: () => this.#sayLastWords(),
      tell: (news) => this.#tell(news),
      finish: () => this.#end(),
    });
  }

  /** Resolves when it accepts. */
  async start(): Promise<void> {
    this.#life.happen({ type: 'boot' });
    await this.#ready.reached;
  }

  handle(): RunningServer {
    const addresses = this.#listeners.map(({ address }) => address);
    const [first] = addresses;
    const closed = this.#closed.reached;
    return {
      addresses,
      url: first === undefined ? '' : formatUrl(first, this.#config.certfile === null ? 'http' : 'https'),
      closed,
      stats: () => this.#class?.stats() ?? NO_STATS,
      closeConnections: (which) => this.#closeConnections(which),
      close: () => {
        this.#drain();
        if (this.#served?.listening) this.#served.close();
        return closed;
      },
    };
  }

  #drain(): void {
    this.#class?.serverEnds?.();
    this.#life.happen({ type: 'drain', reason: 'close()', limit: toMilliseconds(this.#config.gracefulTimeout) });
  }

  #closeConnections(which: 'idle' | 'all'): void {
    this.#class?.closeConnections?.(which);
  }

  /** It tells the truth of its connections, and its `close()` is that of what serves it. One that listens already does so itself. */
  #adopt(server: NodeServer, address: Address): void {
    if (server.listening) return;
    this.#served = server;
    new ServedServer(server, address, {
      connections: () => this.#class?.stats().connections ?? 0,
      closed: async () => {
        if (this.#life.at === 'serving') {
          this.#drain();
          // As `close()` of Node's server does.
          this.#closeConnections('idle');
        }
        await this.#closed.reached;
      },
      close: (which) => this.#closeConnections(which),
      unreferenced: () => this.#log.info(unreferenced(APP)),
    }).listen();
  }

  async #load(): Promise<void> {
    const createClass = await classOf(this.#config);
    if (this.#app.kind === 'fetch') await openLightRoom();
    const listeners = openListeners(this.#config);
    try {
      this.#class = createClass({
        app: this.#app,
        config: this.#config,
        listeners,
        log: this.#log,
        accessLog: this.#accessLog,
        onRequest: () => {},
      });
    } catch (error) {
      for (const { fd } of listeners) closeFd(fd);
      throw error;
    }
    this.#listeners = listeners;
    const [first] = listeners;
    if (this.#app.kind === 'server' && first !== undefined) this.#adopt(this.#app.server, first.address);
  }

  #tell(news: News): void {
    switch (news.type) {
      case 'loaded':
        this.#life.happen({ type: 'serve' });
        break;
      case 'ready':
        this.#ready.reach();
        break;
      case 'bootFailed':
        this.#ready.fail(news.error);
        break;
      default:
        logNews(this.#log, news, {
          end: 'the server closes',
          gracefulTimeout: toMilliseconds(this.#config.gracefulTimeout),
          connections: () => this.#class?.stats().connections ?? 0,
        });
        if (news.type === 'overdue') logCutRequests(this.#log, this.#class?.requestsInHand?.() ?? []);
    }
  }

  async #sayLastWords(): Promise<void> {
    try {
      await this.#app.onShutdown?.();
    } catch (error) {
      this.#log.error(`onShutdown threw: ${explain(error)}`);
    }
  }

  #end(): void {
    this.#accessLog?.close();
    this.#log.close();
    this.#closed.reach();
  }
}

async function configOf(options: ServeOptions): Promise<Config> {
  // No config file and no environment: what the program says is all there is.
  const loaded = await loadSettings({ argv: ['--config', '', APP], env: {}, cwd: process.cwd(), options });
  if (!loaded.ok) throw loaded.errors[0] ?? new QilinError('SETTING_INVALID', 'serve() got invalid settings.');
  if (loaded.command !== 'serve') throw new QilinError('USAGE', `serve() cannot ${loaded.command}.`);
  return loaded.config;
}

async function classOf(config: Config): Promise<WorkerClassFactory> {
  const found = await loadWorkerClass(config);
  if (found.kind === 'class') return found.create;
  throw new QilinError(
    'SETTINGS_CONFLICT',
    `workerClass must be one that serves in this thread, as an app that is a value cannot go to others (got "${config.workerClass}").`,
  );
}

async function appOf(value: unknown, { interface: called }: Config): Promise<App> {
  const detected = detect(value, called, true);
  if (detected === undefined) throw unclear(value, called, APP);
  await detected.ready?.();
  return { ...detected.shape, name: APP, onShutdown: onShutdownOf(value) };
}

/** Opens both or none. */
function openLogs(config: Config): { readonly log: Log; readonly accessLog: AccessLog | null } {
  const log = createLog(config);
  try {
    return { log, accessLog: createAccessLog(config, log) };
  } catch (error) {
    log.close();
    throw error;
  }
}

/** Opens all addresses or none. */
function openListeners({ bind, backlog, reusePort }: Config): Listener[] {
  const listeners: Listener[] = [];
  try {
    for (const each of bind) {
      if (each.kind === 'named') throw new Error(`serve() is given no sockets by name (bind ${formatAddress(each)})`);
      // This process is the only worker.
      const address = addressFor(each, 1);
      if (address === undefined) continue;
      const fd = listen(address, { backlog, reusePort });
      listeners.push({ fd, address: actualAddress(fd, address) });
    }
  } catch (error) {
    for (const { fd } of listeners) closeFd(fd);
    throw new QilinError('BIND_FAILED', reasonOf(error));
  }
  return listeners;
}
