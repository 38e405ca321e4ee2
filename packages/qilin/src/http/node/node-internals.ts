/**
 * The members of Node's messages that its own HTTP server uses and its types leave out. They have been there since long before
 * Node 20 and are looked at, each, in Node 20, 22 and 24; what is newer or may vanish is asked for first.
 */
import { EventEmitter } from 'node:events';
import type { OutgoingMessage } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { IncomingMessage, Server, ServerResponse } from '../../contract/node-http.ts';

export interface BridgedRequest extends IncomingMessage {
  /**
   * Takes the list over as rawHeaders, or as rawTrailers where the request is complete; `headers` and `trailers` are made from them
   * when they are asked for.
   */
  _addHeaderLines(rawHeaders: string[], count: number): void;
  /** Throws the body away, and lets the stream end. */
  _dump(): void;
  _dumped: boolean;
  readonly _readableState: { readonly reading?: boolean; readonly resumeScheduled?: boolean };
  /** Somebody reads. */
  readonly _consuming: boolean;
  /** Another protocol follows on its connection. */
  upgrade: boolean | null;
  /** The option of the server. */
  joinDuplicateHeaders?: boolean;
}

export interface BridgedResponse extends ServerResponse {
  socket: ServerResponse['socket'];
  /** The head said that the connection is closed after this answer. */
  _last: boolean;
  _closed: boolean;
  destroyed: boolean;
  /** The client waits for a 100; an answer without one closes the connection. */
  _expect_continue: boolean;
  _sent100: boolean;
  /** Hands to the socket what was written before the response had it. */
  _flush(): void;
  /** For the Keep-Alive field. */
  _keepAliveTimeout: number;
  _maxRequestsPerSocket?: number;
  /** The connection ends behind this answer, which says so. */
  maxRequestsOnConnectionReached?: boolean;
}

const symbolNamed = (owner: object, name: string): symbol | undefined =>
  Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);

/** What an emitter has that follows the promises of its listeners. */
export const CAPTURE = symbolNamed(new EventEmitter(), 'kCapture');

/** As the options of `http.createServer()` name them; the arguments are those of Node's own classes. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Members that Node's types leave out: what `createServer()` was given, where this version of Node knows it. */
export interface ServerOptions {
  readonly joinDuplicateHeaders?: boolean;
  readonly rejectNonStandardBodyWrites?: boolean | undefined;
  readonly highWaterMark?: number | undefined;
  readonly shouldUpgradeCallback?: (req: IncomingMessage) => boolean;
}

export const optionsOf = (server: NetServer & ServerOptions): ServerOptions => server;

const model = new Server();
const incomingMessage = symbolNamed(model, 'IncomingMessage');
const serverResponse = symbolNamed(model, 'ServerResponse');
const uniqueHeaders = symbolNamed(model, 'kUniqueHeaders');

export function messageClassesOf(server: Server): MessageClasses {
  return {
    IncomingMessage: (incomingMessage && Reflect.get(server, incomingMessage)) ?? IncomingMessage,
    ServerResponse: (serverResponse && Reflect.get(server, serverResponse)) ?? ServerResponse,
  };
}

export function setMessageClasses(server: Server, classes: MessageClasses): void {
  if (incomingMessage !== undefined) Reflect.set(server, incomingMessage, classes.IncomingMessage);
  if (serverResponse !== undefined) Reflect.set(server, serverResponse, classes.ServerResponse);
}

/** Has the option `uniqueHeaders` of the server hold for a response; undefined where it was not given. */
export function uniqueHeadersOf(server: Server): ((res: ServerResponse) => void) | undefined {
  const symbol = uniqueHeaders;
  const unique: unknown = symbol && Reflect.get(server, symbol);
  if (symbol === undefined || !unique) return undefined;
  return (res) => void Reflect.set(res, symbol, unique);
}

const closesEmpty = symbolNamed(model, 'OptimizeEmptyRequestsOption');

/** The option `optimizeEmptyRequests` of the server, of Node 24 and later. */
export const closesEmptyRequests = (server: Server): boolean =>
  closesEmpty !== undefined && Reflect.get(server, closesEmpty) === true;

const needDrain = symbolNamed(new ServerResponse(new IncomingMessage(undefined as never)), 'kNeedDrain');
/** Node 24 and later. */
const detachAbortSignal = symbolNamed(IncomingMessage.prototype, 'kDetachAbortSignal');

/** As Node's server does when the socket has room again. */
export function emitDrain(res: OutgoingMessage): void {
  if (res.writableEnded || (needDrain !== undefined && !Reflect.get(res, needDrain))) return;
  if (needDrain !== undefined) Reflect.set(res, needDrain, false);
  res.emit('drain');
}

/** `req.signal` no longer follows the connection. */
export function detachSignal(req: IncomingMessage): void {
  if (detachAbortSignal !== undefined) Reflect.get(req, detachAbortSignal).call(req);
}

/**
 * The state of a request that was read to its end and closed, without the events: for one without a body that nobody reads
 * or listens to. To let it end by itself was measured at 1.2 µs. Node 24 does the same, by its option optimizeEmptyRequests.
 */
export function closeSilently(req: BridgedRequest): void {
  Object.assign(req._readableState, {
    ended: true,
    endEmitted: true,
    destroyed: true,
    closed: true,
    closeEmitted: true,
  });
}
