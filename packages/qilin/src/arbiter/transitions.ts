/** How each event changes the fleet. Pure: no timers, no I/O; the time comes in with the event. */
import { backoff, WELL_AFTER } from '../contract/backoff.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { RetireCause } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import {
  type Fleet,
  type Goal,
  isServing,
  type Target,
  type Wanted,
  type WorkerState,
  type WorkerView,
} from './fleet.ts';

export type FleetEvent =
  | { readonly type: 'tick' }
  /** A worker is about to be spawned. */
  | { readonly type: 'preparing'; readonly generation: number }
  /** It has a process. */
  | { readonly type: 'spawned'; readonly age: number }
  /** It has none: the system refused. */
  | { readonly type: 'spawnFailed'; readonly age: number }
  /** It is not wanted any more, before it had a process. */
  | { readonly type: 'dropped'; readonly age: number }
  /** There is no memory for the worker that is to be spawned. */
  | { readonly type: 'crowded' }
  | { readonly type: 'ready'; readonly age: number }
  | { readonly type: 'heartbeat'; readonly age: number }
  | { readonly type: 'retire'; readonly age: number; readonly cause: RetireCause }
  /** It writes a snapshot of its heap, and then exits. */
  | { readonly type: 'snapshot'; readonly age: number }
  | { readonly type: 'drained'; readonly age: number }
  /** It drains, whoever told it to. */
  | { readonly type: 'leaving'; readonly age: number }
  | { readonly type: 'quitted'; readonly age: number }
  | { readonly type: 'aborted'; readonly age: number }
  | { readonly type: 'killed'; readonly age: number }
  /** `code` is why it did not boot, where it said so. */
  | { readonly type: 'exited'; readonly age: number; readonly fatalStatus: number; readonly code: ErrorCode | null }
  | { readonly type: 'reload'; readonly wanted: Wanted }
  | { readonly type: 'commit' }
  | { readonly type: 'callOff' }
  /** Of the serving generation and of a reload under way: to this number, or by one. */
  | { readonly type: 'scale'; readonly to: number | 'more' | 'fewer' }
  | { readonly type: 'goal'; readonly goal: Goal };

type Exited = Extract<FleetEvent, { type: 'exited' }>;

/** How often the shell sends `tick`. */
export const TICK: Milliseconds = 250;

/** The arbiter itself was not running (SIGSTOP, a suspended machine) when ticks are further apart than this. */
const AWAY: Milliseconds = 500;

/** A worker that has been sent SIGABRT or SIGINT has this long to go by itself. */
const ABORT_GRACE: Milliseconds = 500;
const QUIT_GRACE: Milliseconds = 2_000;
/** Beyond `gracefulTimeout`, when the worker itself closes what is left and runs the app's `onShutdown`. */
const DRAIN_GRACE: Milliseconds = 2_000;

export function apply(fleet: Fleet, event: FleetEvent, now: Milliseconds): Fleet {
  switch (event.type) {
    case 'tick':
      return tick(fleet, now);
    case 'preparing':
      return prepare(fleet, event.generation, now);
    case 'spawned':
      return enter(fleet, event.age, ['preparing'], { state: 'booting' }, now);
    case 'spawnFailed':
      return spawnFailed(fleet, event.age, now);
    case 'dropped':
      return { ...fleet, workers: fleet.workers.filter(({ age }) => age !== event.age) };
    case 'crowded':
      return crowded(fleet, now);
    case 'ready':
      return progress(enter({ ...fleet, started: true }, event.age, ['booting'], { state: 'ready' }, now), now);
    case 'heartbeat':
      return update(fleet, event.age, () => ({ heartbeatAt: now }));
    case 'retire':
      return retire(outgrew(fleet, event, now), event.age, event.cause, now);
    case 'snapshot':
      return snapshot(fleet, event.age, now);
    case 'drained':
      return drain(fleet, event.age, ['booting', 'ready', 'retiring'], now);
    case 'leaving':
      return drain(fleet, event.age, ['ready', 'retiring'], now);
    case 'quitted':
      return leave(fleet, event.age, ANY_ALIVE, 'quitting', () => now + QUIT_GRACE, now);
    case 'aborted':
      return abort(fleet, event.age, now);
    case 'killed':
      return update(fleet, event.age, () => ({ killed: true }));
    case 'exited':
      return exited(fleet, event, now);
    case 'reload':
      return reload(fleet, event.wanted, now);
    case 'commit':
      return commit(fleet, now);
    case 'callOff':
      return { ...fleet, candidate: null };
    case 'scale':
      return scale(fleet, event.to);
    case 'goal':
      return pursue(fleet, event.goal, now);
  }
}

/** What a snapshot may take: a gigabyte of heap about a minute. */
const SNAPSHOT_TIME: Milliseconds = 600_000;

const OUTGREW_AT_ONCE = 'a new worker outgrew maxMemory in its first second';
const FELL_AT_ONCE = 'a new worker failed in its first second';

const ANY_ALIVE: readonly WorkerState[] = ['booting', 'ready', 'retiring', 'draining', 'snapshotting', 'aborting'];

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

function leave(
  fleet: Fleet,
  age: number,
  from: readonly WorkerState[],
  state: WorkerState,
  leaveBy: (worker: WorkerView) => Milliseconds,
  now: Milliseconds,
): Fleet {
  const worker = find(fleet, age);
  return worker === undefined ? fleet : enter(fleet, age, from, { state, leaveBy: leaveBy(worker) }, now);
}

const find = (fleet: Fleet, age: number) => fleet.workers.find((worker) => worker.age === age);

/** Looked at again with the next tick. */
function crowded(fleet: Fleet, now: Milliseconds): Fleet {
  const isStill = now - fleet.crowdedUntil <= AWAY;
  return { ...fleet, crowdedUntil: now + TICK, crowdedSince: isStill ? fleet.crowdedSince : now };
}

function prepare(fleet: Fleet, generation: number, now: Milliseconds): Fleet {
  const age = fleet.lastAge + 1;
  const { limits } = generation === fleet.candidate?.number ? fleet.candidate : fleet.serving;
  const times = { since: now, heartbeatAt: now, leaveBy: null };
  const place = freePlace(fleet, generation);
  const worker: WorkerView = {
    age,
    generation,
    place,
    limits,
    state: 'preparing',
    ...times,
    killed: false,
    outgrewIn: null,
  };
  return { ...fleet, lastAge: age, workers: [...fleet.workers, worker] };
}

/** Those that hold their place. One that leaves, or has asked for a successor, gives it to that. */
const IN_PLACE: readonly WorkerState[] = ['preparing', 'booting', 'ready'];

function freePlace({ workers }: Fleet, generation: number): number {
  const holds = (place: number) =>
    workers.some((one) => one.generation === generation && one.place === place && IN_PLACE.includes(one.state));
  let place = 1;
  while (holds(place)) place += 1;
  return place;
}

/** A second reload replaces the candidate of the first; what served before both serves on. */
function reload(fleet: Fleet, wanted: Wanted, now: Milliseconds): Fleet {
  const number = fleet.lastGeneration + 1;
  return {
    ...fleet,
    candidate: { ...wanted, number, reached: 0, progressAt: now, flaw: null },
    lastGeneration: number,
  };
}

function commit(fleet: Fleet, now: Milliseconds): Fleet {
  if (fleet.candidate === null) return fleet;
  const { number, count, limits } = fleet.candidate;
  return { ...fleet, serving: { number, count, limits }, candidate: null, failures: 0, held: 0, retryAt: now };
}

function scale(fleet: Fleet, to: number | 'more' | 'fewer'): Fleet {
  const scaled = <T extends Target>(target: T): T => {
    const { count } = target;
    if (typeof to === 'number') return { ...target, count: to };
    return { ...target, count: to === 'more' ? count + 1 : Math.max(Math.min(count, 1), count - 1) };
  };
  return { ...fleet, serving: scaled(fleet.serving), candidate: fleet.candidate && scaled(fleet.candidate) };
}

function progress(fleet: Fleet, now: Milliseconds): Fleet {
  const { candidate, workers } = fleet;
  if (candidate === null) return fleet;
  const reached = workers.filter((worker) => worker.generation === candidate.number && isServing(worker)).length;
  return reached <= candidate.reached ? fleet : { ...fleet, candidate: { ...candidate, reached, progressAt: now } };
}

function outgrew(fleet: Fleet, { age, cause }: Extract<FleetEvent, { type: 'retire' }>, now: Milliseconds): Fleet {
  if (cause !== 'memory' && cause !== 'full') return fleet;
  return update(fleet, age, ({ outgrewIn, since }) => ({ outgrewIn: outgrewIn ?? now - since }));
}

function retire(fleet: Fleet, age: number, cause: RetireCause, now: Milliseconds): Fleet {
  const worker = find(fleet, age);
  // It answers what it has. No pause holds its successor up, which would leave nobody in its place.
  if (cause === 'full') return drain(fleet, age, ['ready', 'retiring'], now);
  if (cause !== 'failure') {
    const retiring = enter(fleet, age, ['ready'], { state: 'retiring' }, now);
    const isHasty = cause === 'memory' && worker?.state === 'ready' && !isWell(worker, now);
    // Its place is not empty: it serves until its successor is there.
    return isHasty ? failedToStart(retiring, worker, now, OUTGREW_AT_ONCE, 0) : retiring;
  }
  // It answers what it has, and takes no more.
  const leaving = drain(fleet, age, ['ready', 'retiring'], now);
  return worker?.state === 'ready' ? fallen(leaving, worker, now, FELL_AT_ONCE) : leaving;
}

function drain(fleet: Fleet, age: number, from: readonly WorkerState[], now: Milliseconds): Fleet {
  const leaveBy = ({ limits }: WorkerView) => now + limits.gracefulTimeout + DRAIN_GRACE;
  return leave(fleet, age, from, 'draining', leaveBy, now);
}

/** Its loop stands still meanwhile. Who waits for the server's end does not wait for that. */
function snapshot(fleet: Fleet, age: number, now: Milliseconds): Fleet {
  return update(fleet, age, ({ state, leaveBy }) => {
    if (state !== 'draining') return {};
    return { state: 'snapshotting', since: now, leaveBy: fleet.goal === 'serve' ? now + SNAPSHOT_TIME : leaveBy };
  });
}

/** A quick stop may follow a graceful one; never the other way round. */
function pursue(fleet: Fleet, goal: Goal, now: Milliseconds): Fleet {
  if (fleet.goal === 'stop') return fleet;
  const inTime = (worker: WorkerView): WorkerView => {
    if (worker.state !== 'snapshotting' || worker.leaveBy === null) return worker;
    return { ...worker, leaveBy: Math.min(worker.leaveBy, now + worker.limits.gracefulTimeout + DRAIN_GRACE) };
  };
  return { ...fleet, goal, candidate: null, workers: fleet.workers.map(inTime) };
}

function abort(fleet: Fleet, age: number, now: Milliseconds): Fleet {
  const worker = find(fleet, age);
  const from: readonly WorkerState[] = ['booting', 'ready', 'retiring', 'draining'];
  const aborting = leave(fleet, age, from, 'aborting', () => now + ABORT_GRACE, now);
  // Its place is empty from here on, and not when it has gone at last.
  if (worker?.state !== 'booting' || !fleet.started) return aborting;
  return fallen(aborting, worker, now, `a new worker was not ready in ${worker.limits.bootTimeout / 1000} s`);
}

function spawnFailed(fleet: Fleet, age: number, now: Milliseconds): Fleet {
  const worker = find(fleet, age);
  if (worker === undefined) return fleet;
  const rest = { ...fleet, workers: fleet.workers.filter((other) => other !== worker) };
  return fallen(rest, worker, now, 'a new worker could not be started');
}

function exited(fleet: Fleet, { age, fatalStatus, code }: Exited, now: Milliseconds): Fleet {
  const worker = find(fleet, age);
  if (worker === undefined) return fleet;
  const workers = fleet.workers.filter((other) => other !== worker);
  // Who waits for memory looks again, and has all its patience for those that are left.
  const rest = { ...fleet, workers, crowdedUntil: Math.min(now, fleet.crowdedUntil), crowdedSince: now };
  const { state, generation } = worker;
  if (fleet.goal !== 'serve') return rest;
  const isFirst = !fleet.started && generation === fleet.serving.number;
  if (isFirst && (state === 'booting' || state === 'aborting')) return { ...rest, goal: 'stop', fatal: fatalStatus };
  if (state === 'booting')
    return fallen(rest, worker, now, `a new worker failed to boot${code === null ? '' : ` (${code})`}`);
  return state === 'ready' ? fallen(rest, worker, now, FELL_AT_ONCE) : rest;
}

/**
 * A worker is lost. What served for a while is replaced at once; what fails at its start is tried again ever later.
 * @param flaw What that says of a reload.
 */
function fallen(fleet: Fleet, worker: WorkerView, now: Milliseconds, flaw: string): Fleet {
  if (isWell(worker, now)) return fleet;
  // While others do well, one that was ready fell by some request or by somebody's hand rather than by its start.
  const isAlone = worker.state === 'ready' && fleet.workers.some((other) => isWell(other, now));
  return isAlone && worker.generation !== fleet.candidate?.number ? fleet : failedToStart(fleet, worker, now, flaw);
}

/** @param empty How many places it leaves. */
function failedToStart(fleet: Fleet, worker: WorkerView, now: Milliseconds, flaw: string, empty = 1): Fleet {
  const { candidate } = fleet;
  if (candidate !== null && worker.generation === candidate.number) {
    return { ...fleet, candidate: { ...candidate, flaw: candidate.flaw ?? flaw } };
  }
  if (worker.generation !== fleet.serving.number) return fleet;
  // Many that fall at once are one failure: only the first of them lengthens the pause.
  if (now < fleet.retryAt) return { ...fleet, held: fleet.held + empty };
  const failures = fleet.failures + 1;
  const pause = backoff(failures);
  return { ...fleet, failures, failedAt: now, held: pause > 0 ? empty : 0, retryAt: now + pause };
}

const isWell = ({ state, since }: WorkerView, now: Milliseconds): boolean =>
  state === 'ready' && now - since >= WELL_AFTER;

function tick(fleet: Fleet, now: Milliseconds): Fleet {
  const away = now - fleet.tickedAt - TICK;
  const here = away > AWAY ? skip(fleet, away, now) : fleet;
  const isWellAgain = here.workers.some((worker) => isWell(worker, now) && worker.since >= here.failedAt);
  return { ...here, tickedAt: now, ...(isWellAgain && here.failures > 0 && { failures: 0, held: 0, retryAt: now }) };
}

/** The time in which this process did not run counts for nothing: the workers did not run either, or could not be heard. */
function skip(fleet: Fleet, away: Milliseconds, now: Milliseconds): Fleet {
  const past = (time: Milliseconds) => Math.min(now, time + away);
  const { candidate } = fleet;
  return {
    ...fleet,
    workers: fleet.workers.map((worker) => ({
      ...worker,
      since: past(worker.since),
      heartbeatAt: past(worker.heartbeatAt),
      leaveBy: worker.leaveBy === null ? null : worker.leaveBy + away,
    })),
    candidate: candidate && { ...candidate, progressAt: past(candidate.progressAt) },
    failedAt: past(fleet.failedAt),
    retryAt: fleet.retryAt + away,
  };
}
