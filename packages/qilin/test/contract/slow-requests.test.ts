import { expect, test } from 'vitest';
import { foldPath, SlowestByRoute, type SlowRequest } from '../../src/contract/slow-requests.ts';

test.each([
  ['/', '/'],
  ['/users/17/orders?page=2', '/users/*/orders'],
  ['/a/3f2504e0-4f89-11d3-9a0c-0305e82c3301/b', '/a/*/b'],
  ['/commit/9fceb02d0ae598e95dc970b74767f19372d61af8', '/commit/*'],
  ['/2026-11-28/news', '/*/news'],
  ['/facade/decade/v2/api', '/facade/decade/v2/api'],
  ['/a-long-name-of-a-page-without-numbers', '/a-long-name-of-a-page-without-numbers'],
  ['/t/eyJhbGciOiJIUzI1NiJ9.abc', '/t/*'],
  [`/${'x'.repeat(5000)}`, '/*'],
  ['/1/2/3/4/5/6/7/8/9/10/11/12', `${'/*'.repeat(9)}/…`],
  [`/${'abc/'.repeat(9)}${'päth-'.repeat(9)}`, expect.stringMatching(/^\/abc\//)],
])('%s is %s', (target, folded) => {
  expect(foldPath(target)).toEqual(folded);
});

const took = (route: string, app: number): SlowRequest => ({
  method: 'GET',
  route,
  status: 200,
  queue: 0,
  app,
  writing: 0,
});

test('the slowest of each route is kept, and of too many routes the slowest', () => {
  const slowest = new SlowestByRoute(2);
  for (const one of [took('/a', 10), took('/b', 20), took('/a', 30), took('/b', 5), took('/c', 15), took('/d', 25)])
    slowest.add(one);
  expect(slowest.all.map(({ route, app }) => [route, app])).toEqual([
    ['/a', 30],
    ['/d', 25],
  ]);
});
