/** All that arbiter and worker say to each other over their channel. Orders to leave are signals, as Gunicorn's. */
import type { Address } from './address.ts';
import type { ErrorCode } from './errors.ts';
import type { WorkerStats } from './stats.ts';
import type { Milliseconds } from './units.ts';
import type { WorkerConfig } from './worker-config.ts';

/** A listening socket as a worker has it: the descriptor in its own process, and the address that it stands for. */
export interface Listener {
  readonly fd: number;
  readonly address: Address;
}

export type ArbiterMessage =
  /** The first message: all that a worker needs to start. */
  | {
      readonly type: 'boot';
      readonly config: WorkerConfig;
      readonly listeners: readonly Listener[];
      /** Number of the worker, counted over all generations from 1. Gunicorn's `worker.age`. */
      readonly age: number;
      readonly generation: number;
    }
  | { readonly type: 'reopenLogs' };

export type WorkerMessage =
  /** The app is loaded and the worker accepts. */
  | { readonly type: 'ready' }
  /** Sent while the event loop turns; its absence for `timeout`, `silentFor` included, is what ends a stalled worker. */
  | { readonly type: 'heartbeat'; readonly silentFor: Milliseconds; readonly stats: WorkerStats | null }
  /**
   * The worker asks for a successor: it has done its share (`maxRequests`) and serves until it is told to leave, or it has
   * failed (an uncaught error), answers what is in flight, and leaves by itself.
   */
  | { readonly type: 'retire'; readonly failed: boolean; readonly reason: string }
  /** The worker could not start. `text` is what the operator should read, stack included where the fault is the app's. */
  | { readonly type: 'bootFailed'; readonly code: ErrorCode; readonly text: string };
