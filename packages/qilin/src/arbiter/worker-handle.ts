/** A worker as the arbiter sees it: a child process, what it says, and the signals that it can be sent. */
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { WORKER_ENTRY } from '../contract/entries.ts';
import { heapFlags } from '../contract/heap.ts';
import { LineReader } from '../contract/line-reader.ts';
import {
  type ArbiterMessage,
  CHANNEL_FD,
  encodeArbiterMessage,
  LONGEST_LINE,
  parseWorkerMessage,
  type Recording,
  STALLS_FD,
  type WorkerMessage,
} from '../contract/messages.ts';
import type { OnceOrder } from '../contract/once.ts';
import { LONGEST_STALL_LINE, parseStallReport, type StallReport } from '../contract/stalls.ts';
import { machineTime } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import type { Privileges } from './privileges.ts';
import type { Sockets } from './sockets.ts';
import { spawnChild } from './spawn-child.ts';
import { refusal } from './spawn-refusal.ts';
import { withoutNotification } from './systemd.ts';

/** How a worker's process ended: an exit status, a signal, or that it could not even be started. */
export interface WorkerExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

interface WorkerStart {
  readonly age: number;
  readonly generation: number;
  /** Its number among those of its generation, from 1 on. */
  readonly place: number;
  readonly config: WorkerConfig & { readonly rawEnv: Readonly<Record<string, string>> };
  readonly privileges: Privileges;
  readonly sockets: Sockets;
  readonly isOnTrial: boolean;
}

interface WorkerListener {
  onMessage(worker: WorkerHandle, message: WorkerMessage): void;
  onStall(worker: WorkerHandle, report: StallReport): void;
  /** Something came over the channel that is no message. Told once of each worker; nothing else follows from it. */
  onNonsense(worker: WorkerHandle, what: string): void;
  onExit(worker: WorkerHandle, exit: WorkerExit): void;
}

/** Where the inherited listening sockets begin. */
const FIRST_LISTENER = STALLS_FD + 1;

/** Of a worker's Node: the arbiter's own, without an inspector, which is the first worker's by settings (worker/inspector.ts). */
const FLAGS = [
  ...process.execArgv.filter((flag) => !flag.startsWith('--inspect')),
  '--no-inspect',
  '--no-inspect-brk',
  // SIGUSR1 must never start it, not even before the worker has a handler for that (Node 22.14 and later).
  ...(process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : []),
];

/** Of a line that is no message, as much as tells what it may be. */
const QUOTED = 100;

export class WorkerHandle {
  readonly age: number;
  readonly generation: number;
  readonly #child: ChildProcess | undefined;
  readonly #channel: Socket | undefined;
  readonly #stalls: Socket | undefined;
  #exited = false;

  /** Never throws: that the system starts no process is told to `onExit`, as all that comes later. */
  constructor(start: WorkerStart, listener: WorkerListener) {
    this.age = start.age;
    this.generation = start.generation;
    const onEnd = (exit: WorkerExit) => {
      if (this.#exited) return;
      this.#exited = true;
      this.#channel?.destroy();
      this.#stalls?.destroy();
      listener.onExit(this, exit);
    };
    const onRefused = (cause: unknown) => onEnd({ status: null, signal: null, error: refusal(cause) });
    const startedAt = machineTime();
    try {
      this.#child = spawnWorker(start);
    } catch (error) {
      // Some errors are thrown, others emitted. Both are heard when the constructor has returned.
      queueMicrotask(() => onRefused(error));
      return;
    }
    this.#child.on('exit', (status, signal) => afterLastWords(() => onEnd({ status, signal })));
    this.#child.on('error', (error) => {
      // Also emitted when a signal cannot be delivered; only a failed spawn leaves no process behind.
      if (this.#child?.pid === undefined) onRefused(error);
    });
    // Without a process (EMFILE, say) there are no pipes either, whatever the type says: the error that says why is on its way.
    if (this.#child.pid === undefined) return;
    this.#channel = this.#pipe(CHANNEL_FD);
    this.#stalls = this.#pipe(STALLS_FD);
    this.#hear(listener);
    const { age, generation, config, isOnTrial } = start;
    const listeners = start.sockets.map(({ actual }, index) => ({ fd: FIRST_LISTENER + index, address: actual }));
    this.#send({ type: 'boot', config, listeners, age, generation, isOnTrial, startedAt });
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#exited) this.#child?.kill(signal);
  }

  reopenLogs(): void {
    this.#send({ type: 'reopenLogs' });
  }

  serverEnds(): void {
    this.#send({ type: 'serverEnds' });
  }

  /** The app's own. */
  tellMetrics(scrape: number): void {
    this.#send({ type: 'tellMetrics', scrape });
  }

  record(recording: Recording): void {
    this.#send({ type: 'record', recording });
  }

  /** The next part of that. */
  recordNext(): void {
    this.#send({ type: 'recordNext' });
  }

  once(order: OnceOrder): void {
    this.#send(order);
  }

  recordOff(): void {
    this.#send({ type: 'recordOff' });
  }

  #pipe(fd: number): Socket | undefined {
    const pipe = this.#child?.stdio[fd];
    return pipe instanceof Socket ? pipe : undefined;
  }

  #hear(listener: WorkerListener): void {
    let told = false;
    const tell = (what: string) => {
      if (!told) listener.onNonsense(this, what);
      told = true;
    };
    const read = <T>(
      from: Socket | undefined,
      longest: number,
      parse: (line: string) => T | undefined,
      hear: (said: T) => void,
    ) => {
      const lines = new LineReader(
        longest,
        (line) => {
          const said = parse(line);
          if (said !== undefined) hear(said);
          else tell(`${JSON.stringify(line.slice(0, QUOTED))} is no message`);
        },
        () => tell(`a line has more than ${longest} characters`),
      );
      // A worker that is about to exit may have closed its end already; its exit is what counts then.
      from?.on('error', () => {});
      from?.setEncoding('utf8').on('data', (text: string) => lines.push(text));
    };
    read(this.#channel, LONGEST_LINE, parseWorkerMessage, (message) => listener.onMessage(this, message));
    read(this.#stalls, LONGEST_STALL_LINE, parseStallReport, (report) => listener.onStall(this, report));
  }

  #send(message: ArbiterMessage): void {
    if (this.#channel?.writable) this.#channel.write(encodeArbiterMessage(message));
  }
}

/**
 * The kernel tells of an exit by a signal, which may be handled before the last messages are: but those lie in the socket by
 * then, and a turn of the event loop reads all that a socket holds. Its end is not waited for: a process that the app has
 * forked without exec may keep it open.
 */
function afterLastWords(done: () => void): void {
  setImmediate(() => setImmediate(done));
}

/** By which an app knows its worker from the others: of PM2 the number from 0 on. */
const whoItIs = (place: number) => ({ QILIN_WORKER: String(place), NODE_APP_INSTANCE: String(place - 1) });

function spawnWorker({ config, place, privileges: { uid, gid }, sockets }: WorkerStart): ChildProcess {
  // The app is not to steer its server.
  const { QILIN_DASHBOARD_TOKEN: _, ...inherited } = withoutNotification(process.env);
  const env: NodeJS.ProcessEnv = { ...inherited, ...config.rawEnv, ...whoItIs(place) };
  const given = [...process.execArgv, env['NODE_OPTIONS']].join(' ');
  return spawnChild(process.execPath, [...FLAGS, ...heapFlags(config, given), WORKER_ENTRY], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', ...sockets.map(({ fd }) => fd)],
    cwd: config.chdir,
    env,
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
}
