/**
 * What is to be done now: a pure function from what is wanted, what is, and the time, to a list of actions. The shell
 * carries each out and tells the fleet (`preparing`, `drained`, …), and plans again until nothing is left to do.
 */
import type { Milliseconds } from '../contract/units.ts';
import {
  CROWDED_PATIENCE,
  type Fleet,
  hastyPlaces,
  heldPlaces,
  isLeaving,
  isOnTrial,
  isServing,
  mayWaitForMemory,
  outgrown,
  type Target,
  type WorkerView,
} from './fleet.ts';

export type Action =
  | { readonly type: 'spawn'; readonly generation: number }
  /** It is not wanted any more, and has no process yet. */
  | { readonly type: 'drop'; readonly age: number }
  /** SIGTERM: finish what is in flight and leave. */
  | { readonly type: 'drain'; readonly age: number; readonly reason: string }
  /** SIGINT: leave now. */
  | { readonly type: 'quit'; readonly age: number; readonly reason: string }
  /** SIGABRT: `timeout` has passed. */
  | { readonly type: 'abort'; readonly age: number; readonly reason: string }
  /** SIGKILL: it was asked and did not go. */
  | { readonly type: 'kill'; readonly age: number; readonly reason: string }
  /** All workers of a reload are ready: the old generation may go. */
  | { readonly type: 'commit'; readonly generation: number }
  /** A reload cannot be: the old generation serves on. */
  | { readonly type: 'callOff'; readonly reason: string }
  /** Nothing is left to do. */
  | { readonly type: 'exit'; readonly status: number };

export function plan(fleet: Fleet, now: Milliseconds): readonly Action[] {
  const overdue = fleet.workers.flatMap((worker) => planOverdue(worker, now));
  if (overdue.length > 0) return overdue;
  return fleet.goal === 'serve' ? planServing(fleet, now) : planLeaving(fleet);
}

function planServing(fleet: Fleet, now: Milliseconds): Action[] {
  const { serving, candidate } = fleet;
  // At the very first start a worker that failed ends the server: none is spawned for it until it has gone.
  const isFirst = (worker: WorkerView) => !fleet.started && worker.state === 'aborting';
  const present = heldPlaces(fleet, now) + fleet.workers.filter(isFirst).length;
  const isCrowded = now < fleet.crowdedUntil && mayWaitForMemory(fleet, serving.number, now);
  const served = isCrowded ? planCrowded(fleet, now) : planTarget(fleet, serving, present, hastyPlaces(fleet, now));
  if (candidate === null) return [...served, ...planReplaced(fleet), ...planDraining(fleet)];
  const verdict = planVerdict(fleet, now);
  if (verdict !== undefined) return [verdict];
  const tried = planTarget(fleet, candidate, 0, 0);
  return [...served, ...tried, ...planReplaced(fleet), ...planDraining(fleet)];
}

/** There is no memory for another worker until some that has outgrown its own has left: at last it does so before its successor is there. */
function planCrowded(fleet: Fleet, now: Milliseconds): Action[] {
  const { serving, crowdedSince, workers } = fleet;
  const beyond = planBeyondCount(serving.count, workersOf(fleet, serving.number));
  if (beyond.length > 0 || workers.some(isLeaving) || now - crowdedSince < CROWDED_PATIENCE) return beyond;
  return oldestFirst(outgrown(fleet))
    .slice(0, 1)
    .map((worker) => drain(worker, 'there is no memory for its successor beside it'));
}

/** What becomes of a reload, when that can be said. */
function planVerdict({ candidate, workers }: Fleet, now: Milliseconds): Action | undefined {
  if (candidate === null) return undefined;
  const { number, count, limits, flaw, progressAt } = candidate;
  if (flaw !== null) return { type: 'callOff', reason: flaw };
  if (count === 0)
    return { type: 'callOff', reason: 'no workers are wanted, so that nobody would find out its faults' };
  // One that asks for a successor serves meanwhile: where workers are recycled faster than they boot, all are never `ready`.
  const served = workers.filter((worker) => worker.generation === number && isServing(worker)).length;
  if (served >= count) return { type: 'commit', generation: number };
  if (limits.bootTimeout === 0 || now - progressAt < limits.bootTimeout) return undefined;
  const reason = `only ${served} of ${count} new workers were ready when ${limits.bootTimeout / 1000} s had passed`;
  return { type: 'callOff', reason };
}

/** Keeps a generation complete. `present` is how many places are to stay empty, `hasty` how many of them are of workers that retire. */
function planTarget(fleet: Fleet, target: Target, present: number, hasty: number): Action[] {
  const mine = workersOf(fleet, target.number);
  const { preloadApp, canary } = target.limits;
  const isAlone = preloadApp || (canary && isOnTrial(fleet, target.number));
  const ready = mine.filter(({ state }) => state === 'ready').length;
  const retiring = mine.filter(({ state }) => state === 'retiring').length - hasty;
  const coming = mine.filter(isComing).length;
  const lacking = Math.max(0, target.count - ready - coming - present);
  // Those who serve still wait for their successors one after the other, as memory and CPUs are there for the wanted ones alone.
  const next = Math.min(lacking, Math.max(lacking - retiring, coming === 0 ? 1 : 0));
  const allowed = isAlone && !mine.some(isServing) ? Math.min(next, 1 - Math.min(coming, 1)) : next;
  const spawns = Array.from({ length: allowed }, (): Action => ({ type: 'spawn', generation: target.number }));
  return [...spawns, ...planBeyondCount(target.count, mine)];
}

function planBeyondCount(count: number, mine: readonly WorkerView[]): Action[] {
  const ready = mine.filter(({ state }) => state === 'ready');
  const retiring = mine.filter(({ state }) => state === 'retiring');
  const coming = mine.filter(isComing);
  const serving = ready.length + retiring.length;
  // Those who asked go first, then the oldest. One that boots goes only when the ready ones suffice: the newest first.
  const byTurn = [...oldestFirst(retiring), ...oldestFirst(ready)].slice(0, Math.max(0, serving - count));
  const unneeded = coming.length - Math.max(0, count - ready.length);
  const early = oldestFirst(coming).reverse().slice(0, Math.max(0, unneeded));
  return [...byTurn, ...early].map((worker) => {
    return drain(worker, worker.state === 'retiring' ? 'its successor is ready' : 'fewer workers are wanted');
  });
}

/**
 * Workers of generations that are neither serving nor candidate. Crashes and reloads upon reloads can leave too few that
 * serve: then as many of these as are lacking stay for a while, the newest.
 */
function planReplaced(fleet: Fleet): Action[] {
  const { serving } = fleet;
  const others = fleet.workers.filter((worker) => isReplaced(fleet, worker));
  const served = workersOf(fleet, serving.number).filter(isServing).length;
  const useful = oldestFirst(others.filter(isServing)).reverse();
  const surplus = useful.slice(Math.max(0, serving.count - served));
  return [...others.filter(isComing), ...surplus].map((worker) => drain(worker, 'its generation has been replaced'));
}

/** Each reload may leave a generation that still drains: the oldest beyond the bound are ended. */
function planDraining(fleet: Fleet): Action[] {
  const { drainGenerations } = fleet.serving.limits;
  const draining = fleet.workers.filter((worker) => isReplaced(fleet, worker) && worker.state === 'draining');
  const numbers = [...new Set(draining.map(({ generation }) => generation))].sort((a, b) => b - a);
  const ended = numbers.slice(drainGenerations);
  const reason = `more than ${drainGenerations} replaced generations drain (drainGenerations)`;
  return draining
    .filter(({ generation }) => ended.includes(generation))
    .map(({ age }) => ({ type: 'quit', age, reason }));
}

const isReplaced = ({ serving, candidate }: Fleet, { generation }: WorkerView) =>
  generation !== serving.number && generation !== candidate?.number;

const workersOf = ({ workers }: Fleet, number: number) => workers.filter(({ generation }) => generation === number);

const isComing = ({ state }: WorkerView) => state === 'preparing' || state === 'booting';

const oldestFirst = (workers: readonly WorkerView[]) => [...workers].sort((a, b) => a.age - b.age);

const drain = ({ age, state }: WorkerView, reason: string): Action =>
  state === 'preparing' ? { type: 'drop', age } : { type: 'drain', age, reason };

function planLeaving({ goal, workers, fatal }: Fleet): Action[] {
  if (workers.length === 0) return [{ type: 'exit', status: fatal ?? 0 }];
  const reason = 'the server is shutting down';
  return workers.flatMap((worker) => {
    const { age, state } = worker;
    if (isComing(worker) || isServing(worker)) {
      return goal === 'drain' || state === 'preparing' ? [drain(worker, reason)] : [{ type: 'quit', age, reason }];
    }
    return goal === 'stop' && (state === 'draining' || state === 'snapshotting') ? [{ type: 'quit', age, reason }] : [];
  });
}

/** A worker that has been silent, booting or leaving for too long. */
function planOverdue(worker: WorkerView, now: Milliseconds): Action[] {
  const { age, state, limits, since, heartbeatAt, leaveBy } = worker;
  if (worker.killed || state === 'preparing') return [];
  if (leaveBy !== null && now >= leaveBy) return [{ type: 'kill', age, reason: lateness(worker) }];
  if (state === 'snapshotting' || state === 'quitting' || state === 'aborting') return [];
  if (state === 'booting') {
    const { bootTimeout } = limits;
    const isLate = bootTimeout > 0 && now - since >= bootTimeout;
    return isLate ? [{ type: 'abort', age, reason: `not ready after ${bootTimeout / 1000} s (bootTimeout)` }] : [];
  }
  const { timeout } = limits;
  const silent = now - heartbeatAt;
  if (timeout === 0 || silent < timeout) return [];
  const reason = `no heartbeat for ${(silent / 1000).toFixed(1)} s (timeout ${timeout / 1000} s)`;
  return [{ type: 'abort', age, reason }];
}

function lateness({ state, limits }: WorkerView): string {
  if (state === 'snapshotting') return 'it was still writing a snapshot of its heap';
  if (state !== 'draining') return 'it did not leave when asked';
  return `it was still busy after the graceful timeout of ${limits.gracefulTimeout / 1000} s`;
}
