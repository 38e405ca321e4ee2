import { describe, expect, test } from 'vitest';
import { alarmsOf, beyond, NOTHING } from './cost.ts';
import { draw } from './drawing.ts';
import { Random } from './random.ts';
import { FAULTS } from './run.ts';

const NAMES = FAULTS.map(({ name }) => name);

const drawn = (seed: number, count: number) => {
  const all = draw(seed, NAMES);
  return Array.from({ length: count }, () => all.next().value);
};

describe('the list of faults', () => {
  test('is the same for the same seed, and another for another', () => {
    const count = NAMES.length * 2;
    expect(drawn(7, count)).toEqual(drawn(7, count));
    expect(drawn(7, count)).not.toEqual(drawn(8, count));
    expect(drawn(7, count).slice(0, 5)).toEqual(drawn(7, 5));
  });

  test('has each fault once in each round, in an order of its own', () => {
    const [first, second] = [1, 2].map((round) => drawn(3, NAMES.length * 2).filter((each) => each.round === round));
    const namesOf = (faults: typeof first) => faults?.map(({ name }) => name) ?? [];
    expect(namesOf(first).toSorted()).toEqual(NAMES.toSorted());
    expect(namesOf(second).toSorted()).toEqual(NAMES.toSorted());
    expect(namesOf(first)).not.toEqual(namesOf(second));
  });

  test('has no name twice', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
  });
});

describe('chance', () => {
  test('keeps within its bounds, and reaches both', () => {
    const random = new Random(1);
    const throws = Array.from({ length: 1_000 }, () => random.integer(1, 6));
    expect([...new Set(throws)].toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('picks each of a list, and nothing of an empty one', () => {
    const random = new Random(2);
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
    expect(() => random.pick([])).toThrow(RangeError);
  });
});

const line = (level: string, text: string) => `[2026-11-27 09:10:54 +0000] [1234] [${level}] ${text}\n`;

describe('what a fault has cost', () => {
  const quiet = { forgiven: 0, faults: '', log: line('INFO', 'Booting worker with pid: 7') };
  const kill = { kills: true, alarms: [/signal SIGKILL/] };

  test('is within its cost where nothing is lost and the log says nothing', () => {
    expect(beyond(NOTHING, quiet)).toEqual([]);
    expect(beyond(kill, quiet)).toEqual([]);
  });

  test('may be what a killed process had in hand, where it kills one', () => {
    expect(beyond(kill, { ...quiet, forgiven: 3 })).toEqual([]);
    expect(beyond(NOTHING, { ...quiet, forgiven: 3 })).toEqual([
      expect.stringContaining('kills nobody, and 3 requests'),
    ]);
  });

  test('is never a request that nobody had in hand who was killed', () => {
    expect(beyond(kill, { ...quiet, faults: '1 reset' })).toEqual(['requests were lost: 1 reset']);
  });

  test('has no alarm in the log but its own, and those of a busy machine', () => {
    const own = line('ERROR', 'Worker exited (pid: 7, signal SIGKILL)');
    const busy = line('WARNING', 'The event loop of worker 7 has been blocked for 1.0 s. It is at f (/a.js:1:1)');
    const other = line('CRITICAL', 'Uncaught exception, the worker leaves: Error: no');
    const log = own + busy + other;
    expect(beyond(kill, { ...quiet, log })).toEqual([`the log says: ${other.trim()}`]);
    expect(beyond(NOTHING, { ...quiet, log })).toHaveLength(2);
  });

  test('tells alarms from what stands below them, and from what the app prints', () => {
    expect(
      alarmsOf(`${line('ERROR', 'Error: no')}    at f (/a.js:1:1)\nERROR\n${line('INFO', '[ERROR]')}`),
    ).toHaveLength(1);
  });
});
