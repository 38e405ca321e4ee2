/**
 * The HTTP/2 connections of a worker: how many of their streams are served at once, and how each is brought to its end.
 * Invariant: a stream that the client may take for accepted is served; one that is not is refused by its number (GOAWAY) or
 * by REFUSED_STREAM, so that the client knows that it can ask again.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Milliseconds } from '../../contract/units.ts';
import type { RequestInHand } from '../../contract/worker-class.ts';
import type { Answer } from '../../http/node/answer-failure.ts';
import { type Connection, connectionOf, Standstill } from './connection.ts';
import { giveUp, giveUpStream } from './give-up.ts';

/** RFC 9113, section 7. */
const REFUSED_STREAM = 0x7;
const CANCEL = 0x8;

/** What comes with the event 'stream'. */
export type StreamArguments = readonly [
  stream: ServerHttp2Stream,
  headers: OutgoingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
];

/** Of a worker, beside one for each connection. */
export interface Places {
  /** False when all are taken. */
  take(): boolean;
  give(): void;
  /** Whether the connection that asks is to end, for a client who waits. */
  makesRoom(): boolean;
}

export interface SessionsOptions {
  readonly places: Places;
  /** How long a connection may have no stream; Infinity for ever. 0: it ends with its first. */
  readonly idle: Milliseconds;
  /** How long a new connection may take for its first stream. */
  readonly first: Milliseconds;
  /** How long it may take nothing of the answers that wait for it; Infinity for ever. */
  readonly sending: Milliseconds;
  /** Told when that has passed. */
  readonly onLate: (deadline: 'sendTimeout') => void;
  /** The most streams, of all connections, that may wait for a place. */
  readonly waiting: number;
  serve(stream: StreamArguments): void;
}

/** How long a client may take to close at the end, while it says nothing, and in all. */
const PATIENCE: Milliseconds = 1_000;
const LONGEST_PATIENCE: Milliseconds = 30_000;

export class Http2Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Set<Session>();
  /** Those with streams that wait for a place, in the order of their turns. */
  readonly #hungry = new Set<Session>();
  #waiting = 0;
  #draining = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** For the event 'session' of a server, before the program's own listeners. */
  track(session: ServerHttp2Session): void {
    const tracked = new Session(session, {
      options: this.#options,
      mayWait: () => this.#waiting < this.#options.waiting,
      onWaiting: (change) => {
        this.#waiting += change;
        if (tracked.isHungry) this.#hungry.add(tracked);
        else this.#hungry.delete(tracked);
      },
    });
    this.#sessions.add(tracked);
    session.once('close', () => {
      this.#sessions.delete(tracked);
      tracked.forget();
    });
    if (this.#draining) tracked.windDown();
  }

  /** A place has become free. */
  feed(): void {
    for (const session of this.#hungry) {
      if (!this.#options.places.take()) return;
      this.#hungry.delete(session);
      session.startWaiting();
    }
  }

  /** To be called about once a second: ends those that have been idle for too long, and what nobody takes. */
  sweep(now: Milliseconds): void {
    for (const session of this.#sessions) session.sweep(now);
  }

  /** The streams that are served. */
  requestsInHand(): readonly RequestInHand[] {
    return [...this.#sessions].flatMap((session) => session.requestsInHand());
  }

  /** Each is told that it is over, and closed when its streams are. */
  drain(): void {
    this.#draining = true;
    for (const session of this.#sessions) session.windDown();
  }

  /**
   * 503 to all that wait for an answer; what was never begun is refused, so that its client can ask again. Node sends it in this turn of the
   * event loop, before its immediates. False where there was none.
   */
  refuseUnanswered(): boolean {
    let refused = 0;
    for (const session of this.#sessions) refused += session.refuseUnanswered();
    return refused > 0;
  }
}

/** By which a stream is answered, where Node has made messages of it. */
const ANSWER = Symbol('answer');

type AnsweredStream = ServerHttp2Stream & { [ANSWER]?: Answer };

/** To be called as the app is about to be. */
export function noteAnswer(res: Answer): void {
  const stream: AnsweredStream | undefined = res.stream;
  if (stream !== undefined) stream[ANSWER] = res;
}

/** By a stream that is served. */
interface Asked {
  readonly headers: OutgoingHttpHeaders;
  readonly cameAt: Milliseconds;
}

interface SessionContext {
  readonly options: SessionsOptions;
  mayWait(): boolean;
  /** So many more streams wait, or fewer. */
  onWaiting(change: number): void;
}

class Session {
  /** When it has been idle for too long; Infinity while it has streams. */
  #idleUntil: Milliseconds;
  readonly #session: ServerHttp2Session;
  readonly #connection: Connection | undefined;
  readonly #context: SessionContext;
  /** Those that are served. */
  readonly #active = new Map<AnsweredStream, Asked>();
  /** Since when the client has taken nothing, while a stream has something for it. */
  #taking: Standstill | undefined = undefined;
  #waiting: StreamArguments[] = [];
  #isEnding = false;

  constructor(session: ServerHttp2Session, context: SessionContext) {
    this.#session = session;
    this.#context = context;
    this.#connection = connectionOf(session.socket);
    this.#idleUntil = performance.now() + context.options.first;
    // Node's own listener hands the stream to the server's listeners: that is done here, when it has a place.
    session.removeAllListeners('stream');
    session.on('stream', (...stream: unknown[]) => this.#take(stream as unknown as StreamArguments));
  }

  requestsInHand(): readonly RequestInHand[] {
    const now = performance.now();
    return [...this.#active].map(([stream, { headers, cameAt }]) => {
      const isUnanswered = !stream.headersSent;
      return { method: String(headers[':method']), target: String(headers[':path']), age: now - cameAt, isUnanswered };
    });
  }

  /** Returns how many it told so. */
  refuseUnanswered(): number {
    const unanswered = [...this.#active.keys()].filter(({ headersSent, destroyed }) => !headersSent && !destroyed);
    const waiting = this.#waiting.map(([stream]) => stream);
    for (const stream of waiting) stream.close(REFUSED_STREAM);
    for (const stream of unanswered) {
      const res = stream[ANSWER];
      if (res === undefined) giveUpStream(stream, 503);
      else giveUp(res.req, res, 503);
    }
    return unanswered.length + waiting.length;
  }

  get isHungry(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Tells the client which of its streams are the last that are served (GOAWAY), and ends the connection behind them. With that
   * number at once: Node ignores what is opened after any GOAWAY, so one that promised more would be a lie.
   */
  windDown(): void {
    if (this.#isEnding || this.#session.destroyed) return;
    this.#isEnding = true;
    this.#idleUntil = Number.POSITIVE_INFINITY;
    this.#session.close();
    if (this.#active.size === 0) this.#lastStreamEnded();
  }

  sweep(now: Milliseconds): void {
    // What has arrived is read before an immediate is called: it is not the client who was late.
    if (this.#idleUntil <= now) setImmediate(() => this.#idleUntil <= now && this.windDown());
    this.#connection?.limitSending(this.#context.options.sending, now, this.#context.options.onLate);
    if (this.#connection?.isSending !== true) this.#resetStalled(now);
  }

  /** One that waited, for which a place was taken. */
  startWaiting(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#context.onWaiting(-1);
    this.#start(next);
  }

  /** The connection is closed. */
  forget(): void {
    const { length } = this.#waiting;
    this.#waiting = [];
    if (length > 0) this.#context.onWaiting(-length);
  }

  #take(args: StreamArguments): void {
    const [stream] = args;
    // What befalls a stream is told by its end. Without a listener an error would end the worker.
    stream.on('error', ignore);
    if (this.#active.size === 0 || this.#context.options.places.take()) {
      this.#start(args);
    } else if (this.#context.mayWait()) {
      this.#wait(args);
    } else stream.close(REFUSED_STREAM);
  }

  #wait(args: StreamArguments): void {
    this.#waiting.push(args);
    this.#context.onWaiting(1);
    args[0].once('close', () => {
      const index = this.#waiting.indexOf(args);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      this.#context.onWaiting(-1);
    });
  }

  #start(args: StreamArguments): void {
    const [stream] = args;
    this.#active.set(stream, { headers: args[1], cameAt: performance.now() });
    this.#idleUntil = Number.POSITIVE_INFINITY;
    stream.once('close', () => this.#ended(stream));
    this.#context.options.serve(args);
  }

  #ended(stream: ServerHttp2Stream): void {
    this.#active.delete(stream);
    const { idle, places } = this.#context.options;
    if (!this.#isEnding && places.makesRoom()) this.windDown();
    if (this.#active.size > 0) places.give();
    else if (this.isHungry) this.startWaiting();
    else if (this.#isEnding) this.#lastStreamEnded();
    else if (idle === 0) this.windDown();
    else this.#idleUntil = performance.now() + idle;
  }

  /** Streams whose answers the client takes no byte of, by the windows that it grants: RFC 9113, section 5.2. */
  #resetStalled(now: Milliseconds): void {
    const stalled = [...this.#active.keys()].filter(({ writableLength }) => writableLength > 0);
    if (stalled.length === 0) {
      this.#taking = undefined;
      return;
    }
    this.#taking ??= new Standstill();
    // The connection's window changes with all that is sent: what a client may do meanwhile, such as to ping, is no progress.
    const stoodStill = this.#taking.at(this.#session.state.remoteWindowSize ?? 0, now);
    if (stoodStill < this.#context.options.sending) return;
    for (const stream of stalled) stream.close(CANCEL);
  }

  /**
   * Node ends the connection by itself, but waits for a client that never closes. One that still reads what the kernel has of
   * the last answers says so now and then, and what it says would be answered by a reset that destroys them.
   */
  #lastStreamEnded(): void {
    if (!this.#session.closed || this.#connection === undefined) return;
    const { socket } = this.#connection;
    const since = performance.now();
    let { bytesRead } = socket;
    const close = setInterval(() => {
      if (socket.bytesRead === bytesRead || performance.now() - since >= LONGEST_PATIENCE) this.#connection?.destroy();
      ({ bytesRead } = socket);
    }, PATIENCE);
    socket.once('close', () => clearInterval(close));
  }
}

const ignore = () => {};
