/** One request on the HTTP engine and its answer, as whoever serves it sees it. http-exchange.ts is the engine's own class. */

import type { FaultKind } from './wire.ts';

/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/**
 * A connection, the same object for all of its requests. It is made when first asked for, and known until the connection ends.
 */
export interface Connection {
  /** The descriptor of the listening socket by which it came, as `accept()` was given it. */
  readonly listener: number;
  /**
   * Address and port of the client, as a proxy has told it where such are expected; undefined on a unix socket, and of a client that is
   * gone. A system call, then remembered.
   */
  readonly peer: Endpoint | undefined;
  /** Where the client connected to; undefined as `peer`. */
  readonly local: Endpoint | undefined;
  /** False from its end on, and when it went over to another protocol. */
  readonly isOpen: boolean;
  /** All bytes that came, and all that were given to be sent, of all of its requests. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes of its answers that wait: its client has not taken what comes before them, or it is not their turn. */
  readonly bytesWaiting: number;
  /** What is known of its end: the client has reset it, or has ended its side. */
  readonly wasReset: boolean;
  readonly hasEnded: boolean;
  /** A slot for whoever wants to find something again at the connection's next request. */
  owner: object | null;
  /**
   * Called once when the connection has ended, behind the last callback of its exchanges. Not when it went over to another
   * protocol: whoever has its descriptor knows its end.
   */
  onClose: ((connection: Connection) => void) | null;
  /** Ends it when what was answered is sent: no further request is read. */
  end(): void;
  /** Cuts it now, whatever is in flight. `resets`: its client is told so by a reset instead of an end. */
  destroy(resets?: boolean): void;
}

/** Takes a request's body, piece by piece. */
export interface BodySink {
  /** The bytes are the sink's own. False asks for no more until `resumeBody()`. */
  data(piece: Buffer): boolean;
  end(): void;
  /**
   * The body's end will not come: the client left or sent what is no body or too much, or the answer is complete. The error's
   * `code` is ECONNRESET; where the engine has answered the client itself (400, 408, 413), `isOver` holds.
   */
  abort(error: Error): void;
}

/** The part of an exchange that a fetch handler is served by: other HTTP stacks can give it as well. */
export interface FetchExchange {
  /** As sent: `GET`. */
  readonly method: string;
  /** The request target as sent: `/path?query`, `http://host/path`, `*`. Never empty. */
  readonly target: string;
  /** Of the connection. */
  readonly scheme: 'http' | 'https';
  /** It shares its connection with others that are in hand at once (HTTP/2): none of them may speak of the connection. */
  readonly isMultiplexed: boolean;
  /** Whether the request has a body, be it empty: it has a Content-Length above 0, or is chunked. */
  readonly hasBody: boolean;
  /** What the app calls the way to this request; empty where it does not say. */
  route: string;

  /** Value of a request header, name in lower case; repeated ones joined by `, ` (cookie by `; `), as `Headers` has it. */
  header(name: string): string | undefined;
  /** Names as sent and values, in turn and in order: `[name, value, name, value, …]`, as `IncomingMessage.rawHeaders`. */
  rawHeaders(): string[];

  /**
   * The whole body at once, when it came with the head and nobody has read it: the bytes are a view that is overwritten when the
   * current callback and its microtasks are over, so decode or copy them at once. Undefined otherwise: use `readBody()`.
   */
  takeBody(): Buffer | undefined;
  /** The same, decoded as UTF-8; a byte order mark is a character of it. */
  takeText(): string | undefined;
  /** Reads the body; at most one reader, once. Calls may come before this one returns. Bytes given to the sink are its own. */
  readBody(sink: BodySink): void;
  /** After `data()` returned false. */
  resumeBody(): void;

  /** True once the answer is complete, or was given up. */
  readonly isOver: boolean;
  /** True once the connection was lost before the answer was complete: nothing of it can be sent any more. */
  readonly isGone: boolean;

  /** The reason phrase, where it is not the status code's own; empty: that one. To be set before the answer begins. */
  reason: string;
  /** `fields` has a Date: the engine writes none. To be set before the answer begins. */
  hasDate: boolean;
  /** Takes back what was set for the answer, before it begins. */
  takeBack(): void;
  /**
   * The whole answer. `fields` are header lines, each `name: value\r\n`, latin1, validated by the caller; never Connection,
   * Content-Length, Transfer-Encoding, Keep-Alive, which the engine writes, as it does Date unless `hasDate` is set.
   * A text is sent as UTF-8; bytes are the engine's from here on. The body of HEAD, 204 and 304 is left out: the head tells its
   * length (but for 204), or none where it is null, since nobody knows it then (RFC 9110, 8.6). Elsewhere null is an empty body.
   */
  respond(status: number, fields: string, body: string | Uint8Array | null): void;
  /**
   * Begins an answer whose body follows. `length` is its Content-Length; undefined: chunked (or until close, to HTTP/1.0).
   * To HEAD, and with 204 and 304, no body follows: `length` is told (but for 204), then comes `end()`.
   */
  begin(status: number, fields: string, length: number | undefined): void;
  /**
   * A piece of the body; its bytes are the engine's from here on. False: the client takes no more for now, or this answer's turn has
   * not come; go on at `onDrain`. What is written all the same waits in the app's memory.
   */
  write(piece: Uint8Array): boolean;
  /** The body is complete. With fewer bytes than `length` the connection is cut. */
  end(): void;
  /** Cuts the connection: the answer cannot be completed. */
  abort(): void;
  /** This answer is the connection's last: it gets `Connection: close`. Before the answer begins. */
  closeAfter(): void;

  // Callbacks get the exchange, and `owner` is a slot for whoever answers it, so that neither needs a closure for each request.
  owner: object | null;
  /** Called once when there is room again after `write()` or `raw()` has returned false. Never after `onGone`. */
  onDrain: ((exchange: FetchExchange) => void) | null;
  /**
   * Called once when the connection is lost before the answer is complete, or the client has ended its side in the middle of
   * the request's body. A client that has merely ended its side is told by `onHalfClose`; should it have left in truth, this follows.
   */
  onGone: ((exchange: FetchExchange) => void) | null;

  /** Where the client is gone already and nobody has asked before, one of which nothing is known any more. */
  readonly connection: Pick<Connection, 'peer' | 'local'>;
}

/** What makes bytes no request, or no body. */
export interface Fault {
  readonly kind: FaultKind;
  /** A sentence, with the RFC's section. */
  readonly reason: string;
}

/** Why a client is refused that has sent no request, or no body. */
export interface Refusal {
  /** What the engine would say: 400, 408, 413, 414, 431, 501 or 505. */
  readonly status: number;
  /** What of its bytes is wrong; undefined where the client was late (408), or has ended its side too early (400). */
  readonly fault: Fault | undefined;
  /** Of a head that is none: all that has come of it, and behind it. A copy. */
  readonly bytes: Buffer | undefined;
  /** So many of these were found right. */
  readonly parsed: number;
}

export interface Exchange extends FetchExchange {
  /** The descriptor of its connection, in the turn of the event loop in which the request is handed over. */
  readonly fd: number;
  /** It came behind others on its connection, and has waited for their answers. */
  readonly waitedForOthers: boolean;
  /** Whether all of the body came with the head, and nobody has it yet. */
  readonly hasWholeBody: boolean;
  /** The descriptor of the listening socket by which its connection came: known also of one that is gone. */
  readonly listener: number;
  /** By `performance.now()`, in whole milliseconds. */
  readonly cameAt: number;
  /** 0 or 1 of HTTP/1.x. */
  readonly minorVersion: 0 | 1;
  /** Bytes of the body, where Content-Length told them; undefined for a chunked body. 0 without a body. */
  readonly bodyLength: number | undefined;
  /** The client sent `Expect: 100-continue` and waits; reading the body sends the 100 by itself. */
  readonly expectsContinue: boolean;

  /** Whether a header's name begins so (in lower case): cheaper than to look for several that do. */
  hasHeaderLike(prefix: string): boolean;
  /**
   * Changes what the app will see: a field takes the place of all of its name; undefined takes these away.
   * @param name in lower case
   * @param value without line ends
   */
  setHeader(name: string, value: string | undefined): void;
  /** Lines that go before the fields of whatever answer, where these do not name the same; not where `raw()` gives it. */
  addedFields: string;
  /** When the answer began that was not over at once, by `performance.now()`; 0 otherwise, and where the loop does not time answers. */
  readonly beganAt: number;
  /** The fields behind a chunked body, as `rawHeaders()`: all of them once the body has ended, and it was not the answer that ended it. */
  rawTrailers(): string[];
  /** True once the client has ended its side: it sends nothing more, and still wants its answer. */
  readonly isHalfClosed: boolean;
  /** Something of the answer was given, be it by `raw()`: it can be no other any more. */
  readonly hasBegun: boolean;
  /** Of the answer, once it has begun; 0 before, and under `raw()`. */
  readonly status: number;
  /** The answer's header lines as they were given; under `raw()` the bytes that were sent first. */
  readonly fields: string;
  /** Bytes of the answer's body so far; under `raw()` of head and body. */
  readonly bytesSent: number;
  /** False when this answer is the connection's last: the request says so, the server drains, or `closeAfter()` was called. */
  readonly keepsAlive: boolean;

  /**
   * An informational answer (1xx, not 101) before the real one, whole and as it goes onto the wire, latin1. It is no beginning of the
   * answer: that may still be refused or late. After a 100 that was sent so, `readBody()` sends none.
   */
  inform(head: string): void;

  /**
   * Answers in the app's place, if the answer has not begun: its connection's last. The app is told as of a client that has left, and
   * nothing that it still does has an effect.
   */
  answerInstead(status: number, fields: string, body: string): void;

  /** Runs a function in the request's own async context, as all of the callbacks below are. */
  run(listener: (exchange: Exchange) => void): void;

  /** Called once when the client ends its side behind a whole request. The answer is still wanted. */
  onHalfClose: ((exchange: Exchange) => void) | null;
  /** Called once when this answer becomes the connection's last after it was asked for, and has not begun: the server drains, or the client has ended its side. */
  onLast: ((exchange: Exchange) => void) | null;
  /** Called once when the exchange is over: the answer was handed to the kernel in full, or will never be. The access log's. */
  onOver: ((exchange: Exchange) => void) | null;

  /** Where the client is gone already and nobody has asked before, one of which nothing is known any more. */
  readonly connection: Connection;

  // For Node's own ServerResponse, which writes heads and frames itself.
  /**
   * Bytes of the answer as they go onto the wire; a text has a character for each byte (latin1). False as in `write()`. Once
   * it was called, `readBody()` sends no 100 by itself. `inChunks`: the body is framed in chunks, which are whole when this turn of
   * the event loop ends, so that a client that may have left can be asked by a byte between two of them.
   */
  raw(piece: string | Uint8Array, inChunks?: boolean): boolean;
  /** The answer was all written by `raw()`. `keepAlive`: whether the head said that the connection persists. */
  rawEnd(keepAlive: boolean): void;
  /**
   * All of the answer was written by `raw()`, but the body is still being read: `rawEnd()` comes with its end. Until then the time
   * for the body runs, also while its reader pauses: no app that has answered keeps a client waiting without end.
   */
  answered(): void;

  /** The client asks for another protocol on this connection, or for a tunnel (CONNECT): `detach()` is possible. */
  readonly asksForUpgrade: boolean;
  /**
   * Ends the connection's use as HTTP, for a protocol that takes its place. The descriptor is the caller's, `rest` is what was
   * received behind the request. Undefined when other requests of the connection wait for their answers.
   */
  detach(): Detached | undefined;
}

export interface Detached {
  readonly fd: number;
  readonly rest: Buffer;
  /** The client as its proxy has told it; undefined where it is the socket's own other end. */
  readonly client: Endpoint | undefined;
  /** To be called when it has ended: until then it takes one of the loop's places. Idempotent. */
  readonly freePlace: () => void;
}
