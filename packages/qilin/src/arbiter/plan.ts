/**
 * What is to be done now: a pure function from what is wanted, what is, and the time, to a list of actions. The shell
 * carries each out and tells the fleet (`spawned`, `drained`, …), and plans again until nothing is left to do.
 */
import { bootLimit } from '../contract/boot-limit.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type Fleet, spawningGeneration, type WorkerView } from './fleet.ts';

export type Action =
  | { readonly type: 'spawn'; readonly generation: number }
  /** SIGTERM: finish what is in flight and leave. */
  | { readonly type: 'drain'; readonly age: number; readonly reason: string }
  /** SIGINT: leave now. */
  | { readonly type: 'quit'; readonly age: number }
  /** SIGABRT: `timeout` has passed. */
  | { readonly type: 'abort'; readonly age: number; readonly reason: string }
  /** SIGKILL: it was asked and did not go. */
  | { readonly type: 'kill'; readonly age: number; readonly reason: string }
  /** All workers of a reload are ready: the old generation may go. */
  | { readonly type: 'commit'; readonly generation: number }
  /** Nothing is left to do. */
  | { readonly type: 'exit'; readonly status: number };

/** A worker that has been sent SIGABRT or SIGINT has this long to go by itself. */
const ABORT_GRACE: Milliseconds = 500;
const QUIT_GRACE: Milliseconds = 2_000;
/** Beyond `gracefulTimeout`, when the worker itself closes what is left and runs the app's `onShutdown`. */
const DRAIN_GRACE: Milliseconds = 2_000;

export function plan(fleet: Fleet, now: Milliseconds): readonly Action[] {
  const overdue = fleet.workers.flatMap((worker) => planOverdue(fleet, worker, now));
  if (fleet.goal === 'serve') return [...overdue, ...planServing(fleet, now)];
  return [...overdue, ...planLeaving(fleet)];
}

function planServing(fleet: Fleet, now: Milliseconds): Action[] {
  const spawning = spawningGeneration(fleet);
  const mine = fleet.workers.filter((worker) => worker.generation === spawning);
  const ready = mine.filter(({ state }) => state === 'ready').length;
  if (fleet.candidate !== null && ready >= fleet.count) return [{ type: 'commit', generation: spawning }];

  const booting = mine.filter(({ state }) => state === 'booting').length;
  const lacking = Math.max(0, fleet.count - ready - booting);
  const allowed = fleet.limits.preloadApp && ready === 0 ? Math.min(lacking, 1 - Math.min(booting, 1)) : lacking;
  const spawns: Action[] =
    now < fleet.retryAt ? [] : Array.from({ length: allowed }, () => ({ type: 'spawn', generation: spawning }));
  return [...spawns, ...planSurplus(fleet)];
}

/** Who is to leave: workers of generations that are neither serving nor candidate, and those beyond the count. */
function planSurplus(fleet: Fleet): Action[] {
  const isMine = ({ generation }: WorkerView) => generation === fleet.generation || generation === fleet.candidate;
  const active = fleet.workers.filter(({ state }) => state === 'booting' || state === 'ready' || state === 'retiring');
  const serving = active.filter(({ generation, state }) => generation === fleet.generation && state === 'ready');
  // Reloads upon reloads and crashes can make a replaced worker the only one that serves: then it stays for a while.
  const enough = Math.max(fleet.fallback?.count ?? fleet.count, Math.min(fleet.count, 1));
  const isEnough = serving.length >= enough;
  const replaced = active.filter((worker) => !isMine(worker) && (isEnough || worker.state === 'booting'));
  const left = replaced.map(({ age }) => drain(age, 'its generation has been replaced'));
  return fleet.candidate === null ? [...left, ...planBeyondCount(fleet.count, active.filter(isMine))] : left;
}

function planBeyondCount(count: number, active: readonly WorkerView[]): Action[] {
  const ready = active.filter(({ state }) => state === 'ready');
  const retiring = active.filter(({ state }) => state === 'retiring');
  const booting = active.filter(({ state }) => state === 'booting');
  const serving = ready.length + retiring.length;
  // Those who asked go first, then the oldest. One that boots goes only when the ready ones suffice: the newest first.
  const byTurn = [...oldestFirst(retiring), ...oldestFirst(ready)].slice(0, Math.max(0, serving - count));
  const unneeded = booting.length - Math.max(0, count - ready.length);
  const early = oldestFirst(booting).reverse().slice(0, Math.max(0, unneeded));
  return [...byTurn, ...early].map(({ age, state }) => {
    return drain(age, state === 'retiring' ? 'its successor is ready' : 'fewer workers are wanted');
  });
}

const oldestFirst = (workers: readonly WorkerView[]) => [...workers].sort((a, b) => a.age - b.age);

const drain = (age: number, reason: string): Action => ({ type: 'drain', age, reason });

function planLeaving(fleet: Fleet): Action[] {
  if (fleet.workers.length === 0) return [{ type: 'exit', status: fleet.fatal ?? 0 }];
  const active = fleet.workers.filter(({ state }) => state === 'booting' || state === 'ready' || state === 'retiring');
  if (fleet.goal === 'drain') {
    return active.map(({ age }) => drain(age, 'the server is shutting down'));
  }
  return fleet.workers.filter(({ state }) => state !== 'aborting').map(({ age }): Action => ({ type: 'quit', age }));
}

/** A worker that has been silent, booting or leaving for too long. */
function planOverdue(fleet: Fleet, worker: WorkerView, now: Milliseconds): Action[] {
  const { age, state } = worker;
  if (worker.killed) return [];
  const { timeout, gracefulTimeout } = fleet.limits;
  const inState = now - worker.since;
  if (state === 'aborting') {
    const grace = fleet.goal === 'stop' ? QUIT_GRACE : ABORT_GRACE;
    return inState >= grace ? [{ type: 'kill', age, reason: 'it did not leave when asked' }] : [];
  }
  if (state === 'draining' && inState >= gracefulTimeout + DRAIN_GRACE) {
    return [
      { type: 'kill', age, reason: `it was still busy after the graceful timeout of ${gracefulTimeout / 1000} s` },
    ];
  }
  if (timeout === 0) return [];
  if (state === 'booting') {
    const limit = bootLimit(timeout);
    return inState >= limit ? [{ type: 'abort', age, reason: `not ready after ${limit / 1000} s` }] : [];
  }
  const silent = now - worker.heartbeatAt;
  if (silent < timeout) return [];
  const reason = `no heartbeat for ${(silent / 1000).toFixed(1)} s (timeout ${timeout / 1000} s)`;
  return [{ type: 'abort', age, reason }];
}
