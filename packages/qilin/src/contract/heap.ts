/** How V8 is told of `heapLimit`: by flags in a process, by `resourceLimits` in a thread, which flags of the process would override. */
import type { ResourceLimits } from 'node:worker_threads';
import { ownWorkerClass } from './worker-classes.ts';
import type { WorkerConfig } from './worker-config.ts';

type HeapSettings = Pick<WorkerConfig, 'heapLimit' | 'workerClass' | 'threads'>;

const MIB = 2 ** 20;

/** Mebibytes of V8's semi-spaces, which it wants to be powers of two. */
const LARGEST_SEMI_SPACE = 64;
/** V8's own choice for a heap whose size it knows (Node 24): the young generation has three of them. */
const OLD_TO_SEMI_SPACE = 32;

function semiSpace(oldSpace: number): number {
  const most = Math.min(LARGEST_SEMI_SPACE, Math.max(1, oldSpace / OLD_TO_SEMI_SPACE));
  return 2 ** Math.floor(Math.log2(most));
}

/**
 * Of a worker's process. None where its threads have the heaps.
 * @param given What Node is told besides, whose size of semi-spaces counts.
 */
export function heapFlags({ heapLimit, workerClass, threads }: HeapSettings, given: string): readonly string[] {
  if (heapLimit === 0 || ownWorkerClass(workerClass, threads) === 'threads') return [];
  const oldSpace = Math.floor(heapLimit / MIB);
  const young = /--max[-_]semi[-_]space[-_]size/.test(given) ? [] : [`--max-semi-space-size=${semiSpace(oldSpace)}`];
  return [`--max-old-space-size=${oldSpace}`, ...young];
}

/** Of a thread whose share is `heapLimit`. */
export function heapOfThread({ heapLimit }: Pick<WorkerConfig, 'heapLimit'>): ResourceLimits {
  if (heapLimit === 0) return {};
  const oldSpace = Math.floor(heapLimit / MIB);
  return { maxOldGenerationSizeMb: oldSpace, maxYoungGenerationSizeMb: 3 * semiSpace(oldSpace) };
}
