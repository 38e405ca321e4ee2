/** A worker's `maxMemory`: asks for a successor when it is outgrown, and leaves a snapshot of the heap behind. */
import { reasonOf } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { AppHost } from '../contract/worker-class.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';
import {
  closeSnapshotFile,
  openSnapshotFile,
  removeSnapshotFile,
  type SnapshotFile,
  writeSnapshot,
} from './heap-snapshot.ts';
import { describeMemory, heapUse, mebibytes } from './heap-use.ts';
import { watchMemory } from './memory-watch.ts';

export class MemoryBound {
  readonly #config: WorkerConfig;
  readonly #log: Log;
  readonly #host: AppHost;
  #isOutgrown = false;
  #snapshot: SnapshotFile | undefined;
  /** By one of the host's threads. */
  #elsewhere: Promise<void> | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(config: WorkerConfig, log: Log, host: AppHost) {
    this.#config = config;
    this.#log = log;
    this.#host = host;
  }

  /** From now on it serves. */
  begin(retire: (cause: 'memory' | 'full', reason: string) => void): void {
    const { maxMemory } = this.#config;
    // Where threads have the heaps, they watch them themselves, and this one has its full size.
    const heapLimit = this.#host.heaps === undefined ? this.#config.heapLimit : 0;
    if (maxMemory === 0) return;
    watchMemory(maxMemory, heapLimit, (growth, isAtOnce, { resident }) => {
      this.#isOutgrown = true;
      const cure = isAtOnce ? ' as soon as it serves, too little for this app' : '';
      const beyond =
        resident > maxMemory ? `beyond maxMemory (${mebibytes(maxMemory)})${cure}` : 'its heap nearly full';
      const memory = `it holds ${mebibytes(resident)}, ${beyond}: ${describeMemory(this.#host.heaps?.() ?? [])}`;
      if (growth === 'outgrown') retire('memory', memory);
      else retire('full', `no memory is left for further requests while its successor boots; ${memory}`);
    });
  }

  /** Before it drains: whoever writes the snapshot does so when no request is left in that heap. */
  prepareSnapshot(): void {
    const { heapSnapshot, procName } = this.#config;
    if (heapSnapshot === null || !this.#isOutgrown || this.#snapshot !== undefined) return;
    const others = this.#host.heaps?.().map(([, { used }]) => used) ?? [];
    const heap = others.length === 0 ? heapUse().used : Math.max(...others);
    this.#snapshot = openSnapshotFile(heapSnapshot, procName, heap, this.#log);
    if (this.#snapshot !== undefined) this.#elsewhere = this.#host.writeSnapshot?.(this.#snapshot.fd);
  }

  /** It is to leave at once. */
  dropSnapshot(): void {
    // A thread may still open it by its descriptor, which must stay what it is: the end of the process closes it.
    if (this.#snapshot !== undefined) removeSnapshotFile(this.#snapshot.path);
    this.#snapshot = undefined;
  }

  /** Resolves when a snapshot that has been begun is written. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** @param before Tells who watches that the event loop is going to stand still. */
  writeSnapshot(before: () => Promise<void>): Promise<void> {
    const file = this.#snapshot;
    this.#snapshot = undefined;
    if (file !== undefined) this.#done = this.#write(file, before);
    return this.#done;
  }

  async #write(file: SnapshotFile, before: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    let isWhole = false;
    try {
      await before();
      if (this.#elsewhere === undefined) writeSnapshot(file.fd);
      else await this.#elsewhere;
      isWhole = true;
    } catch (error) {
      this.#log.error(`No heap snapshot: ${reasonOf(error)}`);
    }
    const stays = closeSnapshotFile(file, isWhole);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    if (stays) this.#log.info(`Heap snapshot, written in ${seconds} s: ${file.path}`);
  }
}
