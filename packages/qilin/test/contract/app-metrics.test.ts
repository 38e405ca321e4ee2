import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { expect, test } from 'vitest';
import { metricsText } from '../../src/admin/metrics-text.ts';
import { aggregate, lastingOf, readAppMetric } from '../../src/contract/app-metrics.ts';

/** The metrics of a worker, as its number has it count. */
async function worker(number: number) {
  const register = new Registry();
  register.setDefaultLabels({ app: 'test' });
  const registers = [register];
  collectDefaultMetrics({ register });
  new Counter({ name: 'orders_total', help: 'Orders "all"', labelNames: ['kind'], registers }).inc(
    { kind: 'a' },
    number,
  );
  for (const aggregator of ['sum', 'first', 'min', 'max', 'average', 'omit'] as const)
    new Gauge({ name: `gauge_${aggregator}`, help: 'A gauge', aggregator, registers }).set(number * 2);
  const histogram = new Histogram({
    name: 'took_seconds',
    help: 'Took',
    buckets: [1, 5],
    labelNames: ['a'],
    registers,
  });
  histogram.observe({ a: `x\n"${number % 2}` }, number);
  new Summary({ name: 'sizes', help: 'Sizes', percentiles: [0.5], registers }).observe(number);
  return register.getMetricsAsJSON();
}

/** The lines of a text that are of one family. */
const familiesIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(/^(?=# HELP )/m)
      .filter((family) => family.startsWith('# HELP '))
      .map((family) => [family.split(' ')[2] ?? '', family.trim()]),
  );

test('metrics of several workers are joined as prom-client joins them', async () => {
  const workers = await Promise.all([1, 2, 3].map(worker));
  // No number travels as JSON that is none: of an event loop that has not turned yet.
  const told = (await AggregatorRegistry.aggregate(workers).metrics()).replace(/^.* Nan\n/gm, '');
  const theirs = familiesIn(told);
  const read = workers.map((metrics) =>
    metrics.flatMap((said) => readAppMetric(JSON.parse(JSON.stringify(said))) ?? []),
  );
  const format = { contentType: '', isOpen: false };
  // Of the arbiter's own there is nothing to compare.
  const text = metricsText(new Proxy({} as never, { get: () => [] }), format, aggregate(read));
  const ours = new Map([...familiesIn(text)].filter(([name]) => !name.startsWith('qilin_')));
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  expect(ours.size).toBeGreaterThan(20);
  for (const [name, family] of ours) expect(family.split('\n').sort()).toEqual(theirs.get(name)?.split('\n').sort());
});

test('what a worker leaves behind are its counters and histograms', async () => {
  const metrics = (await worker(1)).flatMap((said) => readAppMetric(said) ?? []);
  const left = lastingOf(metrics).map(({ name }) => name);
  expect(left).toEqual(expect.arrayContaining(['orders_total', 'took_seconds', 'process_cpu_user_seconds_total']));
  expect(left.filter((name) => /gauge|sizes|resident/.test(name))).toEqual([]);
});

test.each([
  [null],
  [{ name: 'qilin_requests', type: 'counter', values: [] }],
  [{ name: 'a b', type: 'counter', values: [] }],
  [{ name: 'a', type: 'untyped', values: [] }],
  [{ name: 'a', type: 'counter', values: 3 }],
])('%j is no metric of an app', (said) => {
  expect(readAppMetric(said)).toBeUndefined();
});

test('a value that is none, or is of another metric, is left out', () => {
  const values = [
    { value: 1 },
    { value: null },
    { value: 2, metricName: 'b_sum' },
    { value: 3, labels: { 'a b': 1 } },
    4,
  ];
  expect(readAppMetric({ name: 'a', type: 'gauge', values })).toMatchObject({
    help: '',
    values: [{ value: 1, labels: {}, name: 'a' }],
  });
});
