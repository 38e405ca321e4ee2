/**
 * A request and its response, Node's own, on one exchange of the native engine: pours the body into the request no faster than
 * that is read, takes the bytes of the answer, and tells both messages how it ended.
 */
import type { BodySink, Exchange, FetchExchange } from '@qilin/picoev';
import { type Callback, ConnectionSocket, type Pair, type ToldRefusal } from './connection-socket.ts';
import { sayClose } from './last-head.ts';
import { type BridgedRequest, type BridgedResponse, closeSilently, detachSignal, emitDrain } from './node-internals.ts';
import { brokenPipe, canceledWrite } from './write-errors.ts';

export class MessagePair implements BodySink, Pair {
  readonly exchange: Exchange;
  readonly request: BridgedRequest;
  readonly response: BridgedResponse;
  /** Not initialized: nearly none has one. */
  declare refusal: ToldRefusal | undefined;
  /** The pair behind this one on the connection. */
  next: Pair | undefined = undefined;
  /** The client takes no more for now. */
  isBlocked = false;
  /** The response is complete. */
  isFinished = false;
  /** All that the exchange is wanted for is done: of its answer the engine may still have to send. */
  isEnded = false;

  readonly #socket: ConnectionSocket;
  #reading = false;
  /** The body's reader has asked for no more. */
  #paused = false;
  /** Of writes whose bytes the engine has taken. */
  #callbacks: Callback[] | undefined = undefined;
  /** The request's stream has been given all of the body, or there is none. */
  #hasAll: boolean;
  /** As the response's head said. */
  #keepsAlive = false;
  #hasLeft = false;

  constructor(exchange: Exchange, socket: ConnectionSocket, request: BridgedRequest, response: BridgedResponse) {
    this.exchange = exchange;
    this.#socket = socket;
    this.request = request;
    this.response = response;
    this.#hasAll = !exchange.hasBody;
    exchange.owner = this;
    exchange.onDrain = onDrain;
    exchange.onGone = onGone;
    exchange.onHalfClose = onHalfClose;
    exchange.onLast = onLast;
    response.on('finish', onFinish);
  }

  // The answer.

  write(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean {
    if (bytes.length > 0 && !this.exchange.raw(this.#truthful(bytes), this.response.chunkedEncoding))
      this.isBlocked = true;
    if (callback) this.#defer(callback);
    return !this.isBlocked;
  }

  inform(head: string, callback: Callback | null | undefined): boolean {
    this.exchange.inform(head);
    if (callback) this.#defer(callback);
    return !this.isBlocked;
  }

  /** The app's own `Connection: keep-alive` outdoes what Node was told: not where the engine ends the connection. */
  #truthful(bytes: string | Uint8Array): string | Uint8Array {
    const { exchange, response } = this;
    if (exchange.hasBegun || !response.headersSent || !response.shouldKeepAlive || exchange.keepsAlive) return bytes;
    response.shouldKeepAlive = false;
    response._last = true;
    return sayClose(bytes);
  }

  /** What was written is the whole answer, and the connection's last. */
  endConnection(): void {
    this.#keepsAlive = false;
    this.#endExchange();
  }

  /** After Node has emitted 'finish': all of the answer has been written. */
  finish(): void {
    if (this.isFinished || this.#hasLeft) return;
    this.isFinished = true;
    const { request, response } = this;
    detachSignal(request);
    this.#keepsAlive = !response._last && response.shouldKeepAlive;
    if (response._last) this.#socket.closeBehind();
    this.#settleRequest();
    // Who reads the body may go on when the answer is complete, unless that is the last one: its end is the end of the exchange.
    if (!this.#reading || this.#hasAll || response._last || this.refusal !== undefined) this.#endExchange();
    else this.#awaitBody();
    process.nextTick(closeResponse, response);
    this.#socket.release(this, this.#keepsAlive);
  }

  /** The engine's buffer has room again. */
  drained(): void {
    this.isBlocked = false;
    if (this.#callbacks !== undefined) process.nextTick(runCallbacks, this);
    if (!this.isFinished) emitDrain(this.response);
    this.#socket.emit('drain');
  }

  /** The connection ends behind this answer: the head tells the client, where it is not written yet. */
  becomeLast(): void {
    if (!this.response.headersSent) this.response.shouldKeepAlive = false;
  }

  /** The engine has taken their bytes: Node says so by `null`. */
  runCallbacks(): void {
    if (!this.isBlocked) this.#settleWrites(null);
  }

  #settleWrites(error: Error | null): void {
    const callbacks = this.#callbacks ?? NO_CALLBACKS;
    this.#callbacks = undefined;
    for (const callback of callbacks) callback(error);
  }

  /** Node calls back when a write's bytes are on their way, never before `write()` has returned. */
  #defer(callback: Callback): void {
    if (this.#callbacks !== undefined) {
      this.#callbacks.push(callback);
      return;
    }
    this.#callbacks = [callback];
    if (!this.isBlocked) process.nextTick(runCallbacks, this);
  }

  /** A body that nobody listens to any more (multer and busboy leave one at their limits) is taken and thrown away. */
  #awaitBody(): void {
    this.exchange.answered();
    if (this.request.listenerCount('data') + this.request.listenerCount('readable') === 0) this.request.resume();
  }

  #endExchange(): void {
    this.isEnded = true;
    if (!this.exchange.isOver) this.exchange.rawEnd(this.#keepsAlive);
  }

  // The request.

  /** The request's stream has asked for more, if it was this one that had the socket resumed. */
  read(): void {
    if (this.request._readableState.reading === false) return;
    if (!this.#reading) this.#startReading();
    else if (this.#paused) {
      this.#paused = false;
      this.exchange.resumeBody();
    }
  }

  pause(): void {
    this.#paused = true;
  }

  #startReading(): void {
    this.#reading = true;
    if (!this.exchange.hasBody) {
      this.request.push(null);
      return;
    }
    if (this.response._expect_continue) this.response._sent100 = true;
    // Not from within the stream's own call: what it is given there has ended for it before a reader could pause it.
    process.nextTick(readBody, this);
  }

  data(piece: Buffer): boolean {
    const { request } = this;
    this.#socket.touch();
    if (!request._dumped && !request.destroyed && !request.push(piece)) this.#paused = true;
    return !this.#paused;
  }

  end(): void {
    const { request, exchange } = this;
    this.#hasAll = true;
    request.complete = true;
    const trailers = exchange.rawTrailers();
    // Node takes them for trailers where the request is complete.
    if (trailers.length > 0) request._addHeaderLines(trailers, trailers.length);
    if (!request.destroyed) request.push(null);
    if (!this.isFinished) return;
    this.#endExchange();
    this.#socket.drop(this);
  }

  /** As under Node, nobody is told of it once the answer is complete. */
  abort(): void {
    if (this.isFinished) {
      this.isEnded = true;
      return;
    }
    // What the socket is told comes first.
    if (this.exchange.isGone || this.#socket.connection.hasEnded) this.#socket.lose(this);
    this.#socket.abort(this.request);
  }

  /** What the client has sent is no body; the request stays incomplete until the connection ends. */
  refuse(refusal: ToldRefusal): void {
    this.refusal = refusal;
    this.#socket.refuse(this, refusal);
  }

  /** What nobody reads is taken and thrown away: by the engine, or through the request where somebody waits for its end. */
  #settleRequest(): void {
    const { request, exchange } = this;
    if (request._consuming) return;
    if (this.#reading) {
      // Its program has ended the connection within a callback of this answer's end.
      if (request._readableState.resumeScheduled !== true) request._dump();
      return;
    }
    if (request.listenerCount('end') + request.listenerCount('close') === 0) {
      // One that is still sent is open: who wants no more of it may end its connection.
      if (!exchange.hasBody || exchange.takeBody() !== undefined) closeSilently(request);
      return;
    }
    // Node 26 looks at once for the end of a request that is complete, and not again: of one with a body it comes below.
    if (exchange.hasBody) request.complete = false;
    else this.end();
    request._dump();
    if (!exchange.hasBody) return;
    if (exchange.takeBody() !== undefined) this.end();
    else if (this.#keepsAlive) this.#startReading();
  }

  // Its end.

  /** The connection is lost. */
  leave(): void {
    this.#hasLeft = true;
    const error = this.#socket.isCanceled ? canceledWrite() : brokenPipe();
    this.#socket.lose(this);
    this.#settleWrites(error);
    if (!this.isFinished) {
      this.fill();
      this.#socket.abort(this.request);
      closeResponse(this.response);
    }
    this.#socket.drop(this);
  }

  /** What had come whole is in the request's hands, as under Node, before anybody has read it: it is still read when its connection has ended. */
  fill(): void {
    const { request, exchange } = this;
    if (this.#reading || request.destroyed) return;
    const body = exchange.hasBody ? exchange.takeBody() : NO_BYTES;
    if (body === undefined) return;
    this.#reading = true;
    if (body.length > 0) request.push(Buffer.from(body));
    if (exchange.hasBody) this.end();
    else request.push(null);
  }

  halfClose(): void {
    this.#socket.halfClose();
  }
}

/** The response that answers an exchange; undefined when no Node listener does, or when it is complete. */
export function responseOf({ owner }: Exchange): BridgedResponse | undefined {
  return owner instanceof MessagePair && !owner.isFinished ? owner.response : undefined;
}

/** The request that a Node listener has, or had, of an exchange; undefined where it has none. */
export const requestOf = ({ owner }: Exchange): BridgedRequest | undefined =>
  owner instanceof MessagePair ? owner.request : undefined;

const NO_CALLBACKS: readonly Callback[] = [];
const NO_BYTES = new Uint8Array();

// One function for all requests instead of a closure for each: an exchange knows its pair.

function onDrain({ owner }: FetchExchange): void {
  if (owner instanceof MessagePair) owner.drained();
}

function onGone({ owner }: FetchExchange): void {
  if (owner instanceof MessagePair) owner.leave();
}

function onHalfClose({ owner }: Exchange): void {
  if (owner instanceof MessagePair) owner.halfClose();
}

function onLast({ owner }: Exchange): void {
  if (owner instanceof MessagePair) owner.becomeLast();
}

/** A response finishes only while it has the socket. */
function onFinish(this: BridgedResponse): void {
  const socket: unknown = this.socket;
  if (socket instanceof ConnectionSocket) socket.finishCurrent();
}

function readBody(pair: MessagePair): void {
  pair.exchange.readBody(pair);
}

function runCallbacks(pair: MessagePair): void {
  pair.runCallbacks();
}

function closeResponse(response: BridgedResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}
