/** When a worker asks for a successor for its memory, and when it takes no more. */
import { describe, expect, test } from 'vitest';
import { type Growth, growth, nextLook } from '../../src/worker/memory-watch.ts';

const MIB = 2 ** 20;

/** Mebibytes: a worker that may hold `bound`, and whose heap may have `heap`. */
const judge = (resident: number, bound: number, used: number, live: number, heap: number): Growth =>
  growth({ resident: resident * MIB, used: used * MIB, live: live * MIB }, { resident: bound * MIB, heap: heap * MIB });

describe('a process', () => {
  test.each<[number, number, Growth]>([
    [400, 400, 'none'],
    [401, 400, 'outgrown'],
    [450, 400, 'outgrown'],
    [451, 400, 'full'],
    // A small one has some megabytes at least.
    [116, 100, 'outgrown'],
    [117, 100, 'full'],
    [9000, Number.POSITIVE_INFINITY, 'none'],
  ])('of %d MiB that may hold %d: %s', (resident, bound, expected) => {
    expect(judge(resident, bound, 10, 10, 1000)).toBe(expected);
  });
});

describe('a heap', () => {
  test.each<[string, number, number, number, Growth]>([
    ['far from its end', 100, 90, 1000, 'none'],
    ['of which a fifth is left', 801, 700, 1000, 'outgrown'],
    ['of which an eighth is left', 876, 700, 1000, 'full'],
    ['full of garbage', 990, 300, 1000, 'none'],
    ['that was never collected', 990, 0, 1000, 'none'],
    ['that is small, and needs as much room for a request', 63, 50, 80, 'outgrown'],
    ['that is small, and almost full', 69, 50, 80, 'full'],
  ])('%s', (_, used, live, heap, expected) => {
    expect(judge(100, 2000, used, live, heap)).toBe(expected);
  });

  test('that is full counts more than a process that has outgrown its bound', () => {
    expect(judge(410, 400, 990, 900, 1000)).toBe('full');
  });
});

describe('the next look', () => {
  /** Milliseconds, of a process that may hold 400 MiB and 50 more, with a heap of 1000: mebibytes before and now, 100 ms apart. */
  const after = (resident: readonly [number, number], used: readonly [number, number] = [10, 10]): number => {
    const [before = 0, now = 0] = resident;
    const memory = (held: number, inUse: number) => ({ resident: held * MIB, used: inUse * MIB, live: 0 });
    const bounds = { resident: 400 * MIB, heap: 1000 * MIB };
    return nextLook(memory(before, used[0]), memory(now, used[1]), 100, bounds);
  };

  test.each<[string, number, number]>([
    ['nothing grows', after([100, 100]), 100],
    ['it shrinks', after([200, 100]), 100],
    ['it grows slowly', after([100, 101]), 100],
    ['it would be full in 100 ms', after([300, 375]), 25],
    ['it would be full at once', after([300, 449]), 5],
    ['it is beyond, and grows no more', after([500, 500]), 100],
    ['the heap would be full in 100 ms', after([100, 100], [750, 812.5]), 25],
    ['the heap is full of garbage', after([100, 100], [990, 990]), 100],
  ])('where %s', (_, delay, expected) => {
    expect(delay).toBeCloseTo(expected);
  });

  test('is one where nothing is bounded', () => {
    const memory = { resident: 100 * MIB, used: 10 * MIB, live: 0 };
    const bounds = { resident: Number.POSITIVE_INFINITY, heap: 1000 * MIB };
    expect(nextLook(memory, { ...memory, resident: 900 * MIB }, 100, bounds)).toBe(100);
  });
});
