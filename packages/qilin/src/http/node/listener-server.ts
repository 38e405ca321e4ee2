/** Serves a Node listener on the native engine: it gets real `IncomingMessage` and `ServerResponse` objects. */
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getDefaultHighWaterMark } from 'node:stream';
import type { Exchange } from '@qilin/picoev';
import type { NodeListener } from '../../contract/app.ts';
import { isThenable } from '../../contract/thenable.ts';
import type { Milliseconds } from '../../contract/units.ts';
import { answerFailure } from './answer-failure.ts';
import { type ConnectionSocket, socketOf } from './connection-socket.ts';
import { messageClassesFor } from './message-classes.ts';
import { MessagePair } from './message-pair.ts';
import {
  type BridgedRequest,
  type BridgedResponse,
  closeSilently,
  closesEmptyRequests,
  optionsOf,
  type ServerOptions,
  uniqueHeadersOf,
} from './node-internals.ts';
import { followListeners, followRejections } from './program-server.ts';
import { fillRequest } from './request-head.ts';
import { ServerTies } from './server-ties.ts';

export interface NodeServerOptions {
  /** Told to the client in the Keep-Alive field; 0: the field is not sent. */
  readonly keepAliveTimeout: Milliseconds;
  /** The app itself, where `listener` merely wraps it. */
  readonly app?: unknown;
  /** The app's own server, if it made one: its 'checkContinue' and 'timeout' listeners are called. */
  readonly server?: Server | undefined;
  /** What is put onto that server. */
  readonly ties?: ServerTies;
  /** Called with each request before the listener. */
  readonly observe?: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  /** The listener threw or rejected. */
  readonly onError: (error: unknown, req: IncomingMessage) => void;
}

const USUAL_MARK = getDefaultHighWaterMark(false);

// What tools for tracing listen to (Node's documentation of diagnostics_channel, "HTTP").
const requestStart = channel('http.server.request.start');
const responseFinish = channel('http.server.response.finish');

/** An error of the listener is told to `onError`; its client gets a plain 500, or a cut connection once the answer began. */
export function createNodeServer(listener: NodeListener, options: NodeServerOptions): (exchange: Exchange) => void {
  const { keepAliveTimeout, server, ties = new ServerTies(), observe, onError } = options;
  const classes = messageClassesFor(options.app ?? listener, server);
  const { joinDuplicateHeaders, rejectNonStandardBodyWrites, highWaterMark }: ServerOptions =
    server === undefined ? {} : optionsOf(server);
  const Response: ResponseConstructor = classes.ServerResponse;
  const isUsual = !rejectNonStandardBodyWrites && (highWaterMark ?? USUAL_MARK) === USUAL_MARK;
  const responseOptions = isUsual ? undefined : { rejectNonStandardBodyWrites, highWaterMark };

  function fail(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    onError(error, req);
    answerFailure(res);
  }

  let checksExpectations = false;
  if (server !== undefined) {
    followRejections(ties, server, fail);
    followListeners(ties, server, 'checkExpectation', (isHeard) => {
      checksExpectations = isHeard;
    });
  }
  const keepUnique = server && uniqueHeadersOf(server);
  const closesEmpty = server !== undefined && closesEmptyRequests(server);

  return function serve(exchange) {
    const socket = socketOf(exchange.connection, server);
    // The type asks for a socket of Node's; what it is used for, this one has.
    const req = new classes.IncomingMessage(socket as unknown as Socket) as BridgedRequest;
    if (joinDuplicateHeaders) req.joinDuplicateHeaders = true;
    fillRequest(req, exchange);
    if (closesEmpty && hasNoLength(exchange)) {
      req._dumped = true;
      closeSilently(req);
    }
    const res = new Response(req, responseOptions) as BridgedResponse;
    res._keepAliveTimeout = keepAliveTimeout;
    keepUnique?.(res);
    const most = server?.maxRequestsPerSocket ?? 0;
    const isBeyond = server !== undefined && most > 0 && countRequest(most, server, socket, exchange, res);
    res.shouldKeepAlive = exchange.keepsAlive;
    socket.add(new MessagePair(exchange, socket, req, res));
    if (requestStart.hasSubscribers) requestStart.publish({ request: req, response: res, socket, server });
    if (responseFinish.hasSubscribers)
      res.on('finish', () => responseFinish.publish({ request: req, response: res, socket, server }));
    observe?.(req, res);
    try {
      if (isBeyond) {
        drop(server, req, res, socket);
        return;
      }
      if (exchange.expectsContinue && expectContinue(server, req, res)) return;
      if (checksExpectations && hasOtherExpectation(exchange)) {
        server?.emit('checkExpectation', req, res);
        return;
      }
      const returned = listener(req, res);
      if (isThenable(returned)) returned.then(undefined, (error: unknown) => fail(error, req, res));
    } catch (error) {
      fail(error, req, res);
    }
  };
}

type ResponseConstructor = new (req: IncomingMessage, options?: ServerOptions | undefined) => ServerResponse;

/**
 * @param most The program's server takes so many from one connection. Behind the last of them the connection ends, where nobody
 *   listens to 'dropRequest'; Node ends it nowhere, and drops what comes.
 * @returns true for one beyond them
 */
function countRequest(
  most: number,
  server: Server,
  socket: ConnectionSocket,
  exchange: Exchange,
  res: BridgedResponse,
): boolean {
  socket.requests += 1;
  const isBeyond = socket.requests > most;
  res._maxRequestsPerSocket = most;
  res.maxRequestsOnConnectionReached = socket.requests >= most;
  if (isBeyond || (res.maxRequestsOnConnectionReached && server.listenerCount('dropRequest') === 0))
    exchange.closeAfter();
  return isBeyond;
}

function drop(server: Server, req: IncomingMessage, res: ServerResponse, socket: ConnectionSocket): void {
  server.emit('dropRequest', req, socket as unknown as Socket);
  res.writeHead(503).end();
}

const hasNoLength = (exchange: Exchange): boolean =>
  !exchange.hasBody &&
  exchange.header('content-length') === undefined &&
  exchange.header('transfer-encoding') === undefined;

/** HTTP/1.0 knows none, and 100-continue is the engine's affair. */
function hasOtherExpectation(exchange: Exchange): boolean {
  const expected = exchange.minorVersion === 0 ? undefined : exchange.header('expect');
  return expected !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expected);
}

/**
 * The engine says 100 when the body is read, and Node's response closes the connection when it is answered without that. An
 * app with a 'checkContinue' listener does it itself.
 *
 * @returns true when such a listener has the request
 */
function expectContinue(server: Server | undefined, req: BridgedRequest, res: BridgedResponse): boolean {
  res._expect_continue = true;
  return server?.emit('checkContinue', req, res) ?? false;
}
