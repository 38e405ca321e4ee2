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
}

/** What a worker's process uses, its threads included where nothing else is said. */
export interface WorkerUsage {
  /** CPU time since it was started, of user and system. */
  readonly cpu: Milliseconds;
  /** Bytes of resident memory. */
  readonly resident: number;
  /** Bytes of V8's heap in its main thread: in use, and at most. */
  readonly heapUsed: number;
  readonly heapLimit: number;
}
