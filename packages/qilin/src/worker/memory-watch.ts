/**
 * Whether a process has outgrown `maxMemory`, or a heap what V8 may have: looked at ten times a second, as a leak under load grows by
 * megabytes between two heartbeats, and up to two hundred times a second while it grows so fast. A look costs some 20 µs.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Milliseconds } from '../contract/units.ts';
import { residentMemory } from './resident-memory.ts';

const INTERVAL: Milliseconds = 100;
const LEAST_INTERVAL: Milliseconds = 5;
/** Of the time in which nothing would be left, growth going on as it is. */
const PART_OF_TIME_LEFT = 1 / 4;

const MIB = 2 ** 20;

export interface Memory {
  /** Bytes of the process. */
  readonly resident: number;
  /** Bytes of the heap, garbage included. */
  readonly used: number;
  /** Bytes of the heap that were in use after the last full collection. */
  readonly live: number;
}

export interface Bounds {
  /** Bytes; Infinity for none. */
  readonly resident: number;
  /** Bytes of the heap's old space. V8 ends the process, or the thread, beyond. */
  readonly heap: number;
}

/**
 * outgrown: a successor is to come. full: it may not come in time, so that no more should be taken on. What of a heap is garbage shows
 * only at a collection: one that was half empty then is not near its end.
 */
export type Growth = 'none' | 'outgrown' | 'full';

export function growth({ resident, used, live }: Memory, bounds: Bounds): Growth {
  const isLive = live >= bounds.heap / 2;
  const room = bounds.heap - used;
  const over = resident - bounds.resident;
  // Requests in hand, and the last one of each kept connection, need room too.
  if (isLive && room < keptOfHeap(bounds)) return 'full';
  if (over > mayBeOver(bounds)) return 'full';
  return over > 0 || (isLive && room < Math.max(bounds.heap / 5, 18 * MIB)) ? 'outgrown' : 'none';
}

const keptOfHeap = ({ heap }: Bounds): number => Math.max(heap / 8, 12 * MIB);
const mayBeOver = ({ resident }: Bounds): number => Math.max(resident / 8, 16 * MIB);

/** When to look again: soon, where it would be full soon. @param passed since the memory was as it was before */
export function nextLook(before: Memory, now: Memory, passed: Milliseconds, bounds: Bounds): Milliseconds {
  const until = (room: number, grown: number): Milliseconds =>
    grown > 0 ? (room / grown) * passed * PART_OF_TIME_LEFT : INTERVAL;
  const times = [
    until(bounds.resident + mayBeOver(bounds) - now.resident, now.resident - before.resident),
    until(bounds.heap - keptOfHeap(bounds) - now.used, now.used - before.used),
  ];
  return Math.max(LEAST_INTERVAL, Math.min(INTERVAL, ...times));
}

/** Of V8's own choice for all of a heap, the young generation has at most as much. */
const YOUNG_PART = 0.1;

/**
 * Looks at once and from then on, until the second of the two has been told. What was so at once is told as outgrown, never as full.
 * @param maxResident Bytes of the process; Infinity for no bound.
 * @param heapLimit Bytes of the old space; 0 for V8's own choice.
 */
export function watchMemory(
  maxResident: number,
  heapLimit: number,
  tell: (growth: Exclude<Growth, 'none'>, isAtOnce: boolean, memory: Memory) => void,
): void {
  const bounds: Bounds = {
    resident: maxResident,
    heap: heapLimit === 0 ? getHeapStatistics().heap_size_limit * (1 - YOUNG_PART) : heapLimit,
  };
  let live = 0;
  const resident = residentMemory();
  const memory = (): Memory => {
    return { resident: resident(), used: getHeapStatistics().used_heap_size, live };
  };
  const first = memory();
  let told = growth(first, bounds);
  if (told !== 'none') tell('outgrown', true, first);
  if (told === 'full') return;
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isFullCollection)) live = getHeapStatistics().used_heap_size;
  });
  observer.observe({ entryTypes: ['gc'] });
  const lookAfter = (delay: Milliseconds, before: Memory, at: Milliseconds): void => {
    setTimeout(() => {
      const now = memory();
      const found = growth(now, bounds);
      if (found === 'full') {
        observer.disconnect();
        if (told === 'none') tell('outgrown', false, now);
        tell('full', false, now);
        return;
      }
      if (found === 'outgrown' && told === 'none') {
        told = found;
        tell(found, false, now);
      }
      const time = performance.now();
      lookAfter(nextLook(before, now, time - at, bounds), now, time);
    }, delay).unref();
  };
  // What it is given at once, having just begun, is the most of all: everybody waits for it.
  lookAfter(LEAST_INTERVAL, first, performance.now());
}

/** `detail` is there on all lines of Node; the types of one lack it. */
const isFullCollection = (entry: object): boolean =>
  'detail' in entry && Object(entry.detail).kind === constants.NODE_PERFORMANCE_GC_MAJOR;
