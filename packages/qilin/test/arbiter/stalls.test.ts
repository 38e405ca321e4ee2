import { beforeEach, describe, expect, test } from 'vitest';
import { Stalls } from '../../src/arbiter/stalls.ts';
import type { Log } from '../../src/contract/log.ts';
import type { StallReport } from '../../src/contract/stalls.ts';

const WORKER = { age: 1, pid: 77 };

let lines: string[];
let stalls: Stalls;

beforeEach(() => {
  lines = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const nothing = () => {};
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
    reopen: nothing,
    flush: nothing,
    close: nothing,
  };
  stalls = new Stalls(() => log);
});

const begin = (script = '/app.js', line = 3, { thread = 0, isLast = false, column = 5 } = {}): StallReport => ({
  type: 'stall',
  thread,
  isLast,
  lasts: 1_000,
  frames: script === '' ? [] : [{ name: 'f', script, line, column }],
  maps: new Map(),
});
const end = (lasted = 2_300, thread = 0): StallReport => ({ type: 'stallOver', thread, lasted });

test('a stall is told twice, and known while it lasts', () => {
  stalls.hear(WORKER, begin());
  expect(stalls.placeOf(1)).toBe('f (/app.js:3)');
  expect(stalls.placeOf(2)).toBeUndefined();
  stalls.hear(WORKER, end());
  expect(stalls.placeOf(1)).toBeUndefined();
  expect(lines).toEqual([
    'warning The event loop of worker 77 has been blocked for 1.0 s. It is at f (/app.js:3:5)',
    'warning The event loop of worker 77 turns again: it was blocked for 2.3 s, at f (/app.js:3)',
  ]);
});

test('the last word before the end has the whole stack', () => {
  stalls.hear(WORKER, begin('/app.js', 3, { isLast: true, thread: 2 }));
  expect(lines).toEqual([
    'critical The event loop of thread 2 of worker 77 has been blocked for 1.0 s. It is at:\n    at f (/app.js:3:5)',
  ]);
  expect(stalls.placeOf(1)).toBeUndefined();
});

test('one that was never asked where it is has a length alone', () => {
  stalls.hear(WORKER, end());
  expect(lines[0]).toContain('for 2.3 s, at native code that did not come back to JavaScript');
  expect(stalls.worst()).toMatchObject([{ at: 'native code', count: 1 }]);
});

test('a worker that speaks of threads without end is not remembered without end', () => {
  for (let thread = 0; thread < 2_000; thread++) stalls.hear(WORKER, begin('/app.js', 3, { thread }));
  stalls.forget(WORKER);
  expect(stalls.worst()[0]?.count).toBe(1_024);
});

test('each thread has its own', () => {
  stalls.hear(WORKER, begin('/a.js', 1, { thread: 1 }));
  stalls.hear(WORKER, begin('/b.js', 1, { thread: 2 }));
  stalls.hear(WORKER, end(1_500, 1));
  expect(stalls.placeOf(1)).toBe('f (/b.js:1)');
});

describe('places are counted', () => {
  test('by line, and those where most time was lost come first', () => {
    for (const [line, column, lasted] of [
      [3, 5, 1_200],
      [9, 1, 4_000],
      [3, 8, 1_400],
    ] as const) {
      stalls.hear(WORKER, begin('/app.js', line, { column }));
      stalls.hear(WORKER, end(lasted));
    }
    expect(stalls.worst()).toMatchObject([
      { at: 'f (/app.js:9)', count: 1, total: 4_000, longest: 4_000 },
      { at: 'f (/app.js:3)', count: 2, total: 2_600, longest: 1_400 },
    ]);
  });

  test('those of a worker that was ended amid its stall, too', () => {
    stalls.hear(WORKER, begin());
    stalls.forget(WORKER);
    const [place] = stalls.worst();
    expect(place?.count).toBe(1);
    expect(place?.total).toBeGreaterThanOrEqual(1_000);
    expect(stalls.placeOf(1)).toBeUndefined();
  });

  test('a thousand of them at most, and ten are shown', () => {
    stalls.hear(WORKER, begin('/worst.js'));
    stalls.hear(WORKER, end(60_000));
    for (let line = 1; line <= 2_000; line++) {
      stalls.hear(WORKER, begin('/app.js', line));
      stalls.hear(WORKER, end(1_000 + line));
    }
    expect(stalls.worst().map(({ at }) => at)).toEqual([
      'f (/worst.js:3)',
      ...Array.from({ length: 9 }, (_, index) => `f (/app.js:${2_000 - index})`),
    ]);
  });
});
