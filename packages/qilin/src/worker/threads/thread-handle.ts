/** A thread as its worker sees it: what it has said, what it can be told, and how it is ended. */
import { Worker } from 'node:worker_threads';
import { THREAD_ENTRY } from '../../contract/entries.ts';
import { hasCode, QilinError } from '../../contract/errors.ts';
import { heapOfThread } from '../../contract/heap.ts';
import type { SlowRequest } from '../../contract/slow-requests.ts';
import { type HeapUse, NO_STATS, type WorkerStats } from '../../contract/stats.ts';
import type { Milliseconds } from '../../contract/units.ts';
import { mebibytes } from '../heap-use.ts';
import { Milestone } from '../milestone.ts';
import type { ThreadOrder, ThreadReport, ThreadStart } from './messages.ts';

interface ThreadListener {
  onSlow(requests: readonly SlowRequest[]): void;
  onReport(thread: ThreadHandle, report: ThreadReport): void;
  /** It has ended; `how` says in words with what status, or by which error that it could not catch. */
  onEnd(thread: ThreadHandle, how: string): void;
}

export class ThreadHandle {
  readonly number: number;
  /** When it last showed that its event loop turns. */
  heardAt: Milliseconds = performance.now();
  /** When it began to accept. */
  readyAt: Milliseconds | undefined;
  /** When it was terminated. */
  terminatedAt: Milliseconds | undefined;
  /** It writes a snapshot of its heap: its loop stands still by arrangement. */
  isWriting = false;
  heap: HeapUse | undefined;
  /** Ids of the tasks that its app waits for, or runs. */
  readonly asked = new Set<string>();
  stats: WorkerStats = NO_STATS;
  readonly #worker: Worker;
  readonly #listener: ThreadListener;
  readonly #loaded = new Milestone();
  readonly #ready = new Milestone();
  readonly #deaf = new Milestone();
  readonly #drained = new Milestone();
  readonly #ended = new Milestone();
  #error: Error | undefined;

  constructor(start: ThreadStart, listener: ThreadListener) {
    this.number = start.number;
    this.#listener = listener;
    this.#worker = new Worker(THREAD_ENTRY, { workerData: start, resourceLimits: heapOfThread(start.config) });
    this.#worker.on('message', (report: ThreadReport) => this.#hear(report));
    this.#worker.on('error', (error: Error) => {
      this.#error = error;
    });
    this.#worker.once('exit', (status) => this.#end(status));
  }

  /** Resolves when its app is loaded; rejects with a QilinError when it ends before. */
  get loaded(): Promise<void> {
    return this.#loaded.reached;
  }

  /** Resolves when it accepts; rejects with a QilinError when it ends before. */
  get ready(): Promise<void> {
    return this.#ready.reached;
  }

  /** Resolves when it has let go of the listening sockets, at the latest at its end. */
  get deaf(): Promise<void> {
    return this.#deaf.reached;
  }

  /** Resolves when its last connection is closed, at the latest at its end. */
  get drained(): Promise<void> {
    return this.#drained.reached;
  }

  get ended(): Promise<void> {
    return this.#ended.reached;
  }

  order(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  /**
   * Ends it wherever its JavaScript is, in an endless loop too; its connections are closed. One that hangs in native code ends
   * only when that returns.
   */
  terminate(): void {
    this.terminatedAt ??= performance.now();
    void this.#worker.terminate();
  }

  #hear(report: ThreadReport): void {
    this.heardAt = performance.now();
    switch (report.type) {
      case 'loaded':
        this.#loaded.reach();
        break;
      case 'ready':
        this.readyAt = this.heardAt;
        this.#ready.reach();
        break;
      case 'bootFailed':
        this.#failBoot(new QilinError(report.code, report.text));
        break;
      case 'beat':
        this.stats = report.stats;
        this.heap = report.heap;
        if (report.slow.length > 0) this.#listener.onSlow(report.slow);
        break;
      case 'snapshot':
        this.isWriting = true;
        break;
      case 'deaf':
        this.#deaf.reach();
        break;
      case 'drained':
        this.#drained.reach();
        break;
      default:
        break;
    }
    this.#listener.onReport(this, report);
  }

  #end(status: number): void {
    const how = this.#howItEnded(status);
    this.#failBoot(new QilinError('APP_FAILED', `A thread ended before it was ready, ${how}.`));
    for (const milestone of [this.#deaf, this.#drained, this.#ended]) milestone.reach();
    this.#listener.onEnd(this, how);
  }

  #howItEnded(status: number): string {
    if (this.#error === undefined) return `with status ${status}`;
    if (!hasCode(this.#error, 'ERR_WORKER_OUT_OF_MEMORY')) return `by an error: ${this.#error.message}`;
    const limit = this.heap === undefined ? '' : ` (limit ${mebibytes(this.heap.limit)})`;
    return `since its JavaScript heap is out of memory${limit}; see heapLimit and maxMemory`;
  }

  /** Without effect on what has been reached already. */
  #failBoot(error: QilinError): void {
    for (const milestone of [this.#loaded, this.#ready]) milestone.fail(error);
  }
}
