import { expect, test } from 'vitest';
import { quantile } from '../../src/contract/quantile.ts';
import { topText, Watched } from '../../src/control/top.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const LOOK = { sort: undefined, message: '', columns: 200, rows: 30 };

const worker = (pid: number, cpuSeconds: number, requests: number, buckets: readonly number[]) => ({
  pid,
  generation: 2,
  state: 'ready',
  silentSeconds: 0.5,
  cpuSeconds,
  requests,
  residentBytes: 50 * 2 ** 20,
  lagSeconds: 0.002,
  inFlight: 1,
  connections: 3,
  durations: { bounds: [0.01, 0.1], buckets },
});

const linesOf = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

test('rates are of the time between two signs of life, and stay while there is no other', () => {
  const watched = new Watched();
  const first = topText({ workers: [worker(7, 1, 100, [5, 5, 0])] }, watched, NOW, LOOK);
  expect(linesOf(first)[3]).toEqual(['7', '2', 'ready', '-', '50.0', '0.002', '-', '1', '-', '-', '3']);
  const later = { workers: [worker(7, 1.5, 300, [105, 105, 0])] };
  const second = topText(later, watched, NOW + 2_000, LOOK);
  expect(linesOf(second)[3]).toEqual(['7', '2', 'ready', '25.0', '50.0', '0.002', '100', '1', '10.0', '98.2', '3']);
  const silent = { workers: [{ ...later.workers[0], silentSeconds: 1.5 }] };
  expect(topText(silent, watched, NOW + 3_000, LOOK).split('\n')[3]).toBe(second.split('\n')[3]);
});

test('workers are sorted by what a key says, the largest first', () => {
  const watched = new Watched();
  const look = (cpu: number, sort: 'c' | undefined, at: number) => {
    const workers = [worker(1, 1, 10, []), worker(2, cpu, 10, [])];
    return linesOf(topText({ workers }, watched, at, { ...LOOK, sort })).flatMap(([pid = '']) =>
      /^\d$/.test(pid) ? [pid] : [],
    );
  };
  expect(look(1, undefined, NOW)).toEqual(['1', '2']);
  expect(look(2, undefined, NOW + 1_000)).toEqual(['1', '2']);
  expect(look(3, 'c', NOW + 2_000)).toEqual(['2', '1']);
});

test('no line is longer than the terminal is wide, and no more of them than it is high', () => {
  const workers = Array.from({ length: 50 }, (_, index) => ({ ...worker(index, 1, 1, []), stuckAt: 'x'.repeat(200) }));
  const lines = topText({ workers }, new Watched(), NOW, { ...LOOK, columns: 60, rows: 20 }).split('\n');
  expect(lines).toHaveLength(19);
  expect(Math.max(...lines.map(({ length }) => length))).toBe(60);
  expect(lines.some((line) => /^… \d+ more$/.test(line))).toBe(true);
});

test.each([
  [0.5, [0, 0, 0], undefined],
  [0.5, [10, 0, 0], 0.005],
  [0.99, [0, 100, 0], 0.0991],
  [0.99, [0, 1, 99], 0.1],
])('the %s quantile of %j', (part, counts, expected) => {
  const found = quantile(part, counts, [0.01, 0.1]);
  expect(found === undefined ? found : Number(found.toFixed(6))).toBe(expected);
});

test('what an older server does not tell is a dash', () => {
  expect(linesOf(topText({ workers: [{ pid: 3 }] }, new Watched(), NOW, LOOK))[3]?.slice(0, 4)).toEqual([
    '3',
    '-',
    '-',
    '-',
  ]);
});
