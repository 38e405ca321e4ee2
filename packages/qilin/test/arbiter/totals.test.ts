import { expect, test } from 'vitest';
import type { WorkerState, WorkerView } from '../../src/arbiter/fleet.ts';
import { Totals } from '../../src/arbiter/totals.ts';
import { NO_STATS } from '../../src/contract/stats.ts';

const told = (requests: number, cpu = 1) => ({ stats: { ...NO_STATS, requests, connections: 1 }, usage: { cpu } });
const viewIn = (state: WorkerState): WorkerView => ({
  age: 1,
  generation: 1,
  place: 1,
  limits: { timeout: 0, bootTimeout: 0, gracefulTimeout: 0, preloadApp: false, canary: false, drainGenerations: 1 },
  state,
  since: 0,
  heartbeatAt: 0,
  leaveBy: null,
  killed: false,
  outgrewIn: null,
});

test('what a worker told last stays in the sum when it has gone, but for its connections', () => {
  const totals = new Totals();
  expect(totals.stats([told(3), told(4)])).toMatchObject({ requests: 7, connections: 2 });
  totals.ended(1, viewIn('draining'), told(5, 20));
  expect(totals.stats([told(4)])).toMatchObject({ requests: 9, connections: 1 });
  expect(totals.cpu([told(4, 2)])).toBe(22);
  // It died before it told anything.
  totals.ended(2, viewIn('booting'), undefined);
  totals.ended(3, undefined, { stats: null, usage: { cpu: 1 } });
  expect(totals.stats([])).toMatchObject({ requests: 5, connections: 0 });
});

test('ends are told apart by their reason', () => {
  const totals = new Totals();
  totals.retires(7, 'memory');
  totals.ended(7, viewIn('draining'), undefined);
  totals.ended(8, viewIn('draining'), undefined);
  totals.ended(9, viewIn('ready'), undefined);
  totals.ended(10, viewIn('aborting'), undefined);
  totals.ended(11, viewIn('booting'), undefined);
  expect(
    ['memory', 'order', 'crash', 'timeout', 'boot', 'full'].map((reason) => totals.ends(reason as 'boot')),
  ).toEqual([1, 1, 1, 1, 1, 0]);
});
