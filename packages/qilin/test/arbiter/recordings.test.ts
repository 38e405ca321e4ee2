/** Recordings on their way through the arbiter, whoever of the two ends goes first. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { Recordings } from '../../src/arbiter/recordings.ts';

const PROFILE = { what: 'profile', seconds: 600 } as const;
const part = { type: 'recorded', part: 'abc', isLast: false } as const;

function worker() {
  const orders: string[] = [];
  const order = (name: string) => () => void orders.push(name);
  return {
    orders,
    age: 1,
    pid: 100,
    record: order('record'),
    recordNext: order('next'),
    recordOff: order('off'),
  };
}

test('a worker that ends while a part of it is taken is told of at once', async () => {
  const recordings = new Recordings();
  let onTaken = (_isTaken: boolean): void => {};
  const recorded = recordings.record(worker(), PROFILE, () => new Promise((resolve) => (onTaken = resolve)));
  recordings.hear(1, part);
  await new Promise(setImmediate);
  recordings.gone(1);
  onTaken(true);
  await expect(recorded).rejects.toThrow('Worker 100 has ended meanwhile.');
});

test('whoever has asked and gone costs the worker no more than a second of a long profile', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const recordings = new Recordings();
  const recorder = worker();
  const looks = [true, true, false];
  const taken: string[] = [];
  const recorded = recordings.record(recorder, PROFILE, async (text) => {
    taken.push(text);
    return looks.shift() ?? true;
  });
  const outcome = expect(recorded).rejects.toThrow('Nobody takes the profile of worker 100 any more.');
  await vi.advanceTimersByTimeAsync(3_000);
  await outcome;
  expect([taken, recorder.orders]).toEqual([
    ['', '', ''],
    ['record', 'off'],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a worker that says nothing is left, and can be recorded again', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const recordings = new Recordings();
  const silent = recordings.record(worker(), { what: 'heap' }, async () => true);
  const outcome = expect(silent).rejects.toThrow('Worker 100 does not answer');
  await expect(recordings.record(worker(), PROFILE, async () => true)).rejects.toThrow('is being recorded already');
  await vi.advanceTimersByTimeAsync(60_000);
  await outcome;
  const recorder = worker();
  const second = recordings.record(recorder, PROFILE, async () => true);
  recordings.hear(1, { ...part, isLast: true });
  await second;
  expect(recorder.orders).toEqual(['record']);
});
