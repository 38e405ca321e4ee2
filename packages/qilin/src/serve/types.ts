/** What `serve()` takes and gives. */
import type { Address } from '../contract/address.ts';
import type { WorkerStats } from '../contract/stats.ts';
import type { QilinConfig } from '../settings/config.ts';

/** Settings that concern an arbiter and its fleet, or a module that is still to be loaded. */
type ArbiterOnly =
  | 'app'
  | 'inspect'
  | 'inspectBrk'
  | 'workers'
  | 'preloadApp'
  | 'canary'
  | 'healthCheck'
  | 'reload'
  | 'reloadExtraFiles'
  | 'daemon'
  | 'pidfile'
  | 'user'
  | 'group'
  | 'umask'
  | 'checkConfig'
  | 'printConfig'
  | 'maxRequests'
  | 'bootTimeout'
  | 'drainGenerations'
  | 'stallWarning'
  | 'adminBind'
  | 'dashboard'
  | 'dashboardToken'
  | 'envFile'
  | 'controlSocket'
  | 'unreadyWhenStuck'
  | 'drainDelay'
  | 'hookTimeout'
  | 'maxRequestsJitter'
  | 'maxAge'
  | 'maxAgeJitter'
  | 'heapLimit'
  | 'maxMemory'
  | 'heapSnapshot';

/** The settings of docs/settings.md, but those of an arbiter. `bind` is 127.0.0.1:8000 by default. */
export type ServeOptions = Omit<QilinConfig, ArbiterOnly>;

/** A server that accepts. */
export interface RunningServer {
  /** Where it listens, with the ports that the system chose for 0. */
  readonly addresses: readonly Address[];
  /** The first of them, to tell a user: `http://127.0.0.1:5000`. */
  readonly url: string;
  stats(): WorkerStats;
  /**
   * Closes connections: those that wait for a request, or all, whatever is in flight. It goes on to accept. What
   * `closeIdleConnections()` and `closeAllConnections()` of `http.Server` do.
   */
  closeConnections(which: 'idle' | 'all'): void;
  /**
   * Accepts no more, answers what is in flight for at most `gracefulTimeout`, and runs the app's `onShutdown`. Idempotent;
   * resolves when nothing is left.
   */
  close(): Promise<void>;
  /** Resolves when it is closed. */
  readonly closed: Promise<void>;
}
