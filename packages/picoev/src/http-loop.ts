/**
 * The HTTP/1.1 engine: connections never leave the kernel; each turn of its loop hands over all requests that have come,
 * and takes all answers that were given, by tables in shared memory.
 *
 * Invariant: an answer row points into `#text`, so both grow and are flushed together.
 */

import { addon, isFailure, type NativeFailure, type NativeHttpLoop } from './addon.ts';
import { AppScope, runTicks } from './app-scope.ts';
import { closedLoop } from './closed-loop.ts';
import type { Connection, Detached, Endpoint, Exchange, Refusal } from './exchange.ts';
import { type ConnectionLoop, HttpConnection } from './http-connection.ts';
import { type ExchangeLoop, HttpExchange } from './http-exchange.ts';
import { type HttpLoopOptions, numbersOf } from './http-loop-options.ts';
import { SocketError } from './socket-error.ts';
import {
  ANSWER_WORD,
  type AnswerKind,
  EVENT,
  EVENT_FLAG,
  EVENT_WORD,
  NO_REASON,
  ROW_WORDS,
  ROWS,
  SLAB_BYTES,
} from './wire.ts';

export interface HttpLoopHandlers {
  /** Runs in an async context of its own, as does all that the exchange tells. What it throws is an `uncaughtException`. */
  onRequest(exchange: Exchange): void;
  /** Descriptors or memory ran out: see `AcceptorOptions.onExhausted`. */
  onExhausted?(code: string): void;
  /** The multiplexer cannot watch a new connection, which is closed: `EMFILE` for a descriptor beyond what select can hold. */
  onUnwatchable?(fd: number, code: string): void;
  /** A request is refused whose head is a good one: `onRequest` does not get it, and its answer is given. */
  onUnserved?(exchange: Exchange): void;
  /**
   * The engine has answered in the app's place: 503 for a late answer, 400, 408 or 413 for a body; `onGone` follows.
   * @param isOverdue by `exchangeTimeout`
   */
  onReplaced?(exchange: Exchange, status: number, isOverdue: boolean): void;
  /** `exchangeTimeout` has passed amid the answer: the connection is cut; `onGone` follows, unless the app has given all of it. */
  onOverdue?(exchange: Exchange): void;
  /**
   * In place of the engine, while `tellsRefusals` is set: the client has sent no request, and is told so by an exchange that has
   * none; or what is no body, instead of the answer to its request. The connection ends behind it, in 5 s at the latest. What the
   * settings or the RFC refuse (413, 417), and what comes in the middle of an answer, the engine refuses itself.
   */
  onRefusal?(exchange: Exchange, refusal: Refusal): void;
  /** A request was refused before the app saw it. */
  onRefused?(status: number, reason: string): void;
  /**
   * Of so many connections since the last call none said validly whom a proxy passes on: they are closed.
   * @param reason why the latest one was
   * @param peer whose that was, empty where nobody knows
   */
  onUnproxied?(connections: number, reason: string, peer: string): void;
  /** No connection is open any more. */
  onEmpty?(): void;
}

/** Counted since the loop was made. */
export interface HttpLoopStats {
  readonly accepted: number;
  readonly requests: number;
  readonly refused: number;
  /** Connections that were closed for want of a valid header of PROXY protocol, or of a proxy that is believed. */
  readonly unproxied: number;
  /** Clients whose time was over: for a head, for a body, and to take their answer. */
  readonly lateHeads: number;
  readonly lateBodies: number;
  readonly lateWrites: number;
  /** Turns of the loop that found something to do, or looked. */
  readonly turns: number;
  /** Times that a loop was woken for a connection to accept. */
  readonly wakeups: number;
  /** Connections that are open now. */
  readonly open: number;
}

/** Characters beyond which the answers so far are handed to the kernel at once. */
const MOST_TEXT = 128 * 1024;

const HIGH_WORD = 2 ** 32;

/** Of this thread: for the end of its process. */
const openLoops = new Set<HttpLoop>();

function flushAll(): void {
  for (const loop of openLoops) loop.flushForGood();
}

export class HttpLoop implements ExchangeLoop, ConnectionLoop {
  readonly lowerCaseNames: boolean;

  /** From its close on, what stands for it. */
  #native: NativeHttpLoop;
  readonly #handlers: HttpLoopHandlers;
  readonly #slab = Buffer.from(new ArrayBuffer(SLAB_BYTES));
  readonly #events = new Uint32Array(ROWS * ROW_WORDS);
  readonly #answers = new Uint32Array(ROWS * ROW_WORDS);
  /** The newest exchange of each connection whose answer is not complete, by descriptor. */
  readonly #exchanges: (HttpExchange | undefined)[] = [];
  /** Where exchanges have a deadline, the latest whose answer was given, by descriptor: some of it may still be sent. */
  readonly #given: (HttpExchange | undefined)[] | undefined;
  /** Of the connections that somebody has asked for, by descriptor. */
  readonly #connections: (HttpConnection | undefined)[] = [];
  #onConnection: ((connection: Connection) => void) | null = null;
  #rows = 0;
  #text = '';
  readonly #tickScope = new AppScope('TickObject');
  #inTurn = false;
  #isFlushDue = false;
  /** The process ends: there is no later any more. */
  #isLast = false;
  #isDraining = false;
  /** Whether exchanges note when their answers begin. */
  timesAnswers = false;
  /** When the turn began that is under way, by `performance.now()`, in whole milliseconds, which are plain integers. */
  turnedAt = 0;
  #unsettled: HttpExchange[] = [];
  readonly #flushSoon = (): void => {
    this.#isFlushDue = false;
    this.#flush();
  };

  /** @throws {RangeError} for an option that is missing, unknown or out of its range; {@link SocketError} when the kernel cannot be set up. */
  constructor(options: HttpLoopOptions, handlers: HttpLoopHandlers) {
    const settings = numbersOf(options);
    this.lowerCaseNames = options.lowerCaseNames;
    this.#handlers = handlers;
    this.#given = options.exchangeTimeout > 0 ? [] : undefined;
    const result = addon().startHttpLoop(settings, this.#slab, asBytes(this.#events), asBytes(this.#answers), {
      onTurn: (rows: number) => this.#turn(rows),
      onTurnEnd: () => this.#endTurn(),
      onExhausted: (code: string) => handlers.onExhausted?.(code),
      onBroken: (failure: NativeFailure) => {
        throw new SocketError('cannot accept', failure);
      },
      onUnwatchable: ({ fd, code }) => handlers.onUnwatchable?.(fd, code),
      onRefused: ({ status, reason }) => handlers.onRefused?.(status, reason),
      onUnproxied: ({ connections, reason, peer }) => handlers.onUnproxied?.(connections, reason, peer),
      onEmpty: () => handlers.onEmpty?.(),
    });
    if (isFailure(result)) throw new SocketError('cannot start the HTTP loop', result);
    this.#native = result;
    openLoops.add(this);
    if (openLoops.size === 1) process.on('exit', flushAll);
  }

  /** Called for each connection that is accepted while it is set, before its first request. */
  get onConnection(): ((connection: Connection) => void) | null {
    return this.#onConnection;
  }

  set onConnection(listener: ((connection: Connection) => void) | null) {
    this.#onConnection = listener;
    this.#native.tellConnections(listener !== null);
  }

  /** `onRefusal` is called from now on. */
  set tellsRefusals(tells: boolean) {
    this.#native.tellRefusals(tells);
  }

  /** Requests with an expectation other than 100-continue are the app's from now on; else they are a 417. */
  set takesExpectations(takes: boolean) {
    this.#native.takeExpectations(takes);
  }

  /** Requests of HTTP/1.1 may do without a Host from now on; else they are a 400. Two are one all the same. */
  set takesRequestsWithoutHost(takes: boolean) {
    this.#native.takeWithoutHost(takes);
  }

  /** The same of requests that ask for another protocol. */
  set takesUpgradesWithoutHost(takes: boolean) {
    this.#native.takeUpgradesWithoutHost(takes);
  }

  /** A refusal is a status line and the connection's end from now on, as of Node's server; else it has a length and a text too. */
  set refusesBarely(barely: boolean) {
    this.#native.refuseBarely(barely);
  }

  /**
   * Connections that are accepted from now on begin with a header of PROXY protocol, version 1 or 2, within `headTimeout`.
   * @param networks The proxies: addresses, CIDR blocks, or `*` for all. Whoever may connect to a unix socket is one.
   */
  expectProxies(networks: readonly string[]): void {
    this.#native.expectProxies(networks);
  }

  /** Those whose answers are not complete. */
  get exchanges(): readonly Exchange[] {
    const all: Exchange[] = [];
    for (const newest of this.#exchanges) for (let one = newest; one !== undefined; one = one.earlier) all.push(one);
    return all;
  }

  get stats(): HttpLoopStats {
    return this.#native.stats();
  }

  /**
   * Accepts from a listening socket, which stays the caller's and must be open until {@link stopAccepting}.
   * @throws {SocketError} when `fd` is not a listening socket, or has an acceptor in this thread already.
   */
  accept(fd: number): void {
    const failure = this.#native.accept(fd);
    if (isFailure(failure)) throw new SocketError(`cannot accept from descriptor ${fd}`, failure);
  }

  stopAccepting(): void {
    this.#native.stopAccepting();
  }

  /** Accepts at once what waits in the queues of the listening sockets, as far as there is room. Returns how many still wait. */
  acceptRest(): number {
    return this.#native.acceptRest();
  }

  /**
   * Of each connection the answer to the request that has come last, where that has not begun, becomes its last. Connections without a request end when `keepAliveTimeout` is over, or
   * by {@link closeSilent} and {@link closeIdle}.
   */
  drain(): void {
    this.#isDraining = true;
    for (const newest of this.#exchanges) if (newest !== undefined && this.endsBehind(newest)) newest.beLast();
  }

  /** @internal */
  endsBehind({ fd, serial, sequence }: HttpExchange): boolean {
    return this.#isDraining && !this.#native.hasBehind(fd, serial, sequence);
  }

  /** Closes the connections that have sent nothing yet. */
  closeSilent(): void {
    this.#native.closeSilent();
  }

  /** The same, and those between two requests: what was answered last arrives. */
  closeIdle(): void {
    this.#flush();
    this.#native.closeIdle();
  }

  /** Cuts every connection that there is; accepting goes on. */
  closeAll(): void {
    this.#flush();
    this.#native.cutAll();
    for (const newest of this.#exchanges.slice()) newest === undefined || leaveAll(newest);
  }

  /** Closes everything at once; the loop is of no more use, but for its last counts. Idempotent. */
  close(): void {
    const connections = this.#connections.splice(0).filter((connection) => connection !== undefined);
    const ends = connections.map((one) => [one, one.bytesRead, one.bytesWritten] as const);
    openLoops.delete(this);
    if (openLoops.size === 0) process.off('exit', flushAll);
    const last = this.#native.stats();
    this.#native.close();
    this.#native = closedLoop({ ...last, open: 0 });
    for (const newest of this.#exchanges.splice(0)) newest === undefined || leaveAll(newest);
    for (const [connection, read, written] of ends) connection.tellEnd(read, written);
  }

  /** @internal What was given just before `process.exit()` would be lost with the tables, and with what waits for a client to read. */
  flushForGood(): void {
    this.#isLast = true;
    this.#flush();
    this.#native.sendAllPending();
    for (const newest of this.#exchanges.slice()) newest === undefined || handOverAll(newest);
    this.#flush();
  }

  // What follows is for exchanges: ExchangeLoop says what each does.

  /** @internal */
  answer(
    { fd, serial, sequence, reason }: HttpExchange,
    kind: AnswerKind,
    flags: number,
    status: number,
    fields: string,
    body: string,
    length = 0,
  ): void {
    if (this.#rows === ROWS || this.#text.length > MOST_TEXT) this.#flush();
    const answers = this.#answers;
    const row = this.#rows++ * ROW_WORDS;
    answers[row + ANSWER_WORD.KIND] = kind;
    answers[row + ANSWER_WORD.FLAGS] = flags;
    answers[row + ANSWER_WORD.FD] = fd;
    answers[row + ANSWER_WORD.SERIAL] = serial;
    answers[row + ANSWER_WORD.SEQUENCE] = sequence;
    answers[row + ANSWER_WORD.STATUS] = status;
    answers[row + ANSWER_WORD.FIELDS_SIZE] = fields.length;
    answers[row + ANSWER_WORD.BODY_SIZE] = body.length;
    answers[row + ANSWER_WORD.LENGTH_LOW] = length >>> 0;
    answers[row + ANSWER_WORD.LENGTH_HIGH] = length >= HIGH_WORD ? Math.floor(length / HIGH_WORD) : 0;
    answers[row + ANSWER_WORD.REASON_SIZE] = reason.length;
    if (reason !== '') this.#text += reason;
    this.#text += fields;
    this.#text += body;
    this.#flushLater();
  }

  /** @internal */
  write(exchange: HttpExchange, kind: AnswerKind, flags: number, bytes: Uint8Array): number {
    this.#flush();
    const { fd, serial, sequence } = exchange;
    const taken = this.#native.write(kind, fd, serial, sequence, flags, bytes);
    if (taken !== undefined) return taken;
    // The event that tells so may come too late: an app that never waits would have written all of its answer by then.
    exchange.leave();
    return bytes.length;
  }

  /** @internal */
  readBody({ fd, serial, sequence }: HttpExchange): void {
    this.#flush();
    this.#native.readBody(fd, serial, sequence);
  }

  /** @internal */
  pauseBody({ fd, serial, sequence }: HttpExchange): void {
    this.#native.pauseBody(fd, serial, sequence);
  }

  /** @internal */
  abort({ fd, serial }: HttpExchange | HttpConnection, resets = false): void {
    this.#flush();
    this.#native.abort(fd, serial, resets);
  }

  /** @internal */
  endConnection({ fd, serial }: HttpConnection): void {
    this.#flush();
    this.#native.endConnection(fd, serial);
  }

  /** @internal */
  detach({ fd, serial, sequence }: HttpExchange): Detached | undefined {
    this.#flush();
    const { bytesRead, bytesWritten } = this.#connections[fd] ?? { bytesRead: 0, bytesWritten: 0 };
    const detached = this.#native.detach(fd, serial, sequence);
    if (detached === undefined) return undefined;
    this.#takeConnection(fd, serial)?.leave(bytesRead, bytesWritten);
    let isTaken = true;
    const freePlace = (): void => {
      if (isTaken) this.#native.freePlace();
      isTaken = false;
    };
    return { ...detached, freePlace };
  }

  /** @internal */
  forget(exchange: HttpExchange): void {
    if (this.#given !== undefined) this.#given[exchange.fd] = exchange;
    const newest = this.#exchanges[exchange.fd];
    if (newest === exchange) {
      this.#exchanges[exchange.fd] = exchange.earlier;
      return;
    }
    for (let later = newest; later !== undefined; later = later.earlier) {
      if (later.earlier !== exchange) continue;
      later.earlier = exchange.earlier;
      return;
    }
  }

  /** @internal */
  connectionOf(fd: number, serial: number, listener: number): HttpConnection {
    const known = this.#connections[fd];
    if (known?.serial === serial) return known;
    const connection = new HttpConnection(this, fd, serial, listener);
    if (this.#native.follow(fd, serial)) this.#connections[fd] = connection;
    else connection.leave();
    return connection;
  }

  /** @internal */
  peerOf({ fd, serial }: HttpConnection): Endpoint | undefined {
    return this.#native.peer(fd, serial);
  }

  /** @internal */
  localOf({ fd, serial }: HttpConnection): Endpoint | undefined {
    return this.#native.local(fd, serial);
  }

  /** @internal */
  receivedOf({ fd, serial }: HttpConnection): number {
    return this.#native.received(fd, serial);
  }

  /** @internal What was answered in this turn counts. */
  sentOf({ fd, serial }: HttpConnection): number {
    this.#flush();
    return this.#native.sent(fd, serial);
  }

  /** @internal What was answered in this turn is offered first. */
  waitingOf({ fd, serial }: HttpConnection): number {
    this.#flush();
    let waiting = this.#native.waiting(fd, serial);
    for (let one = this.#exchanges[fd]; one !== undefined; one = one.earlier) waiting += one.backlogSize;
    return waiting;
  }

  /** A connection that JavaScript is to know no more. */
  #takeConnection(fd: number, serial: number): HttpConnection | undefined {
    const connection = this.#connections[fd];
    if (connection?.serial !== serial) return undefined;
    this.#connections[fd] = undefined;
    return connection;
  }

  /** @internal */
  view(start: number, size: number): Buffer {
    return this.#slab.subarray(start, start + size);
  }

  /** @internal */
  text(start: number, size: number): string {
    return this.#slab.toString('utf8', start, start + size);
  }

  #turn(rows: number): void {
    this.#inTurn = true;
    this.turnedAt = Math.floor(performance.now());
    const events = this.#events;
    for (let index = 0; index < rows; index++) {
      const row = index * ROW_WORDS;
      const serial = row + EVENT_WORD.SERIAL;
      // As under Node: between what two connections have brought, and not between the pipelined requests of one.
      if (index > 0 && events[serial] !== events[serial - ROW_WORDS]) runTicks(this.#tickScope);
      this.#takeRow(events[row] ?? 0, row);
    }
  }

  #takeRow(kind: number, row: number): void {
    if (kind === EVENT.REQUEST) this.#takeRequest(row);
    else if (kind === EVENT.REFUSED) this.#takeRefused(row);
    else if (kind === EVENT.CONNECTED) this.#takeConnected(row);
    else if (kind === EVENT.CLOSED) this.#takeClosed(row);
    else this.#takeEvent(row);
  }

  #endTurn(): void {
    this.#inTurn = false;
    if (this.#unsettled.length > 0) {
      for (const exchange of this.#unsettled) exchange.settle();
      this.#unsettled = [];
    }
    this.#flush();
  }

  #takeConnected(row: number): void {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const connection = new HttpConnection(
      this,
      word(EVENT_WORD.FD),
      word(EVENT_WORD.SERIAL),
      word(EVENT_WORD.LISTENER),
    );
    this.#connections[connection.fd] = connection;
    if (this.#onConnection !== null) new AppScope('TCPWRAP').call(this.#onConnection, undefined, connection);
  }

  #takeClosed(row: number): void {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const connection = this.#takeConnection(word(EVENT_WORD.FD), word(EVENT_WORD.SERIAL));
    if (connection === undefined) return;
    connection.noteEnd(word(EVENT_WORD.FLAGS));
    connection.tellEnd(
      word(EVENT_WORD.LENGTH_LOW) + word(EVENT_WORD.LENGTH_HIGH) * HIGH_WORD,
      word(EVENT_WORD.SENT_LOW) + word(EVENT_WORD.SENT_HIGH) * HIGH_WORD,
    );
  }

  #takeRequest(row: number): void {
    const exchange = this.#exchangeOf(row);
    this.#takeTrailers(exchange, row);
    exchange.earlier = this.#exchanges[exchange.fd];
    this.#exchanges[exchange.fd] = exchange;
    if (exchange.needsSettling) this.#unsettled.push(exchange);
    exchange.scope.call(this.#handlers.onRequest, this.#handlers, exchange);
  }

  #exchangeOf(row: number): HttpExchange {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const head = word(EVENT_WORD.HEAD_OFFSET);
    return new HttpExchange(
      this,
      word(EVENT_WORD.FD),
      word(EVENT_WORD.SERIAL),
      word(EVENT_WORD.SEQUENCE),
      word(EVENT_WORD.FLAGS),
      this.#slab.toString('latin1', head, head + word(EVENT_WORD.HEAD_SIZE)),
      word(EVENT_WORD.METHOD_SIZE),
      word(EVENT_WORD.TARGET_SIZE),
      word(EVENT_WORD.LENGTH_LOW) + word(EVENT_WORD.LENGTH_HIGH) * HIGH_WORD,
      word(EVENT_WORD.BODY_OFFSET),
      word(EVENT_WORD.BODY_SIZE),
      word(EVENT_WORD.LISTENER),
    );
  }

  #takeTrailers(exchange: HttpExchange, row: number): void {
    const events = this.#events;
    const size = events[row + EVENT_WORD.TRAILERS_SIZE] ?? 0;
    if (size === 0) return;
    const start = (events[row + EVENT_WORD.BODY_OFFSET] ?? 0) + (events[row + EVENT_WORD.BODY_SIZE] ?? 0);
    exchange.takeTrailers(this.#slab.toString('latin1', start, start + size));
  }

  #takeRefused(row: number): void {
    if (((this.#events[row + EVENT_WORD.FLAGS] ?? 0) & EVENT_FLAG.OFFERED) !== 0) {
      this.#takeOffered(row);
      return;
    }
    const exchange = this.#exchangeOf(row);
    this.#handlers.onUnserved?.(exchange);
    exchange.replace(this.#events[row + EVENT_WORD.STATUS] ?? 0);
  }

  /** An answer without a request. */
  #takeOffered(row: number): void {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const [fd, serial, sequence] = [word(EVENT_WORD.FD), word(EVENT_WORD.SERIAL), word(EVENT_WORD.SEQUENCE)];
    const listener = word(EVENT_WORD.LISTENER);
    const exchange = new HttpExchange(this, fd, serial, sequence, EVENT_FLAG.LAST_REQUEST, '', 0, 0, 0, 0, 0, listener);
    exchange.earlier = this.#exchanges[fd];
    this.#exchanges[fd] = exchange;
    this.#offer(exchange, row);
  }

  #offer(exchange: HttpExchange, row: number): void {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const start = word(EVENT_WORD.HEAD_OFFSET);
    const size = word(EVENT_WORD.HEAD_SIZE);
    const number = word(EVENT_WORD.REASON);
    const refusal = {
      status: word(EVENT_WORD.STATUS),
      fault: number === NO_REASON ? undefined : this.#native.refusalFault(number),
      bytes: size === 0 ? undefined : Buffer.from(this.view(start, size)),
      parsed: word(EVENT_WORD.BODY_SIZE),
    };
    this.connectionOf(exchange.fd, exchange.serial, exchange.listener).noteEnd(word(EVENT_WORD.FLAGS));
    exchange.run(() => this.#handlers.onRefusal?.(exchange, refusal));
  }

  #takeEvent(row: number): void {
    const word = (at: number): number => this.#events[row + at] ?? 0;
    const flags = word(EVENT_WORD.FLAGS);
    const newest = this.#exchanges[word(EVENT_WORD.FD)];
    if (newest === undefined || newest.serial !== word(EVENT_WORD.SERIAL)) {
      if ((flags & EVENT_FLAG.OVERDUE) !== 0) this.#tellUntaken(word(EVENT_WORD.FD), word(EVENT_WORD.SERIAL));
      return;
    }
    const sequence = word(EVENT_WORD.SEQUENCE);
    if ((flags & (EVENT_FLAG.RESET | EVENT_FLAG.ENDED)) !== 0) this.#connections[newest.fd]?.noteEnd(flags);
    switch (word(EVENT_WORD.KIND)) {
      case EVENT.BODY: {
        const start = word(EVENT_WORD.BODY_OFFSET);
        const piece = Buffer.from(this.#slab.subarray(start, start + word(EVENT_WORD.BODY_SIZE)));
        if (newest.sequence !== sequence) return;
        this.#takeTrailers(newest, row);
        newest.takePiece(piece, (flags & EVENT_FLAG.BODY_COMPLETE) !== 0);
        return;
      }
      case EVENT.BODY_BROKEN:
        // Answered already, while earlier ones are not: nobody waits for its body.
        if (newest.sequence !== sequence) return;
        if ((flags & EVENT_FLAG.OFFERED) !== 0) {
          this.#offer(newest, row);
          return;
        }
        newest.breakBody();
        this.#replace(newest, word(EVENT_WORD.STATUS), flags);
        newest.leave();
        return;
      case EVENT.DRAIN:
        exchangeBy(newest, sequence)?.drain();
        return;
      case EVENT.GONE:
        if (word(EVENT_WORD.STATUS) !== 0) this.#replace(exchangeBy(newest, sequence), word(EVENT_WORD.STATUS), flags);
        else if ((flags & EVENT_FLAG.LOST) !== 0) this.#lose(newest, flags);
        else halfCloseAll(newest, sequence);
    }
  }

  /** The app has given the answer, of which its client has not taken all. */
  #tellUntaken(fd: number, serial: number): void {
    const given = this.#given?.[fd];
    if (given?.serial === serial) this.#handlers.onOverdue?.(given);
  }

  #replace(exchange: HttpExchange | undefined, status: number, flags: number): void {
    if (status === 0 || exchange === undefined || exchange.isOver) return;
    this.#handlers.onReplaced?.(exchange, status, (flags & EVENT_FLAG.OVERDUE) !== 0);
    exchange.replace(status);
  }

  #lose(newest: HttpExchange, flags: number): void {
    if ((flags & EVENT_FLAG.OVERDUE) !== 0) this.#handlers.onOverdue?.(oldestOf(newest));
    leaveAll(newest);
  }

  #flushLater(): void {
    if (this.#isLast) this.#flush();
    if (this.#inTurn || this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(this.#flushSoon);
  }

  #flush(): void {
    if (this.#rows === 0) return;
    const rows = this.#rows;
    const text = this.#text;
    this.#rows = 0;
    this.#text = '';
    this.#native.flush(rows, text);
  }
}

/** Undefined when its answer is complete. */
function exchangeBy(newest: HttpExchange, sequence: number): HttpExchange | undefined {
  for (let one: HttpExchange | undefined = newest; one !== undefined; one = one.earlier) {
    if (one.sequence === sequence) return one;
  }
  return undefined;
}

function oldestOf(newest: HttpExchange): HttpExchange {
  let oldest = newest;
  while (oldest.earlier !== undefined) oldest = oldest.earlier;
  return oldest;
}

/** The oldest first, as their answers go. */
function handOverAll(newest: HttpExchange): void {
  const { earlier } = newest;
  if (earlier !== undefined) handOverAll(earlier);
  newest.handOver();
}

/** The oldest first, as Node does. Leaving takes it out of the chain. */
function leaveAll(newest: HttpExchange): void {
  if (newest.earlier !== undefined) leaveAll(newest.earlier);
  newest.leave();
}

/** @param last Of the connection's last request, which may be answered already while earlier ones are not. */
function halfCloseAll(newest: HttpExchange, last: number): void {
  for (let one: HttpExchange | undefined = newest; one !== undefined; ) {
    const { earlier }: HttpExchange = one;
    one.halfClose(one.sequence === last);
    one = earlier;
  }
}

const asBytes = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer);
