/**
 * The whole fleet, as the arbiter knows it: `/status`, and `qilinctl status`. In units of Prometheus (seconds, bytes), points of time as
 * ISO 8601. Nothing of the app's: no request, no setting, no environment.
 */

export type ServerState = 'starting' | 'serving' | 'draining' | 'stopping';

export interface Status {
  readonly version: string;
  /** Of the arbiter. */
  readonly pid: number;
  readonly startedAt: string;
  readonly state: ServerState;
  /** The generation that serves. */
  readonly generation: number;
  /** Workers that are wanted, and those that serve. */
  readonly workersWanted: number;
  readonly workersReady: number;
  /** For how long no worker that serves has shown a sign of life; 0 while one does. */
  readonly stuckSeconds: number;
  /** Clients that the arbiter has answered with 503 in the place of workers that did not turn (`queueTimeout`). */
  readonly shedByArbiter: number;
  /** null before the first reload (HUP) or upgrade (USR2) of this arbiter. */
  readonly lastReload: ReloadStatus | null;
  /** The last ten of them, the newest first. */
  readonly reloads: readonly ReloadStatus[];
  /** Where event loops have stood still for longer than `stallWarning`: the ten places where most time was lost, the worst first. */
  readonly stalls: readonly StallStatus[];
  /** The slowest requests of the last minutes, one of each route, the slowest first; none without `adminBind`, where nobody counts. */
  readonly slowest: readonly SlowStatus[];
  readonly workers: readonly WorkerStatus[];
}

export interface SlowStatus {
  readonly method: string;
  /** The path, with numbers and ids folded into `*`; or the app's own rule. */
  readonly route: string;
  /** null: there was no answer. */
  readonly status: number | null;
  /** All of it: before anybody looked at it, until its answer began, until that was given. */
  readonly totalSeconds: number;
  readonly queueSeconds: number;
  readonly appSeconds: number;
  readonly writingSeconds: number;
  /** When the worker told of it. */
  readonly at: string;
}

export interface StallStatus {
  /** Function, file and line, of the app where it is known. */
  readonly at: string;
  readonly count: number;
  readonly totalSeconds: number;
  readonly longestSeconds: number;
  readonly lastAt: string;
}

export interface ReloadStatus {
  /** The signal that asked for it: a reload, or an upgrade, which the old arbiter tells of. */
  readonly by: 'HUP' | 'USR2';
  /** When it began. */
  readonly at: string;
  /** null while it is under way. */
  readonly endedAt: string | null;
  readonly outcome: 'under way' | 'done' | 'called off';
  /** The generation that it booted; null where it came to none, and of an upgrade, whose generation is the new arbiter's first. */
  readonly generation: number | null;
  /** Why it was called off; else null. What the app said of it is in the log alone. */
  readonly reason: string | null;
}

export interface WorkerStatus {
  /** null before it has a process. */
  readonly pid: number | null;
  /** Counts the workers from 1 on, over all generations. */
  readonly age: number;
  readonly generation: number;
  readonly state: string;
  /** When it entered that state. */
  readonly since: string;
  /**
   * Time since the last sign of life of its event loop, which comes each second at the latest; of class threads, of all of its threads that
   * serve. The wait for a CPU counts.
   */
  readonly silentSeconds: number;
  /** Where an event loop of it stands still; null while all turn, or for less than `stallWarning`. */
  readonly stuckAt: string | null;
  /** As of that sign of life, from here on; null before the first. */
  readonly requests: number | null;
  /** Requests that had waited for longer than `queueTimeout`, of those. */
  readonly shed: number | null;
  readonly accepted: number | null;
  readonly connections: number | null;
  /** Connections that were closed for want of a valid header of PROXY protocol, which `proxyProtocol` asks for. */
  readonly unproxied: number | null;
  readonly cpuSeconds: number | null;
  readonly residentBytes: number | null;
  /** V8's heap in its main thread: in use, and at most. */
  readonly heapUsedBytes: number | null;
  readonly heapLimitBytes: number | null;
  /** How late its event loop is, or was at that sign of life. */
  readonly lagSeconds: number | null;
  /** Requests that are not over; null, as the durations are, where `adminBind` is not set, and nobody counts. */
  readonly inFlight: number | null;
  readonly durations: DurationsStatus | null;
}

/** How long requests took, since the worker started: how many in each bucket, of which there is one more than of the bounds. */
export interface DurationsStatus {
  /** In seconds. */
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
}
