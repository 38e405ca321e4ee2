/**
 * Starts the program anew when one of its files changes: this process watches, a child of the same command line serves. A
 * child that ends by itself, with a syntax error as often as not, is started again at the next change.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { extname } from 'node:path';

const CHILD = 'FLASK_RELOADER_CHILD';

const WATCHED = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json']);

/** An editor writes several files at once: one start is enough. In milliseconds. */
const SETTLE = 100;

/** Whether this process is the one that serves. */
export const isReloaderChild = (): boolean => process.env[CHILD] === 'true';

/** @param say tells the user what happens; resolves at SIGINT or SIGTERM, when the child has ended */
export async function superviseReloads(folder: string, say: (line: string) => void): Promise<void> {
  const supervisor = new Supervisor(say);
  const watcher = watchSources(folder, (file) => supervisor.restart(file));
  supervisor.start();
  await stopSignal();
  watcher.close();
  await supervisor.stop();
}

class Supervisor {
  readonly #say: (line: string) => void;
  #child: ChildProcess | undefined;
  #restarting: Promise<void> = Promise.resolve();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  start(): void {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      stdio: 'inherit',
      env: { ...process.env, [CHILD]: 'true' },
    });
    this.#child = child;
    child.once('exit', (status, signal) => {
      if (this.#child === child && signal === null && status !== 0) this.#say('It ended: waiting for a change.');
    });
  }

  /** One restart after the other. */
  restart(file: string): void {
    this.#restarting = this.#restarting.then(async () => {
      this.#say(`${file} has changed: starting anew`);
      await this.stop();
      this.start();
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

function watchSources(folder: string, onChange: (file: string) => void): FSWatcher {
  let settled: NodeJS.Timeout | undefined;
  return watch(folder, { recursive: true }, (_, file) => {
    if (file === null || !WATCHED.has(extname(file)) || /(?:^|[\\/])(?:node_modules|\.[^\\/]+)[\\/]/.test(file)) return;
    clearTimeout(settled);
    settled = setTimeout(() => onChange(file), SETTLE);
  });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
