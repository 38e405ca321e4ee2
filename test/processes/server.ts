/** A real `qilin` for a test: started on a free port, heard by its log, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runningWith } from './process-table.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const command = join(repository, 'packages/qilin/bin/qilin.js');

/** In the environment of all that a server starts, so that nothing escapes a test. */
const MARK = 'QILIN_TEST_SERVER';
let started = 0;

/** All that this file has started; who tells of them forgets those that ended. */
export const servers = new Set<QilinProcess>();

/** How long anything may take before the test is failed with the log so far, in milliseconds. */
const PATIENCE = Number(process.env['QILIN_TEST_PATIENCE'] ?? 50) * 1_000;

interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The bind that is added to the arguments; null to add none. Default a free port of 127.0.0.1. */
  readonly bind?: string | null;
  /** Number of the user and group to run as; root's privilege. */
  readonly uid?: number;
  /** Descriptors to inherit: the first is 3. */
  readonly descriptors?: readonly number[];
  /** A command that is to start it, such as `unshare`. */
  readonly launcher?: readonly string[];
  /** What a user types for it, in the place of the file that Node is given: `npm start`. */
  readonly program?: readonly string[];
  /** How long anything may take that is waited for, in milliseconds. Default 50 s. */
  readonly patience?: number;
}

export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs `qilin` with these arguments until it exits by itself. */
export async function runQilin(
  args: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { output: string }> {
  await using server = new QilinProcess(args, { bind: null, ...options });
  const exit = await server.exited;
  return { ...exit, output: server.log };
}

/**
 * Starts `qilin` and waits until its workers are ready. On a loaded machine an event loop may get no turn for a second: that is told
 * only when a test asks for it, as others look for warnings.
 */
export async function startQilin(args: readonly string[], options: StartOptions = {}): Promise<QilinProcess> {
  const env = { QILIN_CMD_ARGS: '--stall-warning 0', ...options.env };
  const server = new QilinProcess(args, { ...options, env });
  try {
    await server.ready();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

export class QilinProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when all that write to its log have gone: after an upgrade, the last arbiter. */
  readonly exited: Promise<Exit>;
  /** Everything on stdout and stderr so far. */
  log = '';
  readonly #patience: number;
  readonly #mark = `${MARK}=${process.pid}.${++started}`;
  readonly #onLog = new Set<() => void>();

  constructor(args: readonly string[], options: StartOptions) {
    const { cwd = repository, env = {}, bind = '127.0.0.1:0', uid, descriptors = [], launcher = [] } = options;
    const { program = [process.execPath, command], patience = PATIENCE } = options;
    this.#patience = patience;
    const bound = bind === null ? [] : ['--bind', bind];
    const [file = '', ...words] = [...launcher, ...program, ...bound, ...args];
    this.child = spawn(file, words, {
      cwd,
      env: { ...cleanEnvironment(), ...env, [MARK]: this.#mark.slice(MARK.length + 1) },
      stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
      // As a service has it: a session without the terminal of whoever runs the tests, where WINCH would mean nothing.
      detached: true,
      ...(uid !== undefined && { uid, gid: uid }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
        for (const listener of this.#onLog) listener();
      });
    }
    this.exited = once(this.child, 'close').then(([status, signal]) => ({ status, signal }));
    servers.add(this);
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('qilin could not be started');
    return pid;
  }

  /** `http://127.0.0.1:PORT` of the first listener. */
  get url(): string {
    const url = /Listening at: (https?:\/\/[^\s,]+)/.exec(this.log)?.[1];
    if (url === undefined) throw new Error(`qilin does not listen:\n${this.log}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Pids of the workers that were booted so far, in order. */
  get workerPids(): number[] {
    return [...this.log.matchAll(/Booting worker with pid: (\d+)/g)].map((match) => Number(match[1]));
  }

  async ready(): Promise<void> {
    await this.logged(/Ready: /);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves with the match as soon as the log has it, from `from` on (an earlier `log.length`). */
  async logged(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.log.slice(from)), `${pattern} in the log`);
  }

  /** Resolves with the first result that is neither null nor undefined nor false; tried with each line of the log. */
  async until<T>(attempt: () => T | null | undefined | false, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(patience);
        this.#onLog.delete(look);
        finish();
      };
      const look = () => {
        const result = attempt();
        if (result !== null && result !== undefined && result !== false) settle(() => resolve(result));
      };
      const fail = (why: string) => settle(() => reject(new Error(`${why} before ${what}:\n${this.log}`)));
      const patience = setTimeout(() => fail(`${this.#patience / 1000} s passed`), this.#patience);
      this.#onLog.add(look);
      void this.exited.then(() => {
        look();
        fail('qilin exited');
      });
      look();
    });
  }

  /** TERM, and the exit that follows. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** Pids of what it started, itself included, and what still runs. Empty where there is no /proc. */
  get running(): number[] {
    return runningWith(this.#mark);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasExited) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGINT');
      const last = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(last);
    }
    // A successor after an upgrade, a daemon, or what a failed test has left.
    for (const pid of this.running) killIfThere(pid);
    await this.exited;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

/** Without what the test runner or the shell set for themselves. scripts/sanitize.mjs has options for each Node too. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, WEB_CONCURRENCY: _workers, PORT: _port, QILIN_CMD_ARGS: _args, ...rest } = process.env;
  const { SANITIZED_NODE_OPTIONS: options } = rest;
  return options === undefined ? rest : { ...rest, NODE_OPTIONS: options };
}

/** A new folder below the system's temporary one, removed at the end of the block. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'qilin-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
