/** When the arbiter's hooks are called, and when they are given up. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HookRunner } from '../../src/arbiter/hook-runner.ts';
import type { Log } from '../../src/contract/log.ts';

const LIMIT = 400;

function runner(limit = LIMIT) {
  const told: string[] = [];
  const note = (message: string) => told.push(message);
  const nothing = () => {};
  const log: Log = {
    debug: note,
    info: note,
    warning: note,
    error: note,
    critical: note,
    reopen: nothing,
    flush: nothing,
    close: nothing,
  };
  const hooks = { preFork: nothing };
  return { told, hooks: new HookRunner(() => ({ hooks, limit, log })) };
}

test('each call has the whole limit, however long it waited for its turn', async () => {
  const { hooks, told } = runner();
  const order: number[] = [];
  const calls = [1, 2, 3, 4, 5, 6].map((number) =>
    hooks.call('preFork', async () => {
      await pause(LIMIT / 4);
      order.push(number);
    }),
  );
  await Promise.all(calls);
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  expect(told).toEqual([]);
});

test('one that hangs takes those with it that wait behind it; a later one is called', async () => {
  const { hooks, told } = runner(50);
  let called = 0;
  const hangs = () => {
    called += 1;
    return new Promise<void>(() => {});
  };
  await Promise.all([1, 2, 3].map(() => hooks.call('preFork', hangs)));
  expect(called).toBe(1);
  expect(told[0]).toMatch(/the hook preFork of the config file has not come back for \d\.\d s; the arbiter goes on/);
  expect(told.slice(1)).toEqual([
    expect.stringMatching(/could not be called, since the call before has not come back/),
    expect.stringMatching(/could not be called, since the call before has not come back/),
  ]);
  await hooks.run('preFork', () => {
    called += 1;
  });
  expect(called).toBe(2);
});

test('one that throws takes nobody with it', async () => {
  const { hooks, told } = runner();
  let called = 0;
  const throws = () => {
    called += 1;
    throw new Error('a bug');
  };
  await Promise.all([hooks.call('preFork', throws), hooks.call('preFork', throws)]);
  expect(called).toBe(2);
  expect(told).toHaveLength(2);
});

test('what cannot be called soon is refused: no queue grows without end', async () => {
  const { hooks, told } = runner(0);
  const hangs = () => new Promise<void>(() => {});
  for (let call = 0; call < 1_000; call++) void hooks.call('preFork', hangs);
  expect(told).toEqual([]);
  await hooks.call('preFork', hangs);
  expect(told).toEqual([expect.stringContaining('is not called: 1000 calls of hooks wait')]);
});
