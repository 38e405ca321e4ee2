/** A worker as the arbiter sees it: a child process, what it says, and the signals that it can be sent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ArbiterMessage, WorkerMessage } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import type { Sockets } from './sockets.ts';

/** How a worker's process ended: an exit status, a signal, or that it could not even be started. */
export interface WorkerExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

interface WorkerStart {
  readonly age: number;
  readonly generation: number;
  readonly config: WorkerConfig;
  readonly sockets: Sockets;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

interface WorkerListener {
  onMessage(worker: WorkerHandle, message: WorkerMessage): void;
  onExit(worker: WorkerHandle, exit: WorkerExit): void;
}

const ENTRY = fileURLToPath(new URL('../worker/main.js', import.meta.url));

/** Where the inherited listening sockets begin: after stdin, stdout, stderr and the channel to the arbiter. */
const FIRST_LISTENER = 4;

/** SIGUSR1 must never start Node's inspector, not even before the worker has a handler for it (Node 22.14 and later). */
const NO_INSPECTOR = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : [];

const CHANNEL_GRACE: Milliseconds = 500;

export class WorkerHandle {
  readonly age: number;
  readonly generation: number;
  readonly #child: ChildProcess;
  #exited = false;

  constructor(start: WorkerStart, listener: WorkerListener) {
    this.age = start.age;
    this.generation = start.generation;
    this.#child = spawn(process.execPath, [...process.execArgv, ...NO_INSPECTOR, ENTRY], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...start.sockets.map(({ fd }) => fd)],
      cwd: start.config.chdir,
      env: start.env,
      ...(start.uid !== undefined && { uid: start.uid }),
      ...(start.gid !== undefined && { gid: start.gid }),
    });
    this.#child.on('message', (message) => listener.onMessage(this, message as WorkerMessage));
    const onEnd = (exit: WorkerExit) => {
      if (this.#exited) return;
      this.#exited = true;
      listener.onExit(this, exit);
    };
    this.#child.on('exit', (status, signal) => this.#afterLastMessage(() => onEnd({ status, signal })));
    this.#child.on('error', (error) => {
      // Also emitted when a message or a signal cannot be delivered; only a failed spawn leaves no process behind.
      if (this.#child.pid === undefined) onEnd({ status: null, signal: null, error });
    });
    const { age, generation, config } = start;
    const listeners = start.sockets.map(({ actual }, index) => ({ fd: FIRST_LISTENER + index, address: actual }));
    this.#send({ type: 'boot', config, listeners, age, generation });
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#exited) this.#child.kill(signal);
  }

  reopenLogs(): void {
    this.#send({ type: 'reopenLogs' });
  }

  /** The kernel may tell of the exit before the last messages have been read: those come first. */
  #afterLastMessage(done: () => void): void {
    if (!this.#child.connected) {
      done();
      return;
    }
    // A process that the app started may hold the channel open.
    const given = setTimeout(done, CHANNEL_GRACE);
    this.#child.once('disconnect', () => {
      clearTimeout(given);
      done();
    });
  }

  /** A worker that is about to exit may have closed the channel already; its exit is what counts then. */
  #send(message: ArbiterMessage): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
