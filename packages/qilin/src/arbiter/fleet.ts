/**
 * What the arbiter knows and wants. transitions.ts says how each event changes it, plan.ts what to do about it; all three are
 * pure.
 *
 * A reload is a candidate generation beside the serving one: it becomes the serving one when all of its workers are
 * ready (commit), and is called off when one of them fails at its start, or they make no progress (callOff). Until then
 * the serving one is kept complete as ever.
 */
import { WELL_AFTER } from '../contract/backoff.ts';
import type { Milliseconds } from '../contract/units.ts';

/**
 * preparing (a hook runs before it is spawned) → booting → ready → retiring → draining; from any of them aborting when
 * `timeout` passed, or quitting when it is to leave at once; from draining also snapshotting, where it writes what its heap
 * holds. A worker that exits is removed. `retiring` serves still, but has asked for a successor; `draining` leaves and accepts
 * no more: it has been told to, by the plan or by anybody else, or has failed.
 */
export const WORKER_STATES = [
  'preparing',
  'booting',
  'ready',
  'retiring',
  'draining',
  'snapshotting',
  'quitting',
  'aborting',
] as const;

export type WorkerState = (typeof WORKER_STATES)[number];

export interface WorkerView {
  /** Counts the workers from 1 on, over all generations. */
  readonly age: number;
  readonly generation: number;
  /** Its number among those of its generation, from 1 on: that of the one which it replaces. */
  readonly place: number;
  /** Those of its generation. */
  readonly limits: FleetLimits;
  readonly state: WorkerState;
  /** When the state was entered. */
  readonly since: Milliseconds;
  readonly heartbeatAt: Milliseconds;
  /** When it must have left; null as long as it need not leave. */
  readonly leaveBy: Milliseconds | null;
  /** SIGKILL has been sent. */
  readonly killed: boolean;
  /** For how long it had served when it had outgrown its memory; null where it has not. */
  readonly outgrewIn: Milliseconds | null;
}

/** serve: keep `count` workers running; drain: TERM, let them finish; stop: INT or QUIT, end them now. */
export type Goal = 'serve' | 'drain' | 'stop';

/** The settings that the rules depend on. */
interface FleetLimits {
  /** Heartbeat that may stay away; 0 for ever. */
  readonly timeout: Milliseconds;
  /** What a worker may take to get ready; 0 for ever. */
  readonly bootTimeout: Milliseconds;
  readonly gracefulTimeout: Milliseconds;
  /** One worker boots alone, the rest once it is ready. */
  readonly preloadApp: boolean;
  /** The same for what is to take the place of workers that serve: a reload, an upgrade. */
  readonly canary: boolean;
  /** Replaced generations that may drain at the same time. */
  readonly drainGenerations: number;
}

/** What a reload may change. */
export interface Wanted {
  /** Workers wanted while the goal is to serve. */
  readonly count: number;
  readonly limits: FleetLimits;
}

export interface Target extends Wanted {
  /** Numbers are never used twice, so that a worker of a reload that was called off is not taken for a new one. */
  readonly number: number;
}

interface Candidate extends Target {
  /** The most of its workers that served at the same time, and since when. */
  readonly reached: number;
  readonly progressAt: Milliseconds;
  /** Why it cannot serve; null as long as nothing speaks against it. */
  readonly flaw: string | null;
}

export interface Fleet {
  readonly goal: Goal;
  /** This server is to take the place of another, which serves meanwhile. */
  readonly isUpgrade: boolean;
  /** The generation that serves. */
  readonly serving: Target;
  /** The generation that a reload is booting. */
  readonly candidate: Candidate | null;
  readonly lastGeneration: number;
  /** A worker has been ready once: from then on a failure is retried, before it ends the server. */
  readonly started: boolean;
  /** Failed starts in a row, for the back-off. */
  readonly failures: number;
  readonly failedAt: Milliseconds;
  /** Places of the serving generation that stay empty until `retryAt`, since their workers failed at their start. */
  readonly held: number;
  readonly retryAt: Milliseconds;
  /** Until then no successor is started, as there is no memory for one beside those who leave; and since when that has been so. */
  readonly crowdedUntil: Milliseconds;
  readonly crowdedSince: Milliseconds;
  /** Set when the first start failed: the exit status to end with. */
  readonly fatal: number | null;
  readonly lastAge: number;
  readonly tickedAt: Milliseconds;
  readonly workers: readonly WorkerView[];
}

/** `retiring` serves as well as `ready`, until its successor is there. */
export const isServing = ({ state }: WorkerView): boolean => state === 'ready' || state === 'retiring';

const LEAVING: readonly WorkerState[] = ['draining', 'snapshotting', 'quitting', 'aborting'];

/** It is going to give its memory back. */
export const isLeaving = ({ state }: WorkerView): boolean => LEAVING.includes(state);

/** Those that have outgrown their memory and are still there: until they have left a successor may have to wait for it. */
export const outgrown = ({ workers }: Fleet): readonly WorkerView[] =>
  workers.filter((worker) => worker.outgrewIn !== null && (worker.state === 'retiring' || isLeaving(worker)));

/** For how long a successor waits for memory while nobody serves, and while nobody leaves. */
export const CROWDED_PATIENCE: Milliseconds = 5_000;

/** Whether a new worker of that generation may be made to wait until one that has outgrown its memory has given it back. */
export function mayWaitForMemory(fleet: Fleet, generation: number, now: Milliseconds): boolean {
  const { serving, workers, crowdedSince, crowdedUntil } = fleet;
  if (generation !== serving.number || outgrown(fleet).length === 0) return false;
  const hasWaited = now < crowdedUntil && now - crowdedSince >= CROWDED_PATIENCE;
  return !hasWaited || workers.some((worker) => worker.generation === generation && isServing(worker));
}

/**
 * Places of the serving generation that have no new worker until the pause is over: those of workers that failed at their start, and
 * those who had outgrown their memory as soon, for as long as they serve all the same. One of these that leaves has its successor at
 * once: an app that fills its memory in a second is no crash loop.
 */
export const heldPlaces = (fleet: Fleet, now: Milliseconds): number =>
  now >= fleet.retryAt ? 0 : fleet.held + hastyPlaces(fleet, now);

/** Of these, the places of those who serve all the same. */
export function hastyPlaces({ retryAt, serving, workers }: Fleet, now: Milliseconds): number {
  if (now >= retryAt) return 0;
  const isHasty = ({ generation, state, outgrewIn }: WorkerView) =>
    generation === serving.number && state === 'retiring' && outgrewIn !== null && outgrewIn < WELL_AFTER;
  return workers.filter(isHasty).length;
}

/** Whether what a generation's workers are to replace serves until they have shown that they can. */
export const isOnTrial = ({ candidate, isUpgrade, started }: Fleet, generation: number): boolean =>
  generation === candidate?.number || (isUpgrade && !started);

export function createFleet(wanted: Wanted, now: Milliseconds, isUpgrade = false): Fleet {
  return {
    goal: 'serve',
    isUpgrade,
    serving: { ...wanted, number: 1 },
    candidate: null,
    lastGeneration: 1,
    started: false,
    failures: 0,
    failedAt: now,
    held: 0,
    retryAt: now,
    crowdedUntil: now,
    crowdedSince: now,
    fatal: null,
    lastAge: 0,
    tickedAt: now,
    workers: [],
  };
}

/** How many workers are wanted, by a reload under way where there is one. */
export const wantedCount = ({ candidate, serving }: Fleet): number => (candidate ?? serving).count;
