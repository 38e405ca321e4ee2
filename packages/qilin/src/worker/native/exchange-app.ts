/** Any kind of app as one function of an exchange of the native engine. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection, Exchange, Refusal } from '@qilin/picoev';
import type { App } from '../../contract/app.ts';
import { explain, QilinError } from '../../contract/errors.ts';
import { Server as HttpServer } from '../../contract/node-http.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { WorkerContext } from '../../contract/worker-class.ts';
import { Compression } from '../../http/compress/compression.ts';
import { createFetchServer } from '../../http/light/door.ts';
import { ConnectionSocket, socketOf } from '../../http/node/connection-socket.ts';
import { createNodeServer } from '../../http/node/listener-server.ts';
import { prototypesOf } from '../../http/node/message-classes.ts';
import { responseOf } from '../../http/node/message-pair.ts';
import type { ServerOptions } from '../../http/node/node-internals.ts';
import { followListeners, isPlainHttp, serverOf } from '../../http/node/program-server.ts';
import { refuse } from '../../http/node/refusals.ts';
import { createUpgradeRequest } from '../../http/node/request-head.ts';
import { followConnections, upgradeSocket } from '../../http/node/server-connections.ts';
import { type RefusalWays, refusalWaysOf, settingsRemarks, unheardEvents } from '../../http/node/server-settings.ts';
import { ServerTies } from '../../http/node/server-ties.ts';
import { loadFiles } from '../../http/static/load.ts';
import type { StaticFiles } from '../../http/static/static-files.ts';
import { createAccessRecorder, type RecordAccess } from '../node-http/access-recorder.ts';
import { createAppListener } from '../node-http/app-listener.ts';
import { noteGivenUp } from '../node-http/give-up.ts';
import { answerWithId } from '../node-http/message-identity.ts';
import { messageView } from '../node-http/message-view.ts';
import { createOrigins, type Origins } from '../origin.ts';
import { OVERLOADED, type Overload, RETRY_AFTER } from '../overload.ts';
import type { RequestFigures } from '../request-figures.ts';
import { createExchangeIdentity } from './exchange-identity.ts';
import { createExchangeRecorder } from './exchange-recorder.ts';
import { EXCHANGE_VIEW } from './exchange-view.ts';

export interface ExchangeApp {
  /** To be waited for before anybody is served. */
  load(): Promise<void>;
  /** Counts the request, and answers it or has the app do so; one that is too late is answered alone. */
  readonly serve: (exchange: Exchange) => void;
  /** Calls `set`, now and when that changes, with who is to be told of each new connection: null for nobody. */
  followConnections(set: (listener: ((connection: Connection) => void) | null) => void): void;
  readonly refusalWays: RefusalWays;
  /** Calls `set`, now and when that changes, with whether `refuse` is to be called. */
  followRefusals(set: (tells: boolean) => void): void;
  /** The same with whether it takes upgrades: these may lack a Host then, as on Node's server. */
  followUpgrades(set: (takes: boolean) => void): void;
  /** The same with whether the app decides about expectations. */
  followExpectations(set: (takes: boolean) => void): void;
  /** The program's server has nothing of the engine's any more. */
  leaveServer(): void;
  /** The client has sent no request, or no body of one: what it is told is the app's to say. */
  refuse(exchange: Exchange, refusal: Refusal): void;
  /** The engine has refused the request. */
  noteUnserved(exchange: Exchange): void;
  /** The engine has answered in the app's place. */
  noteReplaced(exchange: Exchange, status: number): void;
}

const SHED_FIELDS = `Content-Type: text/plain\r\nRetry-After: ${RETRY_AFTER}\r\n`;

type Serve = (exchange: Exchange) => void;
type OnUpgrade = (socket: Socket, req: IncomingMessage) => void;

const MESSAGE_VIEW = messageView(({ socket }: { readonly socket: unknown }) =>
  socket instanceof ConnectionSocket ? socket.connection.listener : undefined,
);

/**
 * @param overload Undefined where requests may wait for ever.
 * @param onUpgrade Gets each connection that has gone over to another protocol.
 * @param leaving Aborted when the worker is to leave.
 * @throws QilinError APP_UNSUPPORTED for a server that speaks another protocol than HTTP.
 */
export function createExchangeApp(
  context: WorkerContext,
  { answers, tally }: Pick<RequestFigures<Exchange>, 'answers' | 'tally'>,
  overload: Overload | undefined,
  onUpgrade: OnUpgrade,
  leaving: AbortSignal,
): ExchangeApp {
  const { app, config, listeners, accessLog, log } = context;
  const origins = createOrigins(config, listeners, EXCHANGE_VIEW);
  const count =
    answers && ((exchange: Exchange) => answers.end(exchange.method, statusOf(exchange), exchange.cameAt, exchange));
  const note = (exchange: Exchange): void => {
    if (count === undefined) return;
    answers?.begin();
    if (!exchange.waitedForOthers) tally?.came(exchange.fd);
    exchange.onOver = count;
  };
  const identify = config.requestId ? createExchangeIdentity(origins) : undefined;
  const record = accessLog === null ? undefined : createExchangeRecorder(accessLog, origins, count);
  const server = httpServerOf(app);
  const ties = new ServerTies();
  const unheard = app.kind === 'fetch' ? unheardEvents(app.name, server) : undefined;
  for (const remark of settingsRemarks(app.name, server, config)) log.info(remark);
  if (unheard !== undefined) log.info(unheard);
  const compression = Compression.of(config, log);
  const serveApp =
    app.kind === 'fetch'
      ? createFetchApp(context, origins, record, leaving, compression)
      : createNodeApp(context, server, ties, compression);
  let files: StaticFiles | undefined;
  let serve = serveApp;
  const refuseIt = (exchange: Exchange, status: number, phrase: string): void => {
    tally?.refused(status);
    record?.(exchange);
    exchange.closeAfter();
    exchange.respond(status, 'Content-Type: text/plain\r\n', `${phrase}\n`);
  };
  const shed = (exchange: Exchange): void => {
    record?.(exchange);
    if (exchange.bodyLength !== 0) exchange.closeAfter();
    exchange.respond(OVERLOADED, SHED_FIELDS, 'Service Unavailable\n');
  };
  const followUnlessFetch = (event: string, set: (isHeard: boolean) => void): void => {
    if (app.kind !== 'fetch') followListeners(ties, server, event, set);
  };
  // Each connection is closed after its first answer.
  const noKeepAlive = config.keepalive === 0;
  return {
    async load() {
      files = await loadFiles(config, log);
      if (files !== undefined) serve = beforeApp(files, serveApp, record);
    },
    serve(exchange) {
      context.onRequest();
      note(exchange);
      identify?.(exchange);
      if (noKeepAlive) exchange.closeAfter();
      if (overload !== undefined && !exchange.waitedForOthers && overload.isLate(exchange.fd)) {
        shed(exchange);
        return;
      }
      if (origins.contradict(exchange)) refuseIt(exchange, 400, 'Bad Request');
      else if (!exchange.asksForUpgrade || !upgrade(server, exchange, onUpgrade)) {
        // Nothing of ours is a tunnel (RFC 9110, 9.3.6); Node's own server calls no request listener for it either.
        if (exchange.method === 'CONNECT') refuseIt(exchange, 501, 'Not Implemented');
        else serve(exchange);
      }
    },
    refusalWays: refusalWaysOf(serverOf(app)),
    followConnections: (set) => followConnections(ties, server, set),
    followRefusals: (set) => followUnlessFetch('clientError', set),
    followUpgrades: (set) => followListeners(ties, server, 'upgrade', set),
    followExpectations: (set) => followUnlessFetch('checkExpectation', set),
    refuse: (exchange, refusal) => refuse(server, exchange, refusal),
    leaveServer: () => {
      ties.undo();
      files?.close();
    },
    noteUnserved(exchange) {
      note(exchange);
      identify?.(exchange);
      record?.(exchange);
    },
    noteReplaced(exchange, status) {
      const res = responseOf(exchange);
      if (res !== undefined) noteGivenUp(res, status);
    },
  };
}

/** What a Node listener answers is bytes to the engine, and begins with `HTTP/1.1 200`. */
const STATUS_IN_HEAD = 9;

export const statusOf = ({ status, fields }: Exchange): number =>
  status === 0 ? Number(fields.slice(STATUS_IN_HEAD, STATUS_IN_HEAD + 3)) : status;

function createFetchApp(
  { app, log }: WorkerContext,
  origins: Origins<Exchange>,
  record: Serve | undefined,
  leaving: AbortSignal,
  compression: Compression | undefined,
): Serve {
  if (app.kind !== 'fetch') throw new TypeError(`${app.name} is no fetch handler.`);
  const serve = createFetchServer<Exchange>(app.fetch, {
    resolve: (exchange) => origins.forwarded(exchange),
    leaving,
    compression,
    onError: (error, { method, target }) => log.error(`Error handling request ${method} ${target}\n${explain(error)}`),
  });
  if (record === undefined) return serve;
  return (exchange) => {
    record(exchange);
    serve(exchange);
  };
}

/** The access log has what files answer, too. */
const beforeApp =
  (files: StaticFiles, serveApp: Serve, record: Serve | undefined): Serve =>
  (exchange) => {
    const answer = files.find(exchange);
    if (answer === undefined) serveApp(exchange);
    else {
      record?.(exchange);
      answer();
    }
  };

function createNodeApp(
  { app, config, listeners, accessLog, log }: WorkerContext,
  server: HttpServer,
  ties: ServerTies,
  compression: Compression | undefined,
): Serve {
  const origins = createOrigins(config, listeners, MESSAGE_VIEW);
  const record = accessLog === null ? undefined : createAccessRecorder(accessLog, origins);
  return createNodeServer(createAppListener(app, origins, log, { compression }), {
    keepAliveTimeout: toMilliseconds(config.keepalive),
    app: prototypesOf(app),
    server,
    ties,
    observe: config.requestId ? identified(record) : record,
    onError: (error, { method, url, errored }) => {
      // What the app's reading of the body fails with when the client leaves: its affair, and no fault.
      if (error !== errored) log.error(`Error handling request ${method} ${url}\n${explain(error)}`);
    },
  });
}

const identified =
  (record: RecordAccess | undefined): RecordAccess =>
  (req, res) => {
    answerWithId(req, res);
    record?.(req, res);
  };

/** The program's, or one that stands for it: middlewares listen to the upgrades of `req.socket.server`. */
function httpServerOf(app: App): HttpServer {
  const server = serverOf(app) ?? new HttpServer();
  if (isPlainHttp(server)) return server;
  throw new QilinError(
    'APP_UNSUPPORTED',
    `${app.name} lets a server listen that is no http.Server: class picoev speaks HTTP alone, use class async.`,
  );
}

/** Hands the connection to the server's 'upgrade' or 'connect' listeners, as Node does. False when it has none. */
function upgrade(server: HttpServer, exchange: Exchange, onUpgrade: OnUpgrade): boolean {
  const event = exchange.method === 'CONNECT' ? 'connect' : 'upgrade';
  const { connection } = exchange;
  if (event === 'connect' || !asksWhether(server)) {
    if (server.listenerCount(event) === 0) return false;
  } else {
    const standIn: unknown = socketOf(connection, server);
    if (!server.shouldUpgradeCallback(createUpgradeRequest(exchange, standIn as Socket))) return false;
  }
  const detached = exchange.detach();
  if (detached === undefined) return false;
  const socket = upgradeSocket(server, connection, detached);
  socket.once('close', detached.freePlace);
  const req = createUpgradeRequest(exchange, socket);
  onUpgrade(socket, req);
  const isTaken = server.emit(event, req, socket, detached.rest);
  if (!isTaken) socket.destroy();
  return true;
}

/** By default, of Node 24 on, the option asks for listeners. */
const asksWhether = (
  server: HttpServer & ServerOptions,
): server is HttpServer & Required<Pick<ServerOptions, 'shouldUpgradeCallback'>> =>
  server.shouldUpgradeCallback !== undefined;
