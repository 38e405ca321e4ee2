/** What the log says of a worker that ended for want of memory. */
import { describe, expect, test } from 'vitest';
import { EndReasons } from '../../src/arbiter/end-reasons.ts';
import type { WorkerView } from '../../src/arbiter/fleet.ts';
import { wanted } from './fleet-world.ts';

const MIB = 2 ** 20;

const view = (changes: Partial<WorkerView> = {}): WorkerView => ({
  age: 1,
  generation: 1,
  place: 1,
  limits: wanted(1).limits,
  state: 'ready',
  since: 0,
  heartbeatAt: 0,
  leaveBy: null,
  killed: false,
  outgrewIn: null,
  ...changes,
});
const usage = (used: number) => ({ cpu: 0, resident: 0, heapUsed: used * MIB, heapLimit: 86 * MIB, spaces: [] });
const ended = (signal: NodeJS.Signals | null, status: number | null = null) => ({ status, signal });

/** By how many the kernel's count is greater at each look, the first at the start. */
function reasons(...counts: readonly number[]): EndReasons {
  const left = [...counts];
  return new EndReasons({ oomKills: () => left.shift() ?? counts.at(-1) ?? 0, limit: () => 256 * MIB });
}

describe('SIGKILL', () => {
  test('that the kernel has counted is told with the limit', () => {
    expect(reasons(3, 4).explain(ended('SIGKILL'), view(), usage(1))).toBe(
      ': the kernel ended it, since the memory of its control group, 256 MiB, did not suffice; see maxMemory and heapLimit',
    );
  });

  test('explains as many as the kernel has counted', () => {
    const both = reasons(0, 2, 2, 2);
    const said = [1, 2, 3].map(() => both.explain(ended('SIGKILL'), view(), undefined) !== '');
    expect(said).toEqual([true, true, false]);
  });

  test('by anybody else says nothing more', () => {
    expect(reasons(3, 3).explain(ended('SIGKILL'), view(), usage(80))).toBe('');
  });

  test("by the arbiter is none of the kernel's", () => {
    expect(reasons(3, 4).explain(ended('SIGKILL'), view({ killed: true }), usage(80))).toBe('');
  });
});

describe('SIGABRT', () => {
  test.each([
    ['SIGABRT' as const, null],
    [null, 134],
  ])('of V8 is told with the limit (%s, %s)', (signal, status) => {
    expect(reasons(0).explain(ended(signal, status), view(), usage(80))).toBe(
      ': JavaScript heap out of memory (limit 86 MiB, in use at its last sign of life 80 MiB); see heapLimit and maxMemory',
    );
  });

  test('of one whose heap was small a second ago says what it may have been', () => {
    expect(reasons(0).explain(ended('SIGABRT'), view(), usage(20))).toBe(
      ': it aborted by itself, as V8 does when its heap is out of memory (limit 86 MiB, in use at its last sign of life 20 MiB)',
    );
  });

  test('by the arbiter, for a timeout, says nothing more', () => {
    expect(reasons(0).explain(ended('SIGABRT'), view({ state: 'aborting' }), usage(80))).toBe('');
  });
});

test.each([ended('SIGSEGV'), ended(null, 0), ended(null, 1)])('%j says nothing more', (exit) => {
  expect(reasons(0, 9).explain(exit, view(), usage(80))).toBe('');
});
