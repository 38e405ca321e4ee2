/**
 * What the arbiter knows and wants, and how each event changes it. Pure: no timers, no I/O; the time comes in with the
 * event. plan.ts decides what to do about it.
 *
 * A reload is a candidate generation beside the serving one: it becomes the serving one when all of its workers are
 * ready (commit), and is called off when one of them fails to boot (rollback). Until then the old one serves.
 */
import { backoff, WELL_AFTER } from '../contract/backoff.ts';
import type { Milliseconds } from '../contract/units.ts';

/**
 * booting → ready → retiring → draining, and from any of them aborting when `timeout` passed. A worker that exits is
 * removed. `retiring` serves still, but has asked for a successor; `draining` has been told to leave.
 */
type WorkerState = 'booting' | 'ready' | 'retiring' | 'draining' | 'aborting';

export interface WorkerView {
  /** Counts the workers from 1 on, over all generations. */
  readonly age: number;
  readonly generation: number;
  readonly state: WorkerState;
  /** When the state was entered. */
  readonly since: Milliseconds;
  readonly heartbeatAt: Milliseconds;
  /** It has accepted connections: false for one that only ever booted. */
  readonly wasReady: boolean;
  /** SIGKILL has been sent. */
  readonly killed: boolean;
}

/** serve: keep `count` workers running; drain: TERM, let them finish; stop: INT or QUIT, end them now. */
type Goal = 'serve' | 'drain' | 'stop';

/** The settings that the rules depend on. */
interface FleetLimits {
  /** Heartbeat that may stay away; 0 for ever. */
  readonly timeout: Milliseconds;
  readonly gracefulTimeout: Milliseconds;
  /** One worker boots alone, the rest once it is ready. */
  readonly preloadApp: boolean;
}

/** What a reload may change, and what comes back when it is called off. */
export interface Wanted {
  /** Workers wanted while the goal is to serve. */
  readonly count: number;
  readonly limits: FleetLimits;
}

export interface Fleet extends Wanted {
  readonly goal: Goal;
  /** The generation that serves. */
  readonly generation: number;
  /** The generation that a reload is booting. */
  readonly candidate: number | null;
  /** What was wanted before the reload; null while none is under way. */
  readonly fallback: Wanted | null;
  /** Numbers are never used twice, so that a worker of a reload that was called off is not taken for a new one. */
  readonly lastGeneration: number;
  /** A worker has been ready once: from then on a failure is retried, before it ends the server. */
  readonly started: boolean;
  /** Unplanned exits in a row, for the back-off. */
  readonly failures: number;
  readonly failedAt: Milliseconds;
  /** No worker is spawned before this time. */
  readonly retryAt: Milliseconds;
  /** Set when the first start failed: the exit status to end with. */
  readonly fatal: number | null;
  readonly lastAge: number;
  readonly tickedAt: Milliseconds;
  readonly workers: readonly WorkerView[];
}

export type FleetEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'spawned' }
  | { readonly type: 'ready'; readonly age: number }
  | { readonly type: 'heartbeat'; readonly age: number }
  | { readonly type: 'retire'; readonly age: number; readonly failed: boolean }
  | { readonly type: 'drained'; readonly age: number }
  | { readonly type: 'aborted'; readonly age: number }
  | { readonly type: 'killed'; readonly age: number }
  | { readonly type: 'exited'; readonly age: number; readonly fatalStatus: number }
  | { readonly type: 'reload'; readonly wanted: Wanted }
  | { readonly type: 'commit' }
  | { readonly type: 'scale'; readonly count: number }
  | { readonly type: 'goal'; readonly goal: Goal };

/** How often the shell sends `tick`. */
export const TICK: Milliseconds = 250;

/** The arbiter itself was not running (SIGSTOP, a suspended machine) when ticks are further apart than this. */
const AWAY: Milliseconds = 1_000;

export function createFleet(wanted: Wanted, now: Milliseconds): Fleet {
  return {
    ...wanted,
    goal: 'serve',
    generation: 1,
    candidate: null,
    fallback: null,
    lastGeneration: 1,
    started: false,
    failures: 0,
    failedAt: now,
    retryAt: now,
    fatal: null,
    lastAge: 0,
    tickedAt: now,
    workers: [],
  };
}

/** The generation that new workers belong to. */
export const spawningGeneration = (fleet: Fleet): number => fleet.candidate ?? fleet.generation;

export function apply(fleet: Fleet, event: FleetEvent, now: Milliseconds): Fleet {
  switch (event.type) {
    case 'tick':
      return tick(fleet, now);
    case 'spawned':
      return spawned(fleet, now);
    case 'ready':
      return enter({ ...fleet, started: true }, event.age, ['booting'], { state: 'ready', wasReady: true }, now);
    case 'heartbeat':
      return update(fleet, event.age, () => ({ heartbeatAt: now }));
    case 'retire': {
      const retiring = enter(fleet, event.age, ['ready'], { state: 'retiring' }, now);
      return event.failed ? failed(retiring, now) : retiring;
    }
    case 'drained':
      return enter(fleet, event.age, ['booting', 'ready', 'retiring'], { state: 'draining' }, now);
    case 'aborted':
      return enter(fleet, event.age, ['booting', 'ready', 'retiring', 'draining'], { state: 'aborting' }, now);
    case 'killed':
      return update(fleet, event.age, () => ({ killed: true }));
    case 'exited':
      return exited(fleet, event.age, event.fatalStatus, now);
    case 'reload':
      return reload(fleet, event.wanted, now);
    case 'commit':
      return { ...fleet, generation: spawningGeneration(fleet), candidate: null, fallback: null };
    case 'scale':
      return { ...fleet, count: event.count };
    case 'goal':
      // A quick stop may follow a graceful one; never the other way round.
      return fleet.goal === 'stop' ? fleet : { ...fleet, goal: event.goal, candidate: null };
  }
}

function update(fleet: Fleet, age: number, change: (worker: WorkerView) => Partial<WorkerView>): Fleet {
  const workers = fleet.workers.map((worker) => (worker.age === age ? { ...worker, ...change(worker) } : worker));
  return { ...fleet, workers };
}

function enter(
  fleet: Fleet,
  age: number,
  from: readonly WorkerState[],
  next: Partial<WorkerView>,
  now: Milliseconds,
): Fleet {
  const change = { ...next, since: now, heartbeatAt: now };
  return update(fleet, age, (worker) => (from.includes(worker.state) ? change : {}));
}

/** A second reload replaces the candidate of the first; what served before both is still what a rollback returns to. */
function reload(fleet: Fleet, wanted: Wanted, now: Milliseconds): Fleet {
  const lastGeneration = fleet.lastGeneration + 1;
  const fallback = fleet.fallback ?? { count: fleet.count, limits: fleet.limits };
  return { ...fleet, ...wanted, candidate: lastGeneration, lastGeneration, fallback, failures: 0, retryAt: now };
}

const rollback = (fleet: Fleet): Fleet => ({ ...fleet, ...fleet.fallback, candidate: null, fallback: null });

function spawned(fleet: Fleet, now: Milliseconds): Fleet {
  const age = fleet.lastAge + 1;
  const worker: WorkerView = {
    age,
    generation: spawningGeneration(fleet),
    state: 'booting',
    since: now,
    heartbeatAt: now,
    wasReady: false,
    killed: false,
  };
  return { ...fleet, lastAge: age, workers: [...fleet.workers, worker] };
}

function tick(fleet: Fleet, now: Milliseconds): Fleet {
  const away = now - fleet.tickedAt - TICK;
  // One that was heard since then has not been silent at all.
  const forgive = (worker: WorkerView) => ({ ...worker, heartbeatAt: Math.min(now, worker.heartbeatAt + away) });
  const workers = away > AWAY ? fleet.workers.map(forgive) : fleet.workers;
  const well = fleet.workers.some(
    ({ state, since }) => state === 'ready' && since >= fleet.failedAt && now - since >= WELL_AFTER,
  );
  return { ...fleet, workers, tickedAt: now, failures: well ? 0 : fleet.failures };
}

function exited(fleet: Fleet, age: number, fatalStatus: number, now: Milliseconds): Fleet {
  const gone = fleet.workers.find((worker) => worker.age === age);
  if (gone === undefined) return fleet;
  const rest = { ...fleet, workers: fleet.workers.filter((worker) => worker !== gone) };
  const planned = gone.state === 'draining' || gone.state === 'retiring' || fleet.goal !== 'serve';
  if (planned) return rest;
  if (!fleet.started) return { ...rest, goal: 'stop', fatal: fatalStatus };
  if (gone.generation === fleet.candidate && !gone.wasReady) return rollback(rest);
  return failed(rest, now);
}

/** Many that fall at once are one failure: only the first of them lengthens the pause. */
function failed(fleet: Fleet, now: Milliseconds): Fleet {
  if (now < fleet.retryAt) return fleet;
  const failures = fleet.failures + 1;
  return { ...fleet, failures, failedAt: now, retryAt: now + backoff(failures) };
}
