/** The interface behind which each worker class is one file. */
import type { App } from './app.ts';
import type { Log } from './log.ts';
import type { LogFieldValue } from './log-fields.ts';
import type { Listener } from './messages.ts';
import type { OnceAsking, OnceOrder } from './once.ts';
import type { SlowRequest } from './slow-requests.ts';
import type { HeapUse, WorkerStats } from './stats.ts';
import type { Milliseconds } from './units.ts';
import type { WorkerConfig } from './worker-config.ts';

/** One answered request, as the access log takes it. */
export interface AccessEntry {
  readonly method: string;
  /** The request target as sent, path and query. */
  readonly target: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  readonly status: number;
  /** Bytes of the response's body. */
  readonly bytes: number;
  /** From the first look at the request to the end of its response. */
  readonly microseconds: number;
  /** Address of the client, as far as it is believed; undefined on a unix socket. */
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Address that the client connected to: `127.0.0.1:8000`, `unix:/run/app.sock`. */
  readonly server: string;
  /** Value of a request header, name in lower case. */
  requestHeader(name: string): string | undefined;
  /** Value of a response header, name in lower case. */
  responseHeader(name: string): string | undefined;
  /** What the app has said of it by `addLogFields`; a class from outside need not know. */
  ownField?(name: string): LogFieldValue;
}

/** A request that is not answered in full, or the one by which a connection has gone over to another protocol. */
export interface RequestInHand {
  readonly method: string;
  /** As sent, path and query. */
  readonly target: string;
  /** Since it came. */
  readonly age: Milliseconds;
  /** Where it is not HTTP any more: `websocket`. */
  readonly protocol?: string;
  /** Its answer has not begun: `stop()` gives it a 503. */
  readonly isUnanswered?: boolean;
}

export interface AccessLog {
  write(entry: AccessEntry): void;
  reopen(): void;
  flush(): void;
  /** Writes out what is buffered and closes the file: this log is done with. */
  close(): void;
}

/** All that a worker class may use. */
export interface WorkerContext {
  readonly app: App;
  readonly config: WorkerConfig;
  readonly listeners: readonly Listener[];
  readonly log: Log;
  /** null when the access log is off: then a class should not even take the time. */
  readonly accessLog: AccessLog | null;
  /** To be called once with each request, before the app sees it: counts towards `maxRequests`. */
  onRequest(): void;
}

export interface WorkerClass {
  /** Starts to accept. Resolves when the app can be reached; rejects when it cannot be served. */
  start(): Promise<void>;
  /**
   * Accepts no more, answers what is in flight with `Connection: close` and lets idle keep-alive connections make their
   * last request. Resolves when the last connection is closed. The worker calls `stop()` when that takes too long.
   *
   * @param onQuiet May be called before, when no request is in hand and none can come: what is still open speaks another
   *   protocol, and may be closed by the app's own handlers of the signal, whose turn comes then.
   * @param takesQueue Whether what waits in the listening socket's queue is accepted first. Not where the app has failed.
   */
  drain(onQuiet: () => void, takesQueue: boolean): Promise<void>;
  /** The whole server ends: nobody takes the place of this worker, as clients of WebSockets are told. Before `drain()`, or meanwhile. */
  serverEnds?(): void;
  /**
   * Called in the async context of an error that nobody caught: the request whose code threw it, where that is known and its answer
   * has not begun, is answered with 500. The drain follows.
   */
  failRequest?(): void;
  /** Closes everything now; what has no answer yet is told 503. Idempotent. */
  stop(): void;
  /** What is in hand now: the log tells it where it is cut. */
  requestsInHand?(): readonly RequestInHand[];
  /** Closes, for the app, the connections that wait for a request, or all; accepting goes on. */
  closeConnections?(which: 'idle' | 'all'): void;
  stats(): WorkerStats;
  /** The slowest requests since this was asked the last time, by route. */
  takeSlow?(): readonly SlowRequest[];
  /**
   * How long the class has been unable to take another request, because it serves one at a time (sync): that counts as
   * silence towards `timeout`. 0 for a class that can always take one.
   */
  busyFor(): Milliseconds;
}

/** What a worker class's module exports, `export const workerClass = …` or the name after `#`. */
export type WorkerClassFactory = (context: WorkerContext) => WorkerClass;

/** All that a class may use that has the app loaded itself. */
export interface HostContext extends Omit<WorkerContext, 'app'> {
  /** From where on `bootTimeout` is counted, by machineTime(): before the process was there. */
  readonly startedAt: Milliseconds;
  /** The app has closed its own server: it wants to be replaced, and is served until then. */
  onServerClosed(): void;
  /** What the copies of the app ask for by `once`, where they are not in this thread. */
  tellOnce?(message: OnceAsking): void;
}

/**
 * A class with the app in its care: it loads the app, in as many copies as it needs, and tells each when all is over. A class
 * that serves one app in the worker's own thread is made one by worker/local-host.ts.
 */
export interface AppHost extends Omit<WorkerClass, 'requestsInHand'> {
  /** Loads the app. To be called once, before `start()`. Rejects with a QilinError when it cannot be loaded. */
  load(): Promise<void>;
  /** Calls `onShutdown` of each copy. After `stop()`. */
  shutdown(): Promise<void>;
  /** Logs what is in hand. To be called before `stop()`, where that cuts it since its time is over. */
  logCut(): void;
  /** Logs that the worker itself has not opened. */
  reopenLogs(): void;
  /** The answer to that. */
  once?(order: OnceOrder): void;
  /** For how long no copy of the app has shown that its event loop turns, the longest that a client can be kept waiting. */
  stuckFor(): Milliseconds;
  /** Heaps beside that of the process's main thread, each with its name. */
  heaps?(): readonly (readonly [name: string, heap: HeapUse])[];
  /**
   * Where the app lives in other heaps: a snapshot of the largest, once nothing is served from that any more. To be called before
   * `drain()`. Resolves when it is written, or when there is nobody left to write it.
   */
  writeSnapshot?(fd: number): Promise<void>;
}

export type AppHostFactory = (context: HostContext) => AppHost;
