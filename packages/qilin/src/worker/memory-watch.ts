/**
 * Whether a process has outgrown `maxMemory`, or a heap what V8 may have: looked at ten times a second, as a leak under load grows by
 * megabytes between two heartbeats. A look costs some 20 µs.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Milliseconds } from '../contract/units.ts';
import { residentMemory } from './resident-memory.ts';

const INTERVAL: Milliseconds = 100;

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
  if (isLive && room < Math.max(bounds.heap / 8, 12 * MIB)) return 'full';
  if (over > Math.max(bounds.resident / 8, 16 * MIB)) return 'full';
  return over > 0 || (isLive && room < Math.max(bounds.heap / 5, 18 * MIB)) ? 'outgrown' : 'none';
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
  let before = growth(first, bounds);
  if (before !== 'none') tell('outgrown', true, first);
  if (before === 'full') return;
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isFullCollection)) live = getHeapStatistics().used_heap_size;
  });
  observer.observe({ entryTypes: ['gc'] });
  const timer = setInterval(() => {
    const now = memory();
    const found = growth(now, bounds);
    if (found === 'none' || found === before || (found === 'outgrown' && before === 'full')) return;
    if (before === 'none' && found === 'full') tell('outgrown', false, now);
    before = found;
    tell(found, false, now);
    if (found === 'full') stop();
  }, INTERVAL);
  timer.unref();
  const stop = () => {
    clearInterval(timer);
    observer.disconnect();
  };
}

/** `detail` is there on all lines of Node; the types of one lack it. */
const isFullCollection = (entry: object): boolean =>
  'detail' in entry && Object(entry.detail).kind === constants.NODE_PERFORMANCE_GC_MAJOR;
