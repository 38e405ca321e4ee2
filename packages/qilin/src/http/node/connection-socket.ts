/**
 * What Node's messages take for their socket: one for each connection, made at its first request, the same for all of them. It
 * has the members that Node's HTTP code, the frameworks and their middlewares touch, and is no stream: its bytes are the engine's.
 *
 * As under Node, one response at a time has it, in the order of the requests; those behind it keep what is written until then.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Connection, Exchange } from '@qilin/picoev';
import { STATUS_CODES } from '../../contract/node-http.ts';
import { HeldWrites } from './held-writes.ts';
import type { BridgedResponse } from './node-internals.ts';
import { passOn } from './pass-on.ts';
import { SocketClock } from './socket-clock.ts';
import { SocketFacts } from './socket-facts.ts';
import { writeBehindEnd, writeToDestroyed } from './write-errors.ts';

/** The head of an informational answer; 101 is none: another protocol follows it. */
const INFORMATIONAL = /^HTTP\/1\.1 1(?!01)\d\d /;

export type Callback = (error?: Error | null) => void;

/** What a program's 'clientError' listeners are told. */
export interface ToldRefusal {
  readonly error: Error;
  /** What the client is told where nobody listens any more. */
  readonly status: number;
}

/** A request with its response, on the connection: message-pair.ts. Or the answer to what was none: refused-pair.ts. */
export interface Pair {
  readonly exchange: Exchange;
  readonly request: { readonly complete: boolean; emit(event: 'timeout', socket: object): boolean } | undefined;
  readonly response: BridgedResponse | undefined;
  /** Its client has sent no request, or no body of one. */
  readonly refusal: ToldRefusal | undefined;
  /** The one behind it on the connection. */
  next: Pair | undefined;
  /** The client takes no more for now. */
  readonly isBlocked: boolean;
  /** Nothing of it is read or written any more. */
  readonly isEnded: boolean;
  write(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean;
  /** An informational answer before the real one. */
  inform(head: string, callback: Callback | null | undefined): boolean;
  /** What was written is the whole answer, and the connection's last. */
  endConnection(): void;
  /** Node has emitted 'finish' of the response. */
  finish(): void;
  /** The request's stream wants more, if it was that which resumed the socket. */
  read(): void;
  pause(): void;
  /** The program ends the connection: the request is given what has come of it. */
  fill(): void;
  /** The connection is lost. */
  leave(): void;
}

export class ConnectionSocket extends SocketFacts {
  // Node's HTTP code writes and reads these by name.
  _httpMessage: BridgedResponse | null = null;
  destroyed = false;
  writableCorked = 0;
  timeout: number | undefined = undefined;
  /** So many have come, where the program's server counts them. */
  requests = 0;

  /** All in hand: their answers are not complete, or their bodies are still read. */
  #first: Pair | undefined = undefined;
  /** The one whose response has the socket. */
  #current: Pair | undefined = undefined;
  #clock: SocketClock | undefined = undefined;
  /** While it is corked, of an answer with a strict length. */
  #held: HeldWrites | undefined = undefined;
  /** What `destroy()` was given. */
  #error: Error | undefined = undefined;
  /** The program has destroyed it. */
  #isGivenUp = false;
  /** Nothing that waits is sent any more. */
  #isLost = false;
  #isClosed = false;
  #hasEnded = false;
  /** Our side's end is the connection's. */
  #closesBehind = false;
  #hasTold = false;
  /** The server has heard of an error. */
  #isHeard = false;
  /** Of texts that are written without a word of theirs. */
  #encoding: BufferEncoding = 'utf8';

  constructor(connection: Connection, server: Server | undefined) {
    super(connection, server);
    connection.owner = this;
    connection.onClose = onClose;
  }

  /** Nothing has come yet. */
  accept(): void {
    const { server } = this;
    if (server !== undefined && timesConnections(server)) this.setTimeout(server.timeout);
  }

  /** A request has come. */
  add(pair: Pair): void {
    if (this.#first === undefined) {
      this.#first = pair;
      // As Node does when a request comes on a connection that was idle.
      if (this.server !== undefined && this.server.timeout > 0) this.setTimeout(this.server.timeout);
    } else lastOf(this.#first).next = pair;
    if (this.#current !== undefined) return;
    this.#current = pair;
    this.#lend(pair.response);
    if (pair.refusal !== undefined) this.#tellRefusal(pair.refusal);
  }

  #lend(response: BridgedResponse | undefined): void {
    this._httpMessage = response ?? null;
    // The getter's type is a real socket's.
    if (response !== undefined) response.socket = this as unknown as BridgedResponse['socket'];
  }

  /** Node has emitted 'finish' of the response that has the socket. */
  finishCurrent(): void {
    this.#current?.finish();
  }

  /** The response is complete: the next one has the socket. */
  release(pair: Pair, keepsAlive: boolean): void {
    this._httpMessage = null;
    if (pair.response !== undefined) pair.response.socket = null;
    if (!keepsAlive) this.endSide();
    const { next } = pair;
    // Of the time that the program has set, the next one has all.
    if (next === undefined) this.#beIdle(keepsAlive ? pair.response : undefined);
    this.#current = next;
    if (pair.isEnded) this.drop(pair);
    if (next === undefined) return;
    this.#lend(next.response);
    next.exchange.run(() => this.#introduce(next));
  }

  /** The engine ends it in time; the program hears of that time, as under Node, where it wants to. */
  #beIdle(last: BridgedResponse | undefined): void {
    const { server } = this;
    const isTimed = last !== undefined && server !== undefined && timesConnections(server);
    this.setTimeout(isTimed ? last._keepAliveTimeout : 0);
  }

  /** One that had to wait has the socket now. */
  #introduce({ refusal, response }: Pair): void {
    if (refusal !== undefined) this.#tellRefusal(refusal);
    if (response === undefined) return;
    if (response.destroyed) {
      this.destroy();
      return;
    }
    response.emit('socket', response.socket);
    response._flush();
  }

  /** Nothing of it is in hand any more. */
  drop(pair: Pair): void {
    if (this.#first === pair) this.#first = pair.next;
    for (let one = this.#first; one !== undefined; one = one.next) if (one.next === pair) one.next = pair.next;
    if (this.#current === pair) this.#current = pair.next;
  }

  // The answer.

  write(data: string | Uint8Array, encoding?: BufferEncoding | Callback | null, callback?: Callback | null): boolean {
    if (typeof encoding === 'function') return this.write(data, null, encoding);
    if (!this.writable || this.#current === undefined || this.#current.exchange.isOver) {
      if (callback) process.nextTick(callback, this.#lateWrite());
      return false;
    }
    this.touch();
    if (this.#isInformational(data)) return this.#current.inform(data, callback);
    const bytes = typeof data === 'string' ? toWire(data, encoding ?? this.#encoding) : data;
    if (this.writableCorked > 0 && this._httpMessage?.strictContentLength) return this.#hold(bytes, callback);
    return this.#current.write(bytes, callback);
  }

  #lateWrite(): Error {
    return this.writableEnded && !this.destroyed ? writeBehindEnd() : writeToDestroyed();
  }

  /** Node's 1xx come before the head of the answer, each in one piece. */
  #isInformational(data: string | Uint8Array): data is string {
    return typeof data === 'string' && this._httpMessage?.headersSent === false && INFORMATIONAL.test(data);
  }

  /** Ends the connection behind what was written. */
  end(data?: string | Uint8Array | Callback, encoding?: BufferEncoding | Callback, callback?: Callback): this {
    if (typeof data === 'string' || data instanceof Uint8Array) this.write(data, encoding, callback);
    if (this.destroyed) return this;
    if (this.writableEnded) return this;
    this.#sendHeld();
    this.endSide();
    // One that is answered is still there for the reader of its body: nothing more of that is waited for.
    const pair = this.#current ?? this.#first;
    if (pair === undefined) this.connection.end();
    else pair.endConnection();
    return this;
  }

  setDefaultEncoding(encoding: string): this {
    if (!Buffer.isEncoding(encoding))
      throw Object.assign(new TypeError(`Unknown encoding: ${encoding}`), { code: 'ERR_UNKNOWN_ENCODING' });
    this.#encoding = encoding;
    return this;
  }

  // The engine gathers what is written in one turn by itself.
  cork(): void {
    this.writableCorked += 1;
  }

  uncork(): void {
    if (this.writableCorked > 0) this.writableCorked -= 1;
    if (this.writableCorked === 0) this.#sendHeld();
  }

  /** Node's `end()` throws for an answer that is not of its strict length, and leaves the socket corked: nothing of it is sent. */
  #hold(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean {
    this.#held ??= new HeldWrites(this);
    return this.#held.add(bytes, callback);
  }

  #sendHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (this.#current !== undefined && !this.#current.exchange.isOver) held.send(this.#current);
    else held.drop(this.#lateWrite());
  }

  get writableLength(): number {
    return this.#isLost ? 0 : this.connection.bytesWaiting;
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  get writableFinished(): boolean {
    return this.writableEnded && (this.#isClosed || this.writableLength === 0);
  }

  get readableEnded(): boolean {
    return this.#hasEnded;
  }

  get readableAborted(): boolean {
    return this.destroyed && !this.#hasEnded;
  }

  /** A stream of Node's is closed as soon as it is destroyed: 'error' and 'close' come behind. */
  get closed(): boolean {
    return this.destroyed;
  }

  get errored(): Error | null {
    return this.#error ?? null;
  }

  get writableNeedDrain(): boolean {
    return this.#current?.isBlocked ?? false;
  }

  // The requests.

  /** Called by a request when it is read. */
  resume(): this {
    for (let pair = this.#first; pair !== undefined; pair = pair.next) pair.read();
    return this;
  }

  pause(): this {
    for (let pair = this.#first; pair !== undefined; pair = pair.next) pair.pause();
    return this;
  }

  /** What the client has sent is no body of this one's request. */
  refuse(pair: Pair, refusal: ToldRefusal): void {
    // Its answer is complete: what is written now comes behind that.
    this.#current ??= pair;
    if (this.#current === pair) this.#tellRefusal(refusal);
  }

  /** As Node does with what its parser refuses. Its listener says what the client is told, by this socket. */
  #tellRefusal({ error, status }: ToldRefusal): void {
    if (this.connection.hasEnded) {
      this.halfClose();
      // Of this request nothing more is to come.
      this.readable = false;
    }
    this.#isHeard = true;
    if (this.#tellServer(error)) return;
    this.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  }

  // Its end.

  destroy(error?: Error | null): this {
    return this.#destroy(error ?? undefined, false);
  }

  destroySoon(): void {
    this.#closesBehind = true;
    this.end();
  }

  resetAndDestroy(): this {
    return this.#destroy(undefined, true);
  }

  /** What waits is not sent since nobody is to have it, the program or, by a reset, the client; else since it cannot be. */
  get isCanceled(): boolean {
    return this.#isGivenUp || !this.connection.hasEnded;
  }

  #destroy(error: Error | undefined, resets: boolean): this {
    if (this.destroyed) return this;
    this.#isGivenUp = true;
    this.#error = error;
    for (let pair = this.#first; pair !== undefined; pair = pair.next) pair.fill();
    this.#shut();
    if (error) process.nextTick(tellError, this);
    this.connection.destroy(resets);
    return this;
  }

  /** Has a request end as Node does. It would cut the connection where that is open, on which others may be answered. */
  abort(request: { destroy(error: Error): unknown }): void {
    const { destroyed, writable } = this;
    this.destroyed = true;
    this.writable = false;
    // The words and the code of Node's own server.
    request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    this.destroyed = destroyed;
    this.writable = writable;
  }

  /** An exchange is lost: with the first in line, the connection. */
  lose(pair: Pair): void {
    if (this.#first !== pair) return;
    this.#isLost = true;
    if (this.connection.hasEnded) this.halfClose();
    this.#noteReset();
    this.#shut();
    this.tellError();
  }

  /** The client has ended its side. It still reads: what is answered is sent, as by Node's server with httpAllowHalfOpen. */
  halfClose(): void {
    if (this.#hasEnded || this.destroyed) return;
    this.#hasEnded = true;
    // It stays readable: the request has what was received before.
    this.emit('end');
  }

  /** The connection has ended. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isLost = true;
    if (!this.destroyed) this.#tellEnds();
    this.#noteReset();
    this.#shut();
    const error = this.#error;
    this.tellError();
    // Those that the engine knows no more: the app has ended the connection in the middle of its answer.
    for (let pair = this.#first; pair !== undefined; pair = this.#first) {
      const { exchange } = pair;
      exchange.run(() => pair.leave());
    }
    this.emit('close', error !== undefined);
  }

  /** The connection has gone over to another protocol, and has a socket of its own. */
  become(socket: Socket): void {
    this.#isClosed = true;
    this.#clock?.stop();
    passOn(this, socket, ['connection', 'requests', '_httpMessage']);
  }

  /** Each side's end is told where it was an orderly one; Node's server ends its own behind the client's. */
  #tellEnds(): void {
    if (this.writableEnded) this.emit('finish');
    if (this.#closesBehind || !this.connection.hasEnded) return;
    this.halfClose();
    if (this.writableEnded) return;
    this.endSide();
    this.emit('finish');
  }

  /** As a socket of Node's, of which a read fails. Nobody reads behind a last answer, nor behind the client's end. */
  #noteReset(): void {
    const { wasReset, hasEnded } = this.connection;
    if (this.destroyed || this.#closesBehind || hasEnded || !wasReset) return;
    const facts = { errno: -constants.errno.ECONNRESET, code: 'ECONNRESET', syscall: 'read' };
    this.#error ??= Object.assign(new Error('read ECONNRESET'), facts);
  }

  /** Our side ends behind what was written. */
  endSide(): void {
    this.writableEnded = true;
    this.writable = false;
  }

  /** The connection ends behind what was written. */
  closeBehind(): void {
    this.#closesBehind = true;
    this.endSide();
  }

  /** Once, and before any message is told of the end. */
  tellError(): void {
    if (this.#hasTold || this.#error === undefined) return;
    this.#hasTold = true;
    this.emit('error', this.#error);
  }

  /**
   * Node's server listens to the first error of each socket, and closes it unless somebody listens to 'clientError'; so none is
   * thrown where the app does not listen.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...args);
    const [error] = args;
    const isHandled = !this.#isHeard && this.#tellServer(error);
    this.#isHeard = true;
    if (!isHandled) this.destroy(error instanceof Error ? error : undefined);
    if (this.listenerCount('error') > 0) super.emit('error', ...args);
    return true;
  }

  #tellServer(error: unknown): boolean {
    return this.server?.emit('clientError', error as Error, this as unknown as Duplex) ?? false;
  }

  #shut(): void {
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    this.#held?.drop(this.#lateWrite());
    this.#held = undefined;
    this.#clock?.stop();
  }

  // Time.

  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds;
    this.#clock?.stop();
    this.#clock = undefined;
    if (milliseconds > 0 && !this.destroyed) {
      this.#clock = new SocketClock(this, milliseconds);
      if (callback) this.once('timeout', callback);
    } else if (callback) this.removeListener('timeout', callback);
    return this;
  }

  /** Bytes have come or gone. */
  touch(): void {
    this.#clock?.wind();
  }

  /** As Node's server does, which listens before all others: whoever listens to what it tells decides, else the connection is closed. */
  timedOut(): void {
    const request = this.#current?.request;
    const handled = [
      request?.complete === false && request.emit('timeout', this),
      this._httpMessage?.emit('timeout', this) ?? false,
      this.server?.emit('timeout', this) ?? false,
    ];
    if (!handled.includes(true)) this.destroy();
    this.emit('timeout');
  }
}

/** The program listens to what becomes of its connections in the time that it has set for them, be they idle or not. */
export const timesConnections = (server: Server): boolean => server.timeout > 0 && server.listenerCount('timeout') > 0;

/** The socket of a connection. */
export function socketOf(connection: Connection, server: Server | undefined): ConnectionSocket {
  const { owner } = connection;
  return owner instanceof ConnectionSocket ? owner : new ConnectionSocket(connection, server);
}

function lastOf(pair: Pair): Pair {
  let last = pair;
  while (last.next !== undefined) last = last.next;
  return last;
}

// One function for all connections instead of a closure for each: a connection knows its socket.

function onClose({ owner }: Connection): void {
  if (owner instanceof ConnectionSocket) owner.close();
}

function tellError(socket: ConnectionSocket): void {
  socket.tellError();
}

/** A text of ASCII has as many bytes as characters, and is the same in latin1: no copy is made. */
function toWire(text: string, encoding: BufferEncoding): string | Uint8Array {
  if (encoding === 'latin1' || encoding === 'binary') return text;
  if (encoding === 'utf8' || encoding === 'utf-8')
    return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
  return Buffer.from(text, encoding);
}
