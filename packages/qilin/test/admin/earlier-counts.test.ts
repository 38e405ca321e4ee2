import { expect, test } from 'vitest';
import { addCounts, countsOf, readCounts } from '../../src/admin/earlier-counts.ts';
import { FIGURE_NAMES, type Figures, figureOf } from '../../src/admin/figures.ts';

const of = (value: number, status = '2xx'): Figures => {
  const samples = [{ labels: { status }, value }];
  const histogram = { bounds: [1, 2], buckets: [value, 0, 1], sum: value };
  const figures = FIGURE_NAMES.map((name) => [name, figureOf(name).kind === 'histogram' ? histogram : samples]);
  return Object.fromEntries(figures);
};

const handedOn = (figures: Figures) => readCounts(JSON.parse(JSON.stringify(countsOf(figures))));

test('counters and durations go on where the arbiter before left them, gauges begin anew', () => {
  const sum = addCounts(of(5), handedOn(of(3)));
  expect(sum.qilin_requests).toEqual([{ labels: { status: '2xx' }, value: 8 }]);
  expect(sum.qilin_request_duration_seconds).toEqual({ bounds: [1, 2], buckets: [8, 0, 2], sum: 8 });
  expect(sum.qilin_connections).toEqual([{ labels: { status: '2xx' }, value: 5 }]);
  expect(sum.qilin_build).toEqual(of(5).qilin_build);
});

test('what only one of the two knows is in it too', () => {
  expect(addCounts(of(5), handedOn(of(3, '4xx'))).qilin_requests).toEqual([
    { labels: { status: '2xx' }, value: 5 },
    { labels: { status: '4xx' }, value: 3 },
  ]);
});

test.each([
  null,
  'text',
  { qilin_requests: 4 },
  { qilin_requests: [{ labels: { a: 1 }, value: 2 }] },
  { qilin_requests: [{ labels: {}, value: -2 }] },
  { qilin_request_duration_seconds: { bounds: [3], buckets: [1, 1], sum: 1 } },
  { qilin_connections: [{ labels: {}, value: 2 }] },
])('%j, of another version or of nobody, counts nothing', (said) => {
  expect(addCounts(of(5), readCounts(said))).toEqual(of(5));
});
