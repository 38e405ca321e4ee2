/** What is loaded late: once, and again after a failure, ever later. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LateModule } from '../../src/arbiter/late-module.ts';

test('it is tried again after a failure, ever later, and loaded once', async () => {
  let now = 0;
  const tries: number[] = [];
  const told: unknown[] = [];
  const late = new LateModule<string>({
    load: async () => {
      tries.push(now);
      if (tries.length < 4) throw new Error('a file that is being replaced');
      return 'module';
    },
    onLoaded: () => told.push('loaded'),
    onFailure: (error) => told.push(error),
    now: () => now,
  });
  for (; now <= 20_000; now += 500) {
    late.get();
    late.get();
    await turn();
  }
  expect(tries).toEqual([0, 1_000, 3_000, 7_000]);
  expect(told).toEqual([expect.any(Error), expect.any(Error), expect.any(Error), 'loaded']);
  expect(late.get()).toBe('module');
});
