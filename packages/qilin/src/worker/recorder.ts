/**
 * Records what an operator wants to see of this worker while it serves: where its CPU goes, or what its heap holds. It travels to the
 * arbiter in parts, compressed, each asked for; nothing of it touches the disk here.
 */
import { Session } from 'node:inspector/promises';
import { freemem } from 'node:os';
import { Readable } from 'node:stream';
import { getHeapSnapshot, getHeapStatistics } from 'node:v8';
import { createGzip } from 'node:zlib';
import { reasonOf } from '../contract/errors.ts';
import { LONGEST_PART, type Recording, type WorkerMessage } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import { TIMES_THE_HEAP } from './heap-snapshot.ts';
import { mebibytes } from './heap-use.ts';

type Send = (message: Extract<WorkerMessage, { type: 'recorded' | 'recordFailed' }>) => void;

/** Snapshots shrink to a tenth by the least effort. */
const LEAST_EFFORT = 1;

export class Recorder {
  readonly #send: Send;
  #parts: AsyncIterator<Buffer> | undefined;
  #stopEarly: (() => void) | undefined;
  #isOff = false;

  constructor(send: Send) {
    this.#send = send;
  }

  /** To be called once. Sends the first part, or why there is none. */
  async begin(recording: Recording): Promise<void> {
    try {
      const source =
        recording.what === 'heap' ? takeSnapshot() : Readable.from([await this.#profile(recording.seconds * 1000)]);
      if (this.#isOff) return;
      const gzip = source.pipe(createGzip({ level: LEAST_EFFORT, chunkSize: LONGEST_PART }));
      source.on('error', (error) => gzip.destroy(error));
      this.#parts = gzip[Symbol.asyncIterator]();
      await this.next();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends the next part. */
  async next(): Promise<void> {
    try {
      const next = await this.#parts?.next();
      if (this.#isOff || next === undefined) return;
      const isLast = next.done === true;
      this.#send({ type: 'recorded', part: isLast ? '' : next.value.toString('base64'), isLast });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Nobody wants it any more. */
  off(): void {
    this.#isOff = true;
    this.#stopEarly?.();
    void this.#parts?.return?.();
  }

  #fail(error: unknown): void {
    if (!this.#isOff) this.#send({ type: 'recordFailed', reason: `Worker ${process.pid}: ${reasonOf(error)}` });
  }

  async #profile(length: Milliseconds): Promise<string> {
    const session = new Session();
    session.connect();
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await new Promise<void>((resolve) => {
        this.#stopEarly = resolve;
        setTimeout(resolve, length).unref();
      });
      const { profile } = await session.post('Profiler.stop');
      return JSON.stringify(profile);
    } finally {
      session.disconnect();
    }
  }
}

/** @throws Error when memory may not suffice */
function takeSnapshot(): Readable {
  const heap = getHeapStatistics().used_heap_size;
  // Node has it since 20.13.
  const [needed, available] = [heap * TIMES_THE_HEAP, process.availableMemory?.() ?? freemem()];
  if (needed > available) {
    const left = `${mebibytes(available)} are left`;
    throw new Error(`a snapshot of a heap of ${mebibytes(heap)} may take ${mebibytes(needed)} of memory, and ${left}`);
  }
  return getHeapSnapshot();
}
