import { expect, test } from 'vitest';
import { Slowest } from '../../src/arbiter/slowest.ts';
import { SlowCollector } from '../../src/worker/slow-collector.ts';

const ended = { method: 'GET', target: '/a/1?b', route: undefined, status: 200, cameAt: 100, beganAt: 130, fd: 7 };

test('a slow request is told in its parts: what the kernel knows of its wait, until it was answered, until that was given', () => {
  // The client's last bytes came 90 ms before the end.
  const collector = new SlowCollector(() => 90);
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
