/** What happens to a life, what it has done, and what it tells: the terms of lifecycle.ts. */
import type { Milliseconds } from '../contract/units.ts';

/** Signals by which a process is told to leave. */
export const LEAVE_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
export type LeaveSignal = (typeof LEAVE_SIGNALS)[number];

/** Why a life retires whose app has closed the server that is served. */
export const SERVER_CLOSED = 'its app has closed the server';

export type LifeEvent =
  | { readonly type: 'boot' }
  /** The app is loaded. */
  | { readonly type: 'loaded' }
  /** Begin to accept. */
  | { readonly type: 'serve' }
  | { readonly type: 'started' }
  | { readonly type: 'bootFailed'; readonly error: unknown }
  /** It is to be replaced, and serves until it is told to leave. */
  | { readonly type: 'retire'; readonly reason: string }
  /** Finish what is in flight, for at most `limit`, and leave. */
  | {
      readonly type: 'drain';
      readonly reason: string;
      readonly signal?: LeaveSignal;
      /** The app has sent it to itself. */
      readonly isOwn?: boolean;
      /** What waits in the queue is left to others. */
      readonly isFull?: boolean;
      readonly limit: Milliseconds;
    }
  /** Leave now, whatever is in flight. Without a signal the app has no turn. */
  | { readonly type: 'quit'; readonly signal?: LeaveSignal; readonly isOwn?: boolean; readonly status?: number }
  /** An error that nobody caught. */
  | { readonly type: 'failed'; readonly error: unknown; readonly origin: string; readonly limit: Milliseconds }
  /** The app has called `process.exit`, which `mayExit()` did not let through. */
  | { readonly type: 'exitAsked'; readonly status: number }
  /** No request is in hand, and none can come: what may still be open speaks another protocol. */
  | { readonly type: 'quiet' }
  /** No connection is open. */
  | { readonly type: 'drained' }
  /** The app has nothing to do with its turn, or nothing left to do. */
  | { readonly type: 'idle'; readonly status: number }
  | { readonly type: 'lastWordsSaid' }
  /** A moment has come that was asked for. */
  | { readonly type: 'wake' };

export type Effect =
  | { readonly type: 'load' }
  | { readonly type: 'start' }
  /** Accept no more, but first what waits in the queue where `takesQueue`; 'quiet' and 'drained' follow. */
  | { readonly type: 'drain'; readonly takesQueue: boolean }
  /** Close everything now. */
  | { readonly type: 'stop' }
  /** It is the app's turn: call its handlers of the signal. 'idle' follows, unless it exits. */
  | { readonly type: 'deliver'; readonly signal: LeaveSignal | undefined }
  | { readonly type: 'sayLastWords' }
  | { readonly type: 'wakeAt'; readonly moment: Milliseconds }
  | { readonly type: 'tell'; readonly news: News }
  | { readonly type: 'finish'; readonly status: number };

/** What a life tells of itself; its owner knows to whom. */
export type News =
  | { readonly type: 'loaded' }
  | { readonly type: 'ready' }
  | { readonly type: 'bootFailed'; readonly error: unknown }
  /** It asks for a successor. One that has failed leaves by itself. */
  | { readonly type: 'retiring'; readonly failed: boolean; readonly reason: string }
  | { readonly type: 'uncaught'; readonly error: unknown; readonly origin: string }
  | { readonly type: 'draining'; readonly reason: string }
  /** It has let go of the listening sockets. */
  | { readonly type: 'deaf' }
  | { readonly type: 'drained' }
  /** Its patience has ended: what is open is closed. */
  | { readonly type: 'overdue' }
  /** The app has not come to its end in its turn. */
  | { readonly type: 'unended' }
  /** Something that was to be done has thrown; the life goes on. */
  | { readonly type: 'faulty'; readonly effect: Effect['type']; readonly error: unknown };
