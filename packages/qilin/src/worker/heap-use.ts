/** What memory a worker has and what it is made of, in the words of the log. */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { HeapUse } from '../contract/stats.ts';

/** Spaces that are named, and that have as much at least. */
const NAMED = 3;
const LEAST_NAMED = 512 * 1024;

/** Of the heap that this code lives in. */
export function heapUse(): HeapUse {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const spaces = getHeapSpaceStatistics()
    .map(({ space_name: name, space_used_size: bytes }) => [name.replace(/_space$/, ''), bytes] as const)
    .filter(([, bytes]) => bytes >= LEAST_NAMED)
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED);
  return { used, limit, spaces };
}

const MIB = 2 ** 20;

export const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(bytes < 100 * MIB ? 1 : 0)} MiB`;

/** `heap 61.2 MiB of 147 MiB (old 40.1 MiB, large_object 15.0 MiB)` */
export function describeHeap({ used, limit, spaces }: HeapUse): string {
  const named = spaces.map(([name, bytes]) => `${name} ${mebibytes(bytes)}`).join(', ');
  return `heap ${mebibytes(used)} of ${mebibytes(limit)}${named === '' ? '' : ` (${named})`}`;
}

/**
 * All of this process.
 * @param threads The heaps of its threads, with what each is called.
 */
export function describeMemory(threads: readonly (readonly [name: string, heap: HeapUse])[]): string {
  const heaps = [describeHeap(heapUse()), ...threads.map(([name, heap]) => `${name}: ${describeHeap(heap)}`)];
  return `${heaps.join('; ')}; outside of the heap ${describeOutside()}`;
}

function describeOutside(): string {
  try {
    const { external, arrayBuffers } = process.memoryUsage();
    return `${mebibytes(external)}, ${mebibytes(arrayBuffers)} of them buffers`;
  } catch {
    // It reads a file of /proc besides, for which no descriptor may be left.
    return mebibytes(getHeapStatistics().external_memory);
  }
}
