/**
 * How large the heap of a worker may grow where the memory for the whole server is limited: docs/memory.md tells the rule, and where
 * its figures were measured.
 */
import type { MemoryLimits } from './memory-limit.ts';

const MIB = 2 ** 20;

/** The arbiter (23 MiB of its own), and Node's program, which all processes share (50 MiB). */
const OF_THE_SERVER = 80 * MIB;
/** One worker more, that has just booted: successors come one after the other. */
export const OF_A_SUCCESSOR = 40 * MIB;
/** What a worker holds beside the old space of its heap: young space, code, stacks, and buffers of clients. */
const BESIDE_THE_HEAP = 28 * MIB;
/** The same of each thread, and its part of what the main thread holds. */
const BESIDE_A_THREAD = 18 * MIB;
/** In any case as much of a worker's share: buffers grow with what is asked of it. */
const PART_BESIDE = 1 / 4;
/** Addresses that Node reserves before any heap: for code, and for WebAssembly. */
const RESERVED_ADDRESSES = 1280 * MIB;

/** With less no app of a usual size even loads. */
const LEAST_HEAP = 32 * MIB;

export interface Crew {
  readonly workers: number;
  /** Threads with a heap of their own in each worker; 0 where its main thread serves. */
  readonly threads: number;
}

/** Bytes for the old space of each worker, all of its threads together; undefined where no limit holds. May be less than any app needs. */
function heapFor({ group, addresses }: MemoryLimits, { workers, threads }: Crew): number | undefined {
  const beside = BESIDE_THE_HEAP + threads * BESIDE_A_THREAD;
  const heaps = [];
  if (group !== null) {
    const share = (group - OF_THE_SERVER - OF_A_SUCCESSOR) / Math.max(1, workers);
    heaps.push(share - Math.max(beside, share * PART_BESIDE));
  }
  if (addresses !== null) heaps.push(addresses - RESERVED_ADDRESSES - beside);
  return heaps.length === 0 ? undefined : Math.max(0, Math.floor(Math.min(...heaps)));
}

/** As V8 takes them, which knows underscores too. */
const HEAP_FLAG = /^--max[-_](?:old[-_]space|heap)[-_]size(?:[-_]percentage)?(?:=|$)/;

/** The one of Node's arguments by which somebody has set the size of the heap already. */
export const heapFlagIn = (words: readonly string[]): string | undefined => words.find((word) => HEAP_FLAG.test(word));

interface Asked {
  readonly heapLimit: number | 'auto';
  readonly crew: Crew;
  /** By which the size of the heap has been set already. */
  readonly ownFlag: string | undefined;
}

export interface SettledHeap {
  /** Whole mebibytes, in bytes, for the old space of a worker's heap; 0 for Node's own choice. */
  readonly heapLimit: number;
  readonly notes: readonly string[];
}

/** What `heapLimit` comes to on this machine. */
export function settleHeap({ heapLimit, crew, ownFlag }: Asked, limits: MemoryLimits): SettledHeap {
  if (ownFlag !== undefined) {
    return { heapLimit: 0, notes: heapLimit === 'auto' ? [] : [`heapLimit has no effect: Node is given ${ownFlag}.`] };
  }
  if (heapLimit !== 'auto') return { heapLimit: wholeMebibytes(heapLimit), notes: [] };
  const heap = heapFor(limits, crew);
  if (heap === undefined) return { heapLimit: 0, notes: [] };
  const least = LEAST_HEAP * Math.max(1, crew.threads);
  const notes = heap >= least ? [] : [tooLittle(limits, crew, least)];
  return { heapLimit: wholeMebibytes(Math.max(heap, least)), notes };
}

function tooLittle({ group, addresses }: MemoryLimits, { workers, threads }: Crew, least: number): string {
  const limit = Math.floor((group ?? addresses ?? 0) / MIB);
  const whose = threads === 0 ? `${workers} workers` : `${workers} workers of ${threads} threads`;
  return `A memory limit of ${limit} MiB is little for ${whose}: the heap of each may have ${least / MIB} MiB all the same, and the kernel may end them. Use fewer, or give more.`;
}

const wholeMebibytes = (bytes: number): number => Math.floor(bytes / MIB) * MIB;
