/** What a worker tells of its work, with each heartbeat. */
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
