/**
 * One client's connection on Node's HTTP stack: what comes on it now, and how it is brought to its end. Invariant: what we
 * end is closed soon afterwards, also when its client never closes.
 */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Endpoint } from '@qilin/picoev';
import type { Milliseconds } from '../../contract/units.ts';
import type { RequestInHand } from '../../contract/worker-class.ts';
import { tellClient } from '../../http/node/told-client.ts';
import { ageOfRequest } from '../cut-requests.ts';

/**
 * How long a client that still sends may take to see its last answer and close. Closed at once, with bytes of it unread, the
 * connection would be reset, and a client that has not read the answer by then might never see it: RFC 9112, section 9.6.
 */
const LINGER: Milliseconds = 1_000;

/** With them every answer begins. */
const SENT_AHEAD = 'HTTP';
/** So soon after a client has ended its side the first byte is sent, where the answer is still awaited: as class picoev has it. */
const FIRST_BYTE: Milliseconds = 250;
/** After the first byte that is sent ahead the second follows so soon, to find the reset of a client that is near. */
const SECOND_BYTE: Milliseconds = 50;
/** With it the size of any chunk may begin: RFC 9112, 7.1. */
const LEADING_ZERO = '0';
/** How long nothing may be sent on an answer that has begun, where its client has ended its side and may be gone. */
const SILENCE: Milliseconds = 75_000;

const CONNECTION = Symbol('connection');

/** With members that Node's HTTP and TLS code uses and its types leave out; looked at in Node 20, 22, 24 and 26. */
export interface HttpSocket extends Socket {
  [CONNECTION]?: Connection;
  /** Undefined while HTTP/1 is not spoken, null once another protocol has taken its place. */
  readonly parser?: object | null;
  /** The response whose turn it is. */
  readonly _httpMessage?: ServerResponse | null;
  /** Of a decrypted one: the accepted one below it. */
  readonly _parent?: HttpSocket | null;
  /** Counts what it was given, and what of that the kernel has not taken: of all that is sent, also by TLS and HTTP/2. */
  readonly _handle?: { readonly bytesWritten: number; readonly writeQueueSize: number; readonly fd: number } | null;
}

/** A number that is looked at now and then, and since when it was the same. */
export class Standstill {
  #number: number | undefined = undefined;
  #since: Milliseconds = 0;

  /** For how long it has been what it is. */
  at(number: number, now: Milliseconds): Milliseconds {
    if (this.#number !== number) {
      this.#number = number;
      this.#since = now;
    }
    return now - this.#since;
  }
}

export class Connection {
  /** As it was accepted. */
  readonly socket: HttpSocket;
  /** The descriptor of the listening socket by which it came. */
  readonly listener: number;
  /** The other end as its proxy has told it; undefined where that is the socket's own. */
  readonly #client: Endpoint | undefined;
  /** The latest response of HTTP/1; undefined too once the connection was seen idle behind it. */
  response: ServerResponse | undefined = undefined;
  #hasRested = false;
  /** The answer that is its last as long as no request has come behind it: the worker wants an end of the connection, not its client. */
  #lastForNow: ServerResponse | undefined = undefined;
  /** Its bytes were no HTTP: Node tells of everything that comes on it afterwards, too. */
  isRefused = false;
  /** What requests come on: the accepted one, or with TLS the decrypted one above it. */
  #carrier: HttpSocket;
  /** With TLS, before its handshake is done. */
  #isArriving: boolean;
  #isEnding = false;
  /** Of an answer that has not begun, bytes that were sent all the same. */
  #sentAhead = 0;
  /** Of one that has, zeros before the sizes of its chunks. */
  #zeros = 0;
  /** While something waits for the client to take it. */
  #taking: Standstill | undefined = undefined;
  /** To a client that has ended its side. */
  #writing: Standstill | undefined = undefined;

  constructor(socket: HttpSocket, listener: number, isArriving: boolean, client: Endpoint | undefined) {
    this.socket = socket;
    this.listener = listener;
    this.#client = client;
    if (client !== undefined) tellClient(socket, client);
    this.#isArriving = isArriving;
    this.#carrier = socket;
    carry(socket, this);
  }

  /** The handshake is done. */
  decrypt(secure: HttpSocket): void {
    this.#isArriving = false;
    this.#carrier = secure;
    if (this.#client !== undefined) tellClient(secure, this.#client);
    carry(secure, this);
  }

  /** Another protocol has taken the place of HTTP/1. */
  get isUpgraded(): boolean {
    return this.#carrier.parser === null;
  }

  /** An answer of HTTP/1 is not sent in full yet. */
  get isAnswering(): boolean {
    return this.response !== undefined && !this.response.writableFinished && !this.isUpgraded;
  }

  requestsInHand(): readonly RequestInHand[] {
    return this.answers().map(inHand);
  }

  /** Of HTTP/1, the one whose turn it is, and the latest, which may be pipelined behind it. */
  answers(): readonly ServerResponse[] {
    if (this.isUpgraded) return [];
    const responses = new Set([this.#carrier._httpMessage, this.isAnswering ? this.response : undefined]);
    return [...responses].flatMap((each) => each ?? []);
  }

  /** It has had a request, and waits for another one. */
  get isBetweenRequests(): boolean {
    return !this.isAnswering && (this.#hasRested || this.response !== undefined);
  }

  /** Lets go of the messages behind which it is idle, to be called about once a second: what the app has hung on them may be much. */
  rest(): void {
    const { response } = this;
    if (response === undefined || this.isLast || !response.writableFinished || !response.req.complete) return;
    this.#hasRested = true;
    this.response = undefined;
  }

  /** Its descriptor; undefined once it is closed. */
  get fd(): number | undefined {
    return this.socket._handle?.fd;
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  /** Nothing has come since so many bytes had come, nothing is to be told, and no other protocol has its own idea of idleness. */
  isIdleSince(bytesRead: number): boolean {
    if (this.bytesRead !== bytesRead || this.isAnswering) return false;
    const { parser } = this.#carrier;
    return bytesRead === 0 || this.#isArriving || (parser !== null && parser !== undefined);
  }

  /** No further request is read from it: RFC 9112, section 9.6. */
  get isLast(): boolean {
    return this.#isEnding || this.response?.shouldKeepAlive === false;
  }

  /**
   * An answer in flight is its last, and says so. Where its head is sent already the client may make a last request, as an
   * idle one may: it might be on its way when the connection ended without a word.
   */
  closeAfterResponse(): void {
    const { response } = this;
    if (!response?.shouldKeepAlive || !this.isAnswering || response.headersSent) return;
    response.shouldKeepAlive = false;
    this.#lastForNow = response;
  }

  get isLastForNow(): boolean {
    return this.#lastForNow !== undefined;
  }

  /** A request has come behind such an answer: its own is the last now. False where there is none, or its client was told already. */
  moveLast(): boolean {
    const last = this.#lastForNow;
    this.#lastForNow = undefined;
    if (last === undefined || last !== this.response || last.headersSent || this.#isEnding) return false;
    last.shouldKeepAlive = true;
    return true;
  }

  /** Sends what is given, says that nothing follows, and closes when the client does, or after a while. */
  end(lastBytes = ''): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#discard();
    this.#carrier.end(lastBytes.slice(this.#sentAhead));
    const close = setTimeout(() => this.destroy(), LINGER);
    this.socket.once('close', () => clearTimeout(close));
  }

  /** Says that nothing follows, and closes. For one on which nothing is under way. */
  close(): void {
    this.#isEnding = true;
    Socket.prototype.destroySoon.call(this.#carrier);
  }

  /**
   * For an answer in flight, to be called about once a second: a client that takes no byte for so long is cut off. The
   * kernel's word counts and not the socket's own timer, which is set back by all that the client sends.
   */
  limitSending(limit: Milliseconds, now: Milliseconds, onLate: (deadline: 'sendTimeout') => void): void {
    if (!this.isSending) {
      this.#taking = undefined;
      return;
    }
    const { bytesWritten = 0, writeQueueSize = 0 } = this.socket._handle ?? {};
    this.#taking ??= new Standstill();
    if (this.#taking.at(bytesWritten - writeQueueSize, now) < limit || this.socket.destroyed) return;
    onLate('sendTimeout');
    this.destroy();
  }

  /** The kernel has not taken all that there is for the client. */
  get isSending(): boolean {
    return (this.socket._handle?.writeQueueSize ?? 0) > 0;
  }

  /**
   * Nothing has come or gone for the time that the program has set on the socket, while there is an answer to give. Node has told the
   * answer whose turn it is, and the latest request while more of that is to come: whoever listens decides.
   */
  answerTimedOut(): void {
    const { response } = this;
    const current = this.#carrier._httpMessage ?? response;
    const request = response?.req.complete === false ? response.req : undefined;
    // Who listened once does not any more, and may have answered.
    const isHeard = current?.writableEnded || current?.listenerCount('timeout') || request?.listenerCount('timeout');
    if (!isHeard) this.destroy();
  }

  /**
   * For an answer in flight, soon after its client has ended its side (FIN) and then about once a second: it may read on, or be gone,
   * which only bytes that are sent to it bring to light: the first answers them with a reset, the second finds it. Where no answer
   * has begun, the beginning that all have goes ahead for that; between two chunks a zero before the size of the next; else the app's own
   * bytes are waited for.
   */
  watchHalfClosed(now: Milliseconds): void {
    const carrier = this.#carrier;
    if (!carrier.readableEnded || !carrier.writable) return;
    if (carrier._httpMessage?.headersSent === false) {
      if (this.#sentAhead < SENT_AHEAD.length) this.#sendAhead();
      this.#askAgain(this.#sentAhead);
      return;
    }
    if (this.#zeros < SENT_AHEAD.length && isBetweenChunks(carrier._httpMessage)) {
      this.#zeros += 1;
      carrier.write(LEADING_ZERO, 'latin1');
      this.#askAgain(this.#zeros);
    }
    this.#writing ??= new Standstill();
    if (this.#writing.at(carrier.bytesWritten, now) >= SILENCE) this.destroy();
  }

  #askAgain(sent: number): void {
    if (sent === 1) this.#askIn(SECOND_BYTE);
  }

  /** The client has ended its side. If it has left, that is its end, as under Node: the reset that our bytes are answered with is no error. */
  noteHalfClosed(): void {
    if (!this.isAnswering) return;
    const carrier = this.#carrier;
    const { destroy } = carrier;
    carrier.destroy = (error?: Error & { readonly code?: string }) =>
      destroy.call(carrier, error?.code === 'EPIPE' || error?.code === 'ECONNRESET' ? undefined : error);
    this.#askIn(FIRST_BYTE);
  }

  #askIn(delay: Milliseconds): void {
    const ask = () => {
      if (this.isAnswering) this.watchHalfClosed(performance.now());
    };
    setTimeout(ask, delay).unref();
  }

  destroy(): void {
    this.#carrier.destroy();
    this.socket.destroy();
  }

  #sendAhead(): void {
    const carrier = this.#carrier;
    Reflect.deleteProperty(carrier, 'write');
    carrier.write(SENT_AHEAD[this.#sentAhead] ?? '', 'latin1');
    this.#sentAhead += 1;
    carrier.write = (data: string | Uint8Array, ...rest: never[]) => {
      const ahead = this.#sentAhead;
      this.#sentAhead = 0;
      Reflect.deleteProperty(carrier, 'write');
      return carrier.write(typeof data === 'string' ? data.slice(ahead) : data.subarray(ahead), ...rest);
    };
  }

  /** What the client still sends of a body is read and forgotten. */
  #discard(): void {
    const req = this.response?.req;
    if (req === undefined || req.complete) return;
    req.push = () => true;
    this.#carrier.resume();
  }
}

function inHand(response: ServerResponse): RequestInHand {
  const { method = '-', url = '-' } = response.req;
  return { method, target: url, age: ageOfRequest(response), isUnanswered: !response.headersSent };
}

/** Chunks are written whole, in one turn of the event loop. */
const isBetweenChunks = (response: ServerResponse | null | undefined): boolean =>
  response?.chunkedEncoding === true && !response.writableEnded && response.req.method !== 'HEAD';

function carry(socket: HttpSocket, connection: Connection): void {
  socket[CONNECTION] = connection;
  // Node's server closes a connection by it, behind the last answer.
  socket.destroySoon = destroySoon;
}

// One for all: a closure for each socket showed in the cost of a connection.
function destroySoon(this: HttpSocket): void {
  const connection = this[CONNECTION];
  if (connection?.response?.req.complete === false) connection.end();
  else Socket.prototype.destroySoon.call(this);
}

/** Undefined for a socket that did not come by our acceptor. */
export const connectionOf = (socket: HttpSocket): Connection | undefined => socket[CONNECTION];

/** For the event 'secureConnection' of a TLS server. */
export function noteDecrypted(secure: HttpSocket): void {
  secure._parent?.[CONNECTION]?.decrypt(secure);
}

/** For the same event, behind Node's own listener: over TLS too, a client of HTTP/1 may end its side and still be answered. */
export function allowHalfClose(secure: HttpSocket): void {
  if (!secure.parser) return;
  secure.allowHalfOpen = true;
  secure.on('end', noteHalfClosed);
}

/** For the event 'end' of the socket that requests come on. */
export function noteHalfClosed(this: HttpSocket): void {
  this[CONNECTION]?.noteHalfClosed();
}
