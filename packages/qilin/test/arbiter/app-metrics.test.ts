/** What the arbiter keeps of the apps' own metrics, whatever a worker says. */
import { expect, test } from 'vitest';
import { AppMetrics } from '../../src/arbiter/app-metrics.ts';
import type { AppMetric } from '../../src/contract/app-metrics.ts';

const metric = (name: string, help: string, labels: readonly string[]): AppMetric => ({
  name,
  help,
  type: 'counter',
  aggregator: 'sum',
  values: labels.map((kind) => ({ name, labels: { kind }, value: 1 })),
});

/** A worker that answers each question with these. */
function workerWith(metrics: AppMetrics, age: number, told: readonly AppMetric[]) {
  return {
    age,
    tellMetrics(scrape: number) {
      for (const one of told) metrics.hear(age, { type: 'appMetric', scrape, metric: one });
      queueMicrotask(() => metrics.hear(age, { type: 'appMetricsEnd', scrape, leftOut: 0 }));
    },
  };
}

const characters = (metrics: readonly AppMetric[]): number => JSON.stringify(metrics).length;

test.each([
  { what: 'metrics without series', one: (i: number) => metric(`a${i}`, 'x'.repeat(100_000), []) },
  { what: 'labels that are long', one: (i: number) => metric(`a${i}`, '', ['x'.repeat(100_000)]) },
  {
    what: 'many series',
    one: (i: number) =>
      metric(
        `a${i}`,
        '',
        Array.from({ length: 700 }, (_, n) => `${n}`),
      ),
  },
])('of $what no more is kept than some megabytes, of those that have gone too', async ({ one }) => {
  const warned: string[] = [];
  const metrics = new AppMetrics((text) => warned.push(text));
  const told = Array.from({ length: 500 }, (_, i) => one(i));
  expect(characters(told)).toBeGreaterThan(15_000_000);
  const kept = await metrics.ask([workerWith(metrics, 1, told)]);
  expect(kept.length).toBeGreaterThan(10);
  expect(characters(kept)).toBeLessThan(10_000_000);
  expect(metrics.leftOut).toBe(told.length - kept.length);
  expect(warned).toEqual([
    expect.stringMatching(/^Metrics of the app are left out of \/metrics: with a\d+ they are beyond 4 MiB/),
  ]);
  metrics.gone(1);
  const left = await metrics.ask([]);
  expect(left.length).toBeGreaterThan(10);
  expect(characters(left)).toBeLessThan(10_000_000);
});
