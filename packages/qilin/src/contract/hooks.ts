/**
 * The server hooks of a config file, named as Gunicorn's in camelCase. Hooks of the arbiter run in the arbiter's process,
 * hooks of a worker in the worker's. Each may be async. A hook that throws is logged with its stack; in `onStarting`,
 * `postFork` and `postWorkerInit` it also fails the start.
 */
import type { Log } from './log.ts';

/** The arbiter as its hooks see it. */
export interface ArbiterInfo {
  readonly pid: number;
  readonly log: Log;
  /** Workers that are wanted now. */
  readonly workers: number;
}

/** A worker as hooks see it. */
export interface WorkerInfo {
  readonly pid: number;
  readonly age: number;
  readonly generation: number;
  readonly log: Log;
}

type MaybePromise = void | Promise<void>;

/** Hooks that run in the arbiter. */
export interface ArbiterHooks {
  /** Before anything is bound. */
  onStarting(arbiter: ArbiterInfo): MaybePromise;
  /** When a reload (HUP) begins. */
  onReload(arbiter: ArbiterInfo): MaybePromise;
  /** When the sockets are bound and the first workers are ready. */
  whenReady(arbiter: ArbiterInfo): MaybePromise;
  /** Before a worker is spawned; it has no pid yet (0). */
  preFork(arbiter: ArbiterInfo, worker: WorkerInfo): MaybePromise;
  /** Before a new arbiter is started (USR2). */
  preExec(arbiter: ArbiterInfo): MaybePromise;
  /** When a worker's process has ended. */
  childExit(arbiter: ArbiterInfo, worker: WorkerInfo): MaybePromise;
  /** When the number of wanted workers changed; `before` is undefined the first time. */
  nworkersChanged(arbiter: ArbiterInfo, now: number, before: number | undefined): MaybePromise;
  /** Last of all, before the arbiter exits. */
  onExit(arbiter: ArbiterInfo): MaybePromise;
}

/** Hooks that run in a worker. */
export interface WorkerHooks {
  /** First thing in a new worker, before the app is loaded. */
  postFork(worker: WorkerInfo): MaybePromise;
  /** When the app is loaded, before the first connection is accepted. */
  postWorkerInit(worker: WorkerInfo): MaybePromise;
  /** On SIGABRT, which the arbiter sends to a worker past its `timeout`; runs only if the event loop still turns. */
  workerAbort(worker: WorkerInfo): MaybePromise;
  /** When the worker leaves in order, before its process exits. */
  workerExit(worker: WorkerInfo): MaybePromise;
}

export type Hooks = ArbiterHooks & WorkerHooks;

export const ARBITER_HOOKS = [
  'onStarting',
  'onReload',
  'whenReady',
  'preFork',
  'preExec',
  'childExit',
  'nworkersChanged',
  'onExit',
] as const satisfies readonly (keyof ArbiterHooks)[];

export const WORKER_HOOKS = [
  'postFork',
  'postWorkerInit',
  'workerAbort',
  'workerExit',
] as const satisfies readonly (keyof WorkerHooks)[];
