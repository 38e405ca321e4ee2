/**
 * What a worker counts beside its answers, as it travels: one list of numbers that only grow, each at its place. Counted where `adminBind` is
 * set; else, and by a class from outside that counts nothing, the list is empty.
 */
import { BOUNDS } from './answers.ts';
import type { Milliseconds, Seconds } from './units.ts';

/** The settings whose time has passed: of clients, and of the app. */
export const DEADLINES = ['headersTimeout', 'bodyTimeout', 'responseTimeout', 'requestTimeout', 'sendTimeout'] as const;
export type Deadline = (typeof DEADLINES)[number];

/** Why a request was not handed to the app, and with which status. */
const REASONS = {
  malformed: 400,
  body_too_large: 413,
  line_too_long: 414,
  expectation: 417,
  head_too_large: 431,
  not_implemented: 501,
  version: 505,
  other: 0,
} as const;

export const REFUSALS = Object.keys(REASONS);
const REFUSED_WITH: readonly number[] = Object.values(REASONS);

/** How V8 collects garbage: `PerformanceNodeTiming`'s kinds. */
export const COLLECTIONS = ['minor', 'major', 'incremental', 'weak'] as const;
export type Collection = (typeof COLLECTIONS)[number];

export type TallyList = readonly number[];

export const NO_TALLY: TallyList = [];

const WAITED = 0;
const WAITS = 1;
const LATE = WAITS + BOUNDS.length + 1;
const REFUSED = LATE + DEADLINES.length;
const COLLECTED = REFUSED + REFUSALS.length;
const COLLECTING = COLLECTED + COLLECTIONS.length;
const SIZE = COLLECTING + COLLECTIONS.length;

export interface Tally {
  /** Of the requests that were asked how long they had waited: how many are in each bucket, and the sum. */
  readonly waits: readonly number[];
  readonly waited: Seconds;
  /** In the order of their tables. */
  readonly deadlines: readonly number[];
  readonly refusals: readonly number[];
  readonly collections: readonly number[];
  readonly collecting: readonly Milliseconds[];
}

export const newTallyList = (): number[] => Array.from({ length: SIZE }, () => 0);

export function addTallies(one: TallyList, other: TallyList): TallyList {
  if (one.length === 0) return other;
  return other.length === 0 ? one : one.map((count, index) => count + (other[index] ?? 0));
}

/** Of another version, after an update in place, nothing is known. */
export function readTally(list: TallyList): Tally {
  const whole = list.length === SIZE ? list : newTallyList();
  return {
    waits: whole.slice(WAITS, LATE),
    waited: (whole[WAITED] ?? 0) / 1000,
    deadlines: whole.slice(LATE, REFUSED),
    refusals: whole.slice(REFUSED, COLLECTED),
    collections: whole.slice(COLLECTED, COLLECTING),
    collecting: whole.slice(COLLECTING),
  };
}

/** Where in the list. */
export const tallyPlace = {
  /** Milliseconds. */
  waited: WAITED,
  wait(waited: Seconds): number {
    const bucket = BOUNDS.findIndex((bound) => waited <= bound);
    return WAITS + (bucket < 0 ? BOUNDS.length : bucket);
  },
  deadline: (which: Deadline): number => LATE + DEADLINES.indexOf(which),
  refusal(status: number): number {
    const reason = REFUSED_WITH.indexOf(status);
    return REFUSED + (reason < 0 ? REFUSED_WITH.length - 1 : reason);
  },
  collection: (kind: Collection): number => COLLECTED + COLLECTIONS.indexOf(kind),
  collecting: (kind: Collection): number => COLLECTING + COLLECTIONS.indexOf(kind),
} as const;
