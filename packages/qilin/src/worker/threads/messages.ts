/** All that a worker's main thread and its threads say to each other. */
import type { ErrorCode } from '../../contract/errors.ts';
import type { Listener } from '../../contract/messages.ts';
import type { OnceAsking, OnceOrder } from '../../contract/once.ts';
import type { SlowRequest } from '../../contract/slow-requests.ts';
import type { HeapUse, WorkerStats } from '../../contract/stats.ts';
import type { Milliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';

/** Between a thread's number and its own id of a task: how the worker's arbiter calls it. */
export const OF_THREAD = '.';

/** What a thread is given at its start, as its `workerData`. */
export interface ThreadStart {
  /** Counted over all threads of the worker from 1. */
  readonly number: number;
  /** The worker's, made one of the thread's own by threadConfig(). */
  readonly config: WorkerConfig;
  /** The worker's descriptors, which the thread must not close: it duplicates them. */
  readonly listeners: readonly Listener[];
  /** From where on `bootTimeout` is counted, by machineTime(). */
  readonly startedAt: Milliseconds;
}

export type ThreadOrder =
  /** The app is loaded, and so are those of the other threads: begin to accept. */
  | { readonly type: 'serve' }
  /** Accept no more, finish what is in flight for at most `limit`, and end. */
  | { readonly type: 'drain'; readonly limit: Milliseconds }
  /** Nobody takes the place of the worker: clients are told. */
  | { readonly type: 'serverEnds' }
  /** Log what is in hand: `leave` follows, as its time is over. */
  | { readonly type: 'logCut' }
  /** Close everything, have the app's last words, and end, whatever is in flight. */
  | { readonly type: 'leave' }
  /** At its end, when it serves nobody any more, write a snapshot of its heap. */
  | { readonly type: 'snapshot'; readonly fd: number }
  | { readonly type: 'reopenLogs' }
  /** Of a task that its app has asked for. */
  | OnceOrder;

export type ThreadReport =
  | { readonly type: 'loaded' }
  /** The thread accepts. */
  | { readonly type: 'ready' }
  /** It could not be started, and ends. `text` is what the operator should read. */
  | { readonly type: 'bootFailed'; readonly code: ErrorCode; readonly text: string }
  /** Sent while its event loop turns. */
  | {
      readonly type: 'beat';
      readonly stats: WorkerStats;
      readonly heap: HeapUse;
      readonly slow: readonly SlowRequest[];
    }
  /** It writes a snapshot of its heap now, deaf and dumb until that is done. */
  | { readonly type: 'snapshot' }
  /** So many requests have come since the last report. Only where `maxRequests` counts them. */
  | { readonly type: 'requests'; readonly count: number }
  /**
   * It is to be replaced. After an error that nobody caught, told in the log, it drains by itself; where its app closed its server
   * it serves on until it is told to drain.
   */
  | { readonly type: 'retiring' }
  /** Its app asks for a task, or has ended it. */
  | OnceAsking
  /** It has let go of the listening sockets. */
  | { readonly type: 'deaf' }
  /** Its last connection is closed. */
  | { readonly type: 'drained' };
