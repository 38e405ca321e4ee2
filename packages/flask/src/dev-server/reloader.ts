/**
 * Starts the program anew when one of its files changes: this process watches, a child of the same command line serves. A
 * child that ends by itself, with a syntax error as often as not, is started again at the next change.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';

const CHILD = 'FLASK_RELOADER_CHILD';

const WATCHED = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json']);

/** An editor writes several files at once: one start is enough. In milliseconds. */
const SETTLE = 100;

/** Whether this process is the one that serves. */
export const isReloaderChild = (): boolean => process.env[CHILD] === 'true';

/** What is watched beside the sources, and what of them is not. */
export interface Watched {
  /** Files that the app reads: settings, templates elsewhere. */
  readonly extraFiles?: readonly string[] | undefined;
  /** Whole paths as the shell writes them, `*` for slashes too. */
  readonly excludePatterns?: readonly string[] | undefined;
}

/**
 * @param say tells the user what happens; resolves at SIGINT or SIGTERM, when the child has ended
 * @throws ConfigError for an extra file whose folder is not there
 */
export async function superviseReloads(
  folder: string,
  say: (line: string) => void,
  { extraFiles = [], excludePatterns = [] }: Watched = {},
): Promise<void> {
  const supervisor = new Supervisor(say);
  const onChange = settled((file) => supervisor.restart(file));
  const excluded = excludePatterns.map(patternOf);
  const watchers = [
    watchSources(folder, excluded, onChange),
    ...extraFiles.map((file) => watchFile(resolve(folder, file), onChange)),
  ];
  supervisor.start();
  await stopSignal();
  for (const watcher of watchers) watcher.close();
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

function watchSources(folder: string, excluded: readonly RegExp[], onChange: (file: string) => void): FSWatcher {
  return watch(folder, { recursive: true }, (_, file) => {
    if (file === null || !WATCHED.has(extname(file)) || /(?:^|[\\/])(?:node_modules|\.[^\\/]+)[\\/]/.test(file)) return;
    const path = resolve(folder, file);
    if (!excluded.some((pattern) => pattern.test(path))) onChange(file);
  });
}

/** By its folder: an editor puts another file in the place of the one that it saves. */
function watchFile(path: string, onChange: (file: string) => void): FSWatcher {
  try {
    return watch(dirname(path), (_, file) => {
      if (file === basename(path)) onChange(path);
    });
  } catch (cause) {
    throw new ConfigError(`extraFiles has ${path}, whose folder cannot be watched: name a file of one that is there.`, {
      cause,
    });
  }
}

function settled(onChange: (file: string) => void): (file: string) => void {
  let timer: NodeJS.Timeout | undefined;
  return (file) => {
    clearTimeout(timer);
    timer = setTimeout(() => onChange(file), SETTLE);
  };
}

/** A pattern of a shell for a whole path: `*`, `?`, `[abc]`, `[!abc]`. Python's `fnmatch.translate`. */
export function patternOf(pattern: string): RegExp {
  const source = pattern.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[^*?[]+|\[/g, (token: string, not = '', set = '') => {
    if (token.startsWith('*')) return '.*';
    if (token === '?') return '.';
    if (set !== '') return `[${not === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
