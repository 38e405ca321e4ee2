import { expect, test } from 'vitest';
import {
  addAnswers,
  isAnswerList,
  METHODS,
  NO_ANSWERS,
  readAnswers,
  STATUS_CLASSES,
} from '../../src/contract/answers.ts';
import { AnswerCounter } from '../../src/worker/answer-counter.ts';

const countOf = (
  byStatus: readonly number[],
  method: (typeof METHODS)[number],
  status: (typeof STATUS_CLASSES)[number],
) => byStatus[METHODS.indexOf(method) * STATUS_CLASSES.length + STATUS_CLASSES.indexOf(status)];

test('answers are counted by method, class of status and duration, each at its place', () => {
  let now = 100;
  const counter = new AnswerCounter(() => now);
  for (const _ of [1, 2, 3, 4, 5]) counter.begin();
  counter.end('GET', 200, 100);
  counter.end('GET', 204, 100);
  now = 103;
  // Came at another time: the first two took 3 ms, though the clock is read for both at once.
  counter.end('POST', 404, 53);
  counter.end('BREW', 0, 53);
  const { begun, over, byStatus, buckets, time } = readAnswers(counter.list);
  expect({ begun, over, time }).toEqual({ begun: 5, over: 4, time: 0.106 });
  expect(countOf(byStatus, 'GET', '2xx')).toBe(2);
  expect(countOf(byStatus, 'POST', '4xx')).toBe(1);
  expect(countOf(byStatus, 'other', 'none')).toBe(1);
  expect(byStatus.reduce((sum, count) => sum + count)).toBe(4);
  expect(buckets).toEqual([0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('what is over in one turn is measured behind it', async () => {
  let now = 0;
  const counter = new AnswerCounter(() => now);
  counter.end('GET', 200, 0);
  now = 20_000;
  await Promise.resolve();
  now = 30_000;
  expect(readAnswers(counter.list).time).toBe(20);
  expect(readAnswers(counter.list).buckets.at(-1)).toBe(1);
});

test('lists add up; one of another version, or none, counts nothing', () => {
  const one = new AnswerCounter(() => 5);
  one.end('PUT', 500, 0);
  const list = one.list;
  expect(isAnswerList(list)).toBe(true);
  expect(readAnswers(addAnswers(list, list)).over).toBe(2);
  expect(addAnswers(list, NO_ANSWERS)).toEqual(list);
  expect(addAnswers(NO_ANSWERS, list)).toEqual(list);
  expect(readAnswers([1, 2, 3]).over).toBe(0);
});
