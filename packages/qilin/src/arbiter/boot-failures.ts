/** What is said of workers that do not boot: each error once, however many workers meet it. */
import { ERRORS, type ErrorCode, WORKER_BOOT_ERROR } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { WorkerHandle } from './worker-handle.ts';

export class BootFailures {
  readonly #log: () => Log;
  /** The last error told, so that a worker that fails the same way again is told in one line. */
  #told = '';
  #status: number = WORKER_BOOT_ERROR;
  /** By the age of the worker that told why it does not boot. One that exits without a word was ended by its app. */
  readonly #explained = new Map<number, ErrorCode>();

  constructor(log: () => Log) {
    this.#log = log;
  }

  /** What this process exits with when the first worker does not boot. */
  get status(): number {
    return this.#status;
  }

  /** A worker booted: the next failure is news again. */
  forget(): void {
    this.#told = '';
  }

  /** @param started Whether a worker has been ready once. At the first start all fail alike: once is enough. */
  explained(worker: WorkerHandle, code: ErrorCode, text: string, started: boolean): void {
    this.#status = ERRORS[code].exitStatus;
    this.#explained.set(worker.age, code);
    this.#tell(worker, text, started);
  }

  /** A worker ended while it booted: tells so unless the worker has said why. What it said, in the code of that. */
  ended(worker: WorkerHandle, how: string, app: string, started: boolean): ErrorCode | null {
    const code = this.#explained.get(worker.age);
    this.#explained.delete(worker.age);
    if (code === undefined) this.#tell(worker, `its process ended while ${app} was loaded (${how})`, started);
    return code ?? null;
  }

  #tell({ pid }: WorkerHandle, text: string, started: boolean): void {
    const again = text === this.#told;
    this.#told = text;
    if (again && !started) return;
    this.#log().error(`Worker ${pid} failed to boot: ${again ? 'same error as before' : text}`);
  }
}
