import { expect, test } from 'vitest';
import type { Feed } from '../../src/dashboard/feed.ts';
import { pointOf, Series } from '../../src/page/series.ts';

const BOUNDS = [0.001, 0.01, 0.1];

interface Told {
  readonly at: number;
  readonly ok?: number;
  readonly failed?: number;
  readonly buckets?: readonly number[];
  readonly cpu?: number;
}

/** As much of a feed as curves are drawn from. */
const feed = ({ at, ok = 0, failed = 0, buckets = [0, 0, 0, 0], cpu = 0 }: Told): Feed => {
  const one = (value: number, labels = {}) => [{ labels, value }];
  const figures: Feed['figures'] = {
    qilin_requests: [...one(ok, { status: '2xx' }), ...one(failed, { status: '5xx' })],
    qilin_request_duration_seconds: { bounds: BOUNDS, buckets, sum: 0 },
    qilin_queue_seconds: { bounds: BOUNDS, buckets: [0, 0, 0, 0], sum: 0 },
    qilin_requests_in_flight: one(0),
    qilin_requests_refused: one(0),
    qilin_deadlines_passed: one(0),
    qilin_connections: one(0),
    qilin_cpu_seconds: one(cpu),
    qilin_arbiter_resident_bytes: one(2 ** 20),
  };
  const status: Pick<Feed['status'], 'workers'> = { workers: [] };
  const log: Feed['log'] = { source: 'file', lines: [], isCut: false, next: '' };
  return { at, takesOrders: false, figures, log, status: status as Feed['status'] };
};

test('a point is what has been between two looks, however far apart they are', () => {
  const before = feed({ at: 1000, ok: 100, failed: 1, buckets: [100, 1, 0, 0], cpu: 1 });
  const now = feed({ at: 3000, ok: 298, failed: 3, buckets: [298, 1, 2, 0], cpu: 2 });
  expect(pointOf(now, before)).toMatchObject({ at: 3, throughput: 100, errors: 1, cpu: 50, queue: null, memory: 1 });
  expect(pointOf(now, before).p50).toBeCloseTo(0.505, 2);
  expect(pointOf(now, before).p99).toBeCloseTo(1, 2);
  expect(pointOf(now, undefined)).toMatchObject({ throughput: null, p50: null, memory: 1 });
});

test('counters that begin anew, and a clock that does not go on, are no rates', () => {
  const before = feed({ at: 1000, ok: 100, buckets: [100, 0, 0, 0] });
  expect(pointOf(feed({ at: 2000, ok: 5, buckets: [5, 0, 0, 0] }), before)).toMatchObject({ throughput: 0, p50: null });
  expect(pointOf(before, before)).toMatchObject({ throughput: null });
});

test('an hour leaves ten minutes of points', () => {
  const series = new Series();
  for (let second = 0; second < 3600; second++) series.addGap(second * 1000);
  expect([series.points.length, series.points[0]?.at, series.points.at(-1)?.at]).toEqual([600, 3000, 3599]);
});
