import { type AnswerList, addAnswers, NO_ANSWERS } from './answers.ts';
import { addTallies, NO_TALLY, type TallyList } from './tally.ts';
import type { Milliseconds } from './units.ts';

/** What a worker tells with each heartbeat: of its work, and of what its process uses. */
export interface WorkerStats {
  /** Connections that are open now. */
  readonly connections: number;
  /** Connections accepted since the worker started. */
  readonly accepted: number;
  /** Requests whose answer was begun since the worker started. */
  readonly requests: number;
  /** Times that the event loop was woken for a connection to accept. */
  readonly wakeups: number;
  /** Connections that were closed since the worker started for want of a valid header of PROXY protocol. */
  readonly unproxied: number;
  /** Requests that `queueTimeout` has kept from the app since the worker started. */
  readonly shed: number;
  /** What it has answered; empty where nobody counts. */
  readonly answers: AnswerList;
  /** What befell them, and what else is counted; empty likewise, and missing of a class from outside. */
  readonly tally?: TallyList;
}

/** Of a worker that has done nothing yet. */
export const NO_STATS: WorkerStats = {
  connections: 0,
  accepted: 0,
  requests: 0,
  wakeups: 0,
  unproxied: 0,
  shed: 0,
  answers: NO_ANSWERS,
  tally: NO_TALLY,
};

/** Of several workers, or threads. */
export function addStats(one: WorkerStats, other: WorkerStats): WorkerStats {
  return {
    connections: one.connections + other.connections,
    accepted: one.accepted + other.accepted,
    requests: one.requests + other.requests,
    wakeups: one.wakeups + other.wakeups,
    unproxied: one.unproxied + other.unproxied,
    shed: one.shed + other.shed,
    answers: addAnswers(one.answers, other.answers),
    tally: addTallies(one.tally ?? NO_TALLY, other.tally ?? NO_TALLY),
  };
}

/** What a worker's process uses, its threads included where nothing else is said. */
export interface WorkerUsage {
  /** CPU time since it was started, of user and system. */
  readonly cpu: Milliseconds;
  /** Bytes of resident memory. */
  readonly resident: number;
  /** How late the last sign of life came, which its event loop should have given in time. */
  readonly lag: Milliseconds;
  /** Bytes of V8's heap in its main thread: in use, and at most. */
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** Bytes in use there by space: contract/memory-spaces.ts. Empty of a worker from before an update in place. */
  readonly spaces: readonly number[];
}

/** A heap of V8: a process's main one, or a thread's. */
export interface HeapUse {
  /** Bytes in use, garbage that has not been collected included. */
  readonly used: number;
  /** Bytes that it may have, young generation included. */
  readonly limit: number;
  /** Bytes in use by space, the largest first; those that come to something. */
  readonly spaces: readonly (readonly [name: string, bytes: number])[];
}
