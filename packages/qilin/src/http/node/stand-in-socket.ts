/**
 * What Node's `IncomingMessage` and `ServerResponse` take for their socket: it hands the bytes of the answer to an exchange,
 * reads the request's body when the request is read, and tells both when the client has left.
 *
 * One for each request: the engine keeps nothing in JavaScript for a connection that waits. It has the members that Node's
 * HTTP code, the frameworks and their middlewares touch, and is no stream: its bytes are the engine's.
 */
import type { Exchange } from '@qilin/picoev';
import { type BridgedRequest, type BridgedResponse, closeSilently, detachSignal, emitDrain } from './node-internals.ts';
import { RequestFeed } from './request-feed.ts';
import { SocketFacts } from './socket-facts.ts';

/** 101 is none: another protocol follows it. */
const INFORMATIONAL = /^HTTP\/1\.1 1(?!01)\d\d /;

type Callback = (error?: Error | null) => void;

export class StandInSocket extends SocketFacts {
  // Node's HTTP code writes and reads these by name.
  _httpMessage: BridgedResponse | null = null;
  destroyed = false;
  writableCorked = 0;
  bytesWritten = 0;
  bytesRead = 0;
  timeout = 0;

  #request: BridgedRequest | undefined;
  #response: BridgedResponse | undefined;
  #reading = false;
  /** The body's reader has asked for no more. */
  #paused = false;
  /** The client takes no more for now. */
  #blocked = false;
  /** Of writes whose bytes the engine has taken. */
  #callbacks: Callback[] = [];
  #timer: NodeJS.Timeout | undefined = undefined;
  /** The response is complete. */
  #finished = false;
  /** As its head said. */
  #keepsAlive = false;

  constructor(exchange: Exchange) {
    super(exchange);
    exchange.owner = this;
    exchange.onDrain = onDrain;
    exchange.onGone = onGone;
    exchange.onHalfClose = onHalfClose;
    exchange.onLast = onLast;
  }

  /** The messages that this is the socket of. */
  carry(request: BridgedRequest, response: BridgedResponse): void {
    this.#request = request;
    this.#response = response;
    this._httpMessage = response;
    // The getter's type is a real socket's.
    response.socket = this as unknown as BridgedResponse['socket'];
    response.on('finish', onFinish);
  }

  // The answer.

  write(data: string | Uint8Array, encoding?: BufferEncoding | Callback | null, callback?: Callback | null): boolean {
    if (typeof encoding === 'function') return this.write(data, null, encoding);
    if (!this.writable || this.exchange.isOver) {
      const error = Object.assign(new Error('The connection is closed.'), { code: 'EPIPE' });
      if (callback) process.nextTick(callback, error);
      return false;
    }
    this.#timer?.refresh();
    const bytes = typeof data === 'string' ? toWire(data, encoding) : data;
    if (bytes.length > 0) {
      this.bytesWritten += bytes.length;
      if (this.#isInformational(data)) this.exchange.inform(data);
      else if (!this.exchange.raw(bytes)) this.#blocked = true;
    }
    if (callback) this.#defer(callback);
    return !this.#blocked;
  }

  /** What was written is the whole answer, and the connection's last. */
  end(data?: string | Uint8Array | Callback, encoding?: BufferEncoding | Callback, callback?: Callback): this {
    if (typeof data === 'string' || data instanceof Uint8Array) this.write(data, encoding, callback);
    if (!this.#finished && !this.exchange.isOver) this.exchange.rawEnd(false);
    return this.#close();
  }

  /** Node's 1xx come before the head of the answer, each in one piece. */
  #isInformational(data: string | Uint8Array): data is string {
    return typeof data === 'string' && this._httpMessage?.headersSent === false && INFORMATIONAL.test(data);
  }

  // The engine gathers what is written in one turn by itself.
  cork(): void {
    this.writableCorked += 1;
  }

  uncork(): void {
    if (this.writableCorked > 0) this.writableCorked -= 1;
  }

  get writableLength(): number {
    return this.#blocked ? this.writableHighWaterMark : 0;
  }

  get writableNeedDrain(): boolean {
    return this.#blocked;
  }

  /** After Node has emitted 'finish': all of the answer has been written. */
  finish(): void {
    const { response, request } = this.#messages();
    if (this.#finished || this.destroyed) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    detachSignal(request);
    this.#settleRequest(request);
    this.#keepsAlive = !response._last && response.shouldKeepAlive;
    // Who reads the body may go on when the answer is complete: then its end is the end of the exchange.
    if (!this.#reading || request.complete) this.#endExchange();
    this._httpMessage = null;
    response.socket = null;
    process.nextTick(closeAfterFinish, this, response);
  }

  // The request.

  /** Called by the request when it is read. */
  resume(): this {
    if (!this.#reading) {
      this.#reading = true;
      this.#startReading();
    } else if (this.#paused) {
      this.#paused = false;
      this.exchange.resumeBody();
    }
    return this;
  }

  pause(): this {
    this.#paused = true;
    return this;
  }

  isPaused(): boolean {
    return this.#paused;
  }

  /** A piece of the body has come. False: the reader wants no more for now. */
  received(bytes: number): boolean {
    this.bytesRead += bytes;
    this.#timer?.refresh();
    return !this.#paused;
  }

  /** The body has come to its end. */
  bodyEnded(): void {
    if (this.#finished) this.#endExchange();
  }

  // Its end.

  destroy(error?: Error): this {
    if (!this.destroyed && !this.exchange.isOver) this.exchange.abort();
    return this.#close(error);
  }

  #close(error?: Error): this {
    if (this.destroyed) return this;
    this.#shut();
    process.nextTick(emitClose, this, error);
    return this;
  }

  destroySoon(): void {
    this.end();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  /** The client has ended its side. It still reads: what is answered is sent, as by Node's server with httpAllowHalfOpen. */
  halfClose(): void {
    // It stays readable: the request has what was received before.
    if (!this.destroyed) this.emit('end');
  }

  /** The connection is lost. */
  leave(): void {
    if (this.destroyed) return;
    this.#shut();
    emitClose(this);
    if (!this.exchange.isOver) this.exchange.abort();
  }

  /** Tells the messages, and then those who listen to the socket itself. */
  closeMessages(): void {
    if (this.#finished) return;
    const { request, response } = this.#messages();
    request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    closeResponse(response);
  }

  // Time.

  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (milliseconds > 0 && !this.destroyed) {
      this.#timer = setTimeout(onTimeout, milliseconds, this).unref();
      if (callback) this.once('timeout', callback);
    } else if (callback) this.removeListener('timeout', callback);
    return this;
  }

  /** As Node's server does: whoever listens decides, else the connection is closed. */
  timedOut(): void {
    this.emit('timeout');
    const { request, response } = this.#messages();
    const handled = [
      !request.complete && request.emit('timeout', this),
      response.emit('timeout', this),
      this.server?.emit('timeout', this) ?? false,
    ];
    if (!handled.includes(true)) this.destroy();
  }

  /** The engine's buffer has room again. */
  drained(): void {
    this.#blocked = false;
    if (this.#callbacks.length > 0) process.nextTick(runCallbacks, this);
    if (this._httpMessage !== null) emitDrain(this._httpMessage);
    this.emit('drain');
  }

  /** The server drains: the head tells the client, where it is not written yet. */
  becomeLast(): void {
    if (this._httpMessage !== null && !this._httpMessage.headersSent) this._httpMessage.shouldKeepAlive = false;
  }

  takeCallbacks(): readonly Callback[] {
    const callbacks = this.#callbacks;
    if (this.#blocked || callbacks.length === 0) return NO_CALLBACKS;
    this.#callbacks = [];
    return callbacks;
  }

  /** Node calls back when a write's bytes are on their way, never before `write()` has returned. */
  #defer(callback: Callback): void {
    if (this.#callbacks.push(callback) === 1 && !this.#blocked) process.nextTick(runCallbacks, this);
  }

  #startReading(): void {
    const { request, response } = this.#messages();
    if (!this.exchange.hasBody) {
      request.push(null);
      return;
    }
    if (response._expect_continue) response._sent100 = true;
    this.exchange.readBody(new RequestFeed(request, this));
  }

  #endExchange(): void {
    if (!this.exchange.isOver) this.exchange.rawEnd(this.#keepsAlive);
  }

  /** What nobody reads is taken and thrown away: by the engine, or through the request where somebody waits for its end. */
  #settleRequest(request: BridgedRequest): void {
    if (request._consuming || this.#reading) return;
    if (request.listenerCount('end') + request.listenerCount('close') > 0) request._dump();
    else closeSilently(request);
  }

  #shut(): void {
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    clearTimeout(this.#timer);
  }

  #messages(): { readonly request: BridgedRequest; readonly response: BridgedResponse } {
    const request = this.#request;
    const response = this.#response;
    if (request === undefined || response === undefined) throw new Error('The socket carries no messages yet.');
    return { request, response };
  }
}

/** The response that answers an exchange; undefined when no Node listener does, or when it is over. */
export function responseOf({ owner }: Exchange): BridgedResponse | undefined {
  return owner instanceof StandInSocket ? (owner._httpMessage ?? undefined) : undefined;
}

const NO_CALLBACKS: readonly Callback[] = [];

// One function for all requests instead of a closure for each: an exchange knows its socket, a response too.

function onDrain({ owner }: Exchange): void {
  if (owner instanceof StandInSocket) owner.drained();
}

function onGone({ owner }: Exchange): void {
  if (owner instanceof StandInSocket) owner.leave();
}

function onHalfClose({ owner }: Exchange): void {
  if (owner instanceof StandInSocket) owner.halfClose();
}

function onLast({ owner }: Exchange): void {
  if (owner instanceof StandInSocket) owner.becomeLast();
}

function onFinish(this: BridgedResponse): void {
  const socket: unknown = this.socket;
  if (socket instanceof StandInSocket) socket.finish();
}

function onTimeout(socket: StandInSocket): void {
  socket.timedOut();
}

function runCallbacks(socket: StandInSocket): void {
  for (const callback of socket.takeCallbacks()) callback();
}

function closeAfterFinish(socket: StandInSocket, response: BridgedResponse): void {
  closeResponse(response);
  if (socket.listenerCount('close') > 0) socket.emit('close', false);
}

function emitClose(socket: StandInSocket, error?: Error): void {
  socket.closeMessages();
  if (error !== undefined && socket.listenerCount('error') > 0) socket.emit('error', error);
  socket.emit('close', error !== undefined);
}

function closeResponse(response: BridgedResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

/** A text of ASCII has as many bytes as characters, and is the same in latin1: no copy is made. */
function toWire(text: string, encoding: BufferEncoding | null | undefined): string | Uint8Array {
  if (encoding === 'latin1' || encoding === 'binary') return text;
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8')
    return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
  return Buffer.from(text, encoding);
}
