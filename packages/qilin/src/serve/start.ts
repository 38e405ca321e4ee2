/** Starts a worker class in this process, with all that a worker would give it. */
import { setTimeout as pause } from 'node:timers/promises';
import { closeFd, listen } from '@qilin/picoev';
import { detect, onShutdownOf, unclear } from '../app/detect.ts';
import { actualAddress, formatUrl } from '../contract/address.ts';
import type { App } from '../contract/app.ts';
import { explain, QilinError } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { Listener } from '../contract/messages.ts';
import { toMilliseconds } from '../contract/units.ts';
import type { WorkerClass, WorkerClassFactory } from '../contract/worker-class.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { createLog } from '../observe/error-log.ts';
import { type Config, loadSettings } from '../settings/merge.ts';
import { loadWorkerClass } from '../worker/classes/registry.ts';
import type { RunningServer, ServeOptions } from './types.ts';

/** As messages call an app that was handed over as a value. */
const APP = 'the app given to serve()';

/** Throws as `serve()` says. */
export async function startServer(value: unknown, options: ServeOptions): Promise<RunningServer> {
  const config = await configOf(options);
  const app = await appOf(value, config);
  const log = createLog(config);
  const accessLog = createAccessLog(config, log);
  const createClass = await classOf(config);
  const listeners = openListeners(config);
  const workerClass = createClass({ app, config, listeners, log, accessLog, onRequest: () => {} });
  await workerClass.start();

  const shutDown = async (): Promise<void> => {
    await drain(workerClass, config, log);
    await callOnShutdown(app, log);
    accessLog?.flush();
    log.flush();
  };
  return handleOf(listeners, config, workerClass, shutDown);
}

function handleOf(
  listeners: readonly Listener[],
  config: Config,
  workerClass: WorkerClass,
  shutDown: () => Promise<void>,
): RunningServer {
  const addresses = listeners.map(({ address }) => address);
  const [first] = addresses;
  const scheme = config.certfile === null ? 'http' : 'https';
  let resolveClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  let closing: Promise<void> | undefined;
  return {
    addresses,
    url: first === undefined ? '' : formatUrl(first, scheme),
    closed,
    stats: () => workerClass.stats(),
    close: () => {
      closing ??= shutDown().then(resolveClosed);
      return closing;
    },
  };
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
  const detected = detect(value, called);
  if (detected === undefined) throw unclear(value, called, APP);
  await detected.ready?.();
  return { ...detected.shape, name: APP, onShutdown: onShutdownOf(value) };
}

/** Opens all addresses or none. */
function openListeners({ bind, backlog, reusePort }: Config): Listener[] {
  const listeners: Listener[] = [];
  try {
    for (const address of bind) {
      const fd = listen(address, { backlog, reusePort });
      listeners.push({ fd, address: actualAddress(fd, address) });
    }
  } catch (error) {
    for (const { fd } of listeners) closeFd(fd);
    throw new QilinError('BIND_FAILED', error instanceof Error ? error.message : String(error));
  }
  return listeners;
}

async function drain(workerClass: WorkerClass, { gracefulTimeout }: Config, log: Log): Promise<void> {
  const patience = new AbortController();
  const limit = pause(toMilliseconds(gracefulTimeout), 'late', { signal: patience.signal }).catch(() => 'drained');
  const outcome = await Promise.race([workerClass.drain().then(() => 'drained'), limit]);
  patience.abort();
  if (outcome === 'late') {
    log.warning(
      `Graceful timeout of ${gracefulTimeout} s has passed: ${workerClass.stats().connections} connections are closed`,
    );
  }
  workerClass.stop();
}

async function callOnShutdown(app: App, log: Log): Promise<void> {
  try {
    await app.onShutdown?.();
  } catch (error) {
    log.error(`onShutdown threw: ${explain(error)}`);
  }
}
