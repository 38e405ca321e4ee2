/**
 * `once`: a task that runs in one worker of the server at a time. Here is what an app calls, and what a process, or a thread, does about it:
 * it asks, runs what it is told to, and tells when that is over. Who holds a task is the arbiter's affair (arbiter/leases.ts); where there
 * is none, under plain node and in serve(), this process is the only one.
 */
import { backoff } from './backoff.ts';
import { explain } from './errors.ts';
import type { Milliseconds } from './units.ts';

/** done: it returned by itself. failed: it threw. left: it was told to end, or has been withdrawn. */
const ENDS = ['done', 'failed', 'left'] as const;
export type OnceEnd = (typeof ENDS)[number];

/** What the arbiter is told. `id` is the asker's own, within its process. */
export type OnceAsking =
  | { readonly type: 'onceAsk'; readonly id: string; readonly task: string }
  | { readonly type: 'onceLet'; readonly id: string; readonly end: OnceEnd };

/** What the arbiter says: run it; or another has done it. */
export type OnceOrder =
  | { readonly type: 'onceRun'; readonly id: string }
  | { readonly type: 'onceDone'; readonly id: string };

/** Characters of a task's name, and of an id. */
const LONGEST_NAME = 200;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME;

/** Undefined for what is no such message. */
export function readOnceAsking(said: Readonly<Record<string, unknown>>): OnceAsking | undefined {
  const { type, id, task } = said;
  if (!isName(id)) return undefined;
  if (type === 'onceAsk') return isName(task) ? { type, id, task } : undefined;
  const end = ENDS.find((each) => each === said['end']);
  return type === 'onceLet' && end !== undefined ? { type, id, end } : undefined;
}

/** Undefined for what is no such message. */
export function readOnceOrder({ type, id }: Readonly<Record<string, unknown>>): OnceOrder | undefined {
  return (type === 'onceRun' || type === 'onceDone') && isName(id) ? { type, id } : undefined;
}

/** @param signal Aborted when the task is to end: its worker leaves, or `stop()` was called. Until the task has ended no other begins. */
export type OnceTask = (signal: AbortSignal) => unknown;

export interface Once extends AsyncDisposable {
  /** Whether it runs in this worker just now. */
  readonly isRunning: boolean;
  /**
   * Resolves when the task has returned by itself, in whichever worker that was; rejects with its error when it has thrown in this one.
   * Pending for as long as it runs, or waits.
   */
  readonly done: Promise<void>;
  /** This worker has no part in it any more: aborts the signal where it runs here, and resolves when it has ended. */
  stop(): Promise<void>;
}

interface Asker {
  readonly name: string;
  readonly task: OnceTask;
  readonly done: PromiseWithResolvers;
  /** While it runs. */
  running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = (): void => {};
  let reject = (_: unknown): void => {};
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  // Whoever does not wait for it hears of an error by the log.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** The tasks of a process, or of a thread. */
export class OnceTasks {
  readonly #tell: (message: OnceAsking) => void;
  readonly #logFailure: (task: string, error: unknown) => void;
  readonly #askers = new Map<string, Asker>();
  #asked = 0;
  #isEnding = false;
  /** Servers of a program without an arbiter, in this process. */
  #servers = 0;

  constructor(tell: (message: OnceAsking) => void, logFailure: (task: string, error: unknown) => void) {
    this.#tell = tell;
    this.#logFailure = logFailure;
  }

  add(name: string, task: OnceTask): Once {
    this.#asked += 1;
    const id = String(this.#asked);
    const asker: Asker = { name, task, done: withResolvers(), running: undefined };
    const stop = () => this.#stop(id);
    // One that is about to leave asks for nothing.
    if (!this.#isEnding) {
      this.#askers.set(id, asker);
      this.#tell({ type: 'onceAsk', id, task: name });
    }
    return {
      get isRunning() {
        return asker.running !== undefined;
      },
      done: asker.done.promise,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  obey({ type, id }: OnceOrder): void {
    const asker = this.#askers.get(id);
    // Withdrawn meanwhile, of which the arbiter hears.
    if (asker === undefined || asker.running !== undefined) return;
    if (type === 'onceRun') this.#run(id, asker);
    else {
      this.#askers.delete(id);
      asker.done.resolve();
    }
  }

  /** Tells all that run to end, and takes the others back. Resolves when none runs any more. */
  async endAll(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#askers.keys()].map((id) => this.#stop(id)));
  }

  /** A server begins, in a process without an arbiter. Tasks may be asked for again, where another has ended all before. */
  enter(): void {
    this.#servers += 1;
    this.#isEnding = false;
  }

  /** It drains: with the last of them all tasks end. */
  async leave(): Promise<void> {
    this.#servers -= 1;
    if (this.#servers === 0) await this.endAll();
  }

  async #stop(id: string): Promise<void> {
    const asker = this.#askers.get(id);
    if (asker === undefined) return;
    if (asker.running === undefined) {
      this.#askers.delete(id);
      this.#tell({ type: 'onceLet', id, end: 'left' });
      return;
    }
    const { abort, ended } = asker.running;
    abort.abort();
    await ended;
  }

  #run(id: string, asker: Asker): void {
    const abort = new AbortController();
    // Not within the message that says so: what the task throws at once is its own.
    const work = Promise.resolve().then(() => asker.task(abort.signal));
    const ended = work.then(
      () => this.#end(id, asker, abort.signal.aborted ? 'left' : 'done'),
      (error: unknown) => {
        // A task that was aborted often ends by the signal's own reason.
        if (!abort.signal.aborted || error !== abort.signal.reason) this.#logFailure(asker.name, error);
        if (!abort.signal.aborted) asker.done.reject(error);
        this.#end(id, asker, abort.signal.aborted ? 'left' : 'failed');
      },
    );
    asker.running = { abort, ended };
  }

  /** One that failed is asked for again: it stands in line. */
  #end(id: string, asker: Asker, end: OnceEnd): void {
    asker.running = undefined;
    if (end !== 'failed') this.#askers.delete(id);
    if (end === 'done') asker.done.resolve();
    this.#tell({ type: 'onceLet', id, end });
  }
}

/** Where this process keeps its tasks, for whatever copy of this package the app has imported. */
const HERE = Symbol.for('qilin.once');

type Global = typeof globalThis & { [HERE]?: OnceTasks };

/** From now on what the app of this process, or thread, asks for goes to these. */
export function openOnce(tasks: OnceTasks): void {
  (globalThis as Global)[HERE] = tasks;
}

/** The tasks of a process without an arbiter: the first of a name runs, the others stand in line. */
function ownTasks(): OnceTasks {
  const lines = new Map<string, string[]>();
  const names = new Map<string, string>();
  const next = (name: string, delay: Milliseconds = 0) => {
    setTimeout(() => {
      const [id] = lines.get(name) ?? [];
      if (id !== undefined) tasks.obey({ type: 'onceRun', id });
    }, delay);
  };
  const failures = new Map<string, number>();
  const tasks = new OnceTasks(
    (message) => {
      const { id } = message;
      const name = message.type === 'onceAsk' ? message.task : (names.get(id) ?? '');
      const line = lines.get(name) ?? [];
      if (message.type === 'onceAsk') {
        names.set(id, name);
        lines.set(name, [...line, id]);
        if (line.length === 0) next(name);
        return;
      }
      const wasFirst = line[0] === id;
      const others = line.filter((other) => other !== id);
      const failed = message.end === 'failed' ? (failures.get(name) ?? 0) + 1 : 0;
      failures.set(name, failed);
      lines.set(name, message.end === 'failed' ? [...others, id] : others);
      if (message.end === 'done') {
        lines.delete(name);
        for (const other of others) tasks.obey({ type: 'onceDone', id: other });
      } else if (wasFirst) next(name, backoff(failed));
    },
    (task, error) => void process.stderr.write(`once ${JSON.stringify(task)} failed: ${explain(error)}\n`),
  );
  return tasks;
}

/** The tasks of this process. */
export function onceTasks(): OnceTasks {
  const here: Global = globalThis;
  here[HERE] ??= ownTasks();
  return here[HERE];
}

/**
 * Runs a task in one worker of the server at a time: a scheduler, a consumer of a queue, a migration. Each worker calls it, with the same
 * name; the arbiter has one of them run it. When that worker leaves, or dies, another begins, and not before the task of the first has
 * ended: also across reloads and upgrades.
 *
 * A task that goes on for ever ends by its signal. One that returns by itself is done, and is not run again by workers of the same code: the
 * next reload or start runs it anew. One that throws is told in the log, and tried again ever later.
 *
 * Under plain node, and in `serve()`, this process is the only one: it runs the task.
 *
 * @example once('mailer', async (signal) => { for await (const mail of queue.read({ signal })) await send(mail); });
 * @example await once('migrate', () => migrate(database)).done;
 * @throws {TypeError} when the name has none or more than 200 characters, or the task is no function
 */
export function once(name: string, task: OnceTask): Once {
  if (!isName(name))
    throw new TypeError(`The name of a task must have 1 to ${LONGEST_NAME} characters (got ${JSON.stringify(name)}).`);
  if (typeof task !== 'function') throw new TypeError(`The task "${name}" must be a function (got ${typeof task}).`);
  return onceTasks().add(name, task);
}
