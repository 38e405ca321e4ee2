import { expect, test } from 'vitest';
import { Slowest } from '../../src/arbiter/slowest.ts';
import { type EndedRequest, SlowCollector } from '../../src/worker/slow-collector.ts';

const same = (request: EndedRequest): EndedRequest => request;
const ended = { method: 'GET', target: '/a/1?b', route: undefined, status: 200, cameAt: 100, beganAt: 130, fd: 7 };

test('a slow request is told in its parts: what the kernel knows of its wait, until it was answered, until that was given', () => {
  // The client's last bytes came 90 ms before the end.
  const collector = new SlowCollector(same, () => 90);
  collector.add(ended, 150);
  collector.add({ ...ended, target: '/gone', beganAt: 0, fd: -1 }, 150);
  collector.add({ ...ended, route: '/rule/<id>', beganAt: 90 }, 200);
  expect(collector.take()).toEqual([
    { method: 'GET', route: '/a/*', status: 200, queue: 40, app: 30, writing: 20 },
    { method: 'GET', route: '/gone', status: 200, queue: 0, app: 50, writing: 0 },
    { method: 'GET', route: '/rule/<id>', status: 200, queue: 0, app: 0, writing: 100 },
  ]);
  expect(collector.take()).toEqual([]);
});

test('of many that are slow at the same time some are looked at: the first, and those that are twice as slow', () => {
  let looks = 0;
  const collector = new SlowCollector<number>((took) => {
    looks += 1;
    return { ...ended, target: `/${'a'.repeat(took)}`, fd: -1 };
  });
  for (let i = 0; i < 1_000; i++) collector.offer(5, 5, 1_000 + i / 100);
  collector.offer(9, 9, 1_015);
  collector.offer(11, 11, 1_016);
  collector.offer(6, 6, 1_021);
  expect(looks).toBe(3);
  expect(collector.take().map(({ route }) => route.length - 1)).toEqual([5, 11, 6]);
});

test('the arbiter forgets what was minutes ago, and tells the slowest first', () => {
  const slowest = new Slowest(0);
  const slow = (route: string, app: number) => ({ method: 'GET', route, status: 0, queue: 0, app, writing: 0 });
  const routes = (now: number) => slowest.list(now, String).map(({ route, at }) => [route, at]);
  slowest.add([slow('/a', 10)], 1_000);
  slowest.add([slow('/b', 20), slow('/a', 5)], 200_000);
  expect(routes(200_000)).toEqual([
    ['/b', '200000'],
    ['/a', '1000'],
  ]);
  expect(routes(360_000)).toEqual([
    ['/b', '200000'],
    ['/a', '200000'],
  ]);
  expect(routes(1_000_000)).toEqual([]);
});
