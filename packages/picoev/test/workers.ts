/** Processes that share one listening socket, as a test gives them orders. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AcceptorStats } from '../src/index.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url));

interface Answer {
  readonly type: string;
  readonly stats: AcceptorStats;
  readonly errors: number;
  readonly cpu: NodeJS.CpuUsage;
}

interface WorkerOptions {
  /** The most descriptors that the process may have. */
  readonly descriptors?: number;
}

export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the worker accepts from `fd`. It answers each connection with `name`. */
  static async start(fd: number, name: string, { descriptors }: WorkerOptions = {}): Promise<Worker> {
    const node = [process.execPath, FIXTURE, name];
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
    const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...node], {
      stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'],
    });
    const worker = new Worker(child);
    await worker.told('ready');
    return worker;
  }

  /** The worker's next message of that type. */
  async told(type: string): Promise<Answer> {
    for (;;) {
      const [message] = (await once(this.#child, 'message')) as [Answer];
      if (message.type === type) return message;
    }
  }

  /** Gives an order and resolves with the figures after it. */
  async order(type: 'stats' | 'pause' | 'resume' | 'exhaust' | 'free'): Promise<Answer> {
    this.#child.send({ type });
    return await this.told('done');
  }

  /** Resolves when the worker's event loop stands still, for `milliseconds` from now. */
  async block(milliseconds: number): Promise<void> {
    this.#child.send({ type: 'block', argument: milliseconds });
    await this.told('blocking');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** Lets the worker close its acceptor; resolves with the exit status of its process. */
  async leave(): Promise<number | null> {
    const exit = once(this.#child, 'exit');
    this.#child.send({ type: 'leave' });
    const [status] = (await exit) as [number | null];
    return status;
  }
}
