/**
 * What a worker counts of the requests that it has answered, as it travels: one list of numbers that only grow, each at its place.
 * Counted where `adminBind` is set; else, and by a class from outside that counts nothing, the list is empty.
 */
import type { Seconds } from './units.ts';

/** By which requests are told apart. Clients may send what they like, and none of it is to grow a table. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const;

/** `none`: the client had left, or was cut off, before it had a status. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** The upper bounds of the buckets of durations; what takes longer is in one more. */
export const BOUNDS: readonly Seconds[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type AnswerList = readonly number[];

/** Where is what. */
const BEGUN = 0;
const TIME = 1;
const BUCKETS = 2;
const STATUSES = BUCKETS + BOUNDS.length + 1;
const SIZE = STATUSES + METHODS.length * STATUS_CLASSES.length;

/** What the list says. */
export interface Answers {
  /** Requests that came, and those of them that are over. */
  readonly begun: number;
  readonly over: number;
  /** By method and class of status, in the order of the two tables: those of `GET` first. */
  readonly byStatus: readonly number[];
  /** Durations: how many are in each bucket, and the sum of all. */
  readonly buckets: readonly number[];
  readonly time: Seconds;
}

export const NO_ANSWERS: AnswerList = [];

/** A list that can be counted in, all 0. */
export const newAnswerList = (): number[] => Array.from({ length: SIZE }, () => 0);

/** Whether it has the size that this version counts with: after an update in place it may not. */
export const isAnswerList = (list: AnswerList): boolean => list.length === SIZE;

export function addAnswers(one: AnswerList, other: AnswerList): AnswerList {
  if (one.length === 0) return other;
  return other.length === 0 ? one : one.map((count, index) => count + (other[index] ?? 0));
}

export function readAnswers(list: AnswerList): Answers {
  const whole = isAnswerList(list) ? list : newAnswerList();
  const buckets = whole.slice(BUCKETS, STATUSES);
  return {
    begun: whole[BEGUN] ?? 0,
    over: buckets.reduce((sum, count) => sum + count, 0),
    byStatus: whole.slice(STATUSES),
    buckets,
    time: (whole[TIME] ?? 0) / 1000,
  };
}

/** Where in the list. */
export const placeOf = {
  begun: BEGUN,
  /** Milliseconds. */
  time: TIME,
  bucket: (duration: Seconds): number => {
    let bucket = 0;
    while (bucket < BOUNDS.length && duration > (BOUNDS[bucket] ?? 0)) bucket += 1;
    return BUCKETS + bucket;
  },
  status: (method: number, status: number): number => {
    const group = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
    return STATUSES + method * STATUS_CLASSES.length + group;
  },
} as const;
