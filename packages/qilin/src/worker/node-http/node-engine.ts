/**
 * What the classes on Node's own HTTP stack share: connections from the acceptor are handed to a server by its documented
 * 'connection' event; each request passes the limits, is noted for the drain and the access log, and goes to the app.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import type { NodeListener } from '../../contract/app.ts';
import { explain } from '../../contract/errors.ts';
import { lookForLateRequests } from '../../contract/node-http.ts';
import type { SlowRequest } from '../../contract/slow-requests.ts';
import type { WorkerStats } from '../../contract/stats.ts';
import type { Deadline } from '../../contract/tally.ts';
import { isThenable } from '../../contract/thenable.ts';
import { type Milliseconds, type Seconds, toMilliseconds } from '../../contract/units.ts';
import type { RequestInHand, WorkerClass, WorkerContext } from '../../contract/worker-class.ts';
import { Compression } from '../../http/compress/compression.ts';
import { type Answer, answerFailure, answerStreamFailure } from '../../http/node/answer-failure.ts';
import { optionsOf } from '../../http/node/node-internals.ts';
import {
  followRejections,
  followUpgrades,
  gateRequests,
  listenInstead,
  serverOf,
} from '../../http/node/program-server.ts';
import { refusalWaysOf, settingsRemarks } from '../../http/node/server-settings.ts';
import { ServerTies } from '../../http/node/server-ties.ts';
import { createRequestLimits, type RequestLimits } from '../../http/request-limits.ts';
import { loadFiles } from '../../http/static/load.ts';
import type { StaticFiles } from '../../http/static/static-files.ts';
import { noteCame } from '../cut-requests.ts';
import { LastClients, lastPatience } from '../last-clients.ts';
import { createOrigins } from '../origin.ts';
import { OVERLOADED, Overload } from '../overload.ts';
import { RequestFigures } from '../request-figures.ts';
import { UpgradedConnections } from '../upgrades/upgraded-connections.ts';
import { createAccessRecorder, type RecordAccess } from './access-recorder.ts';
import { type Counted, createAnswerRecorder, endedRequest } from './answer-recorder.ts';
import { createAppListener } from './app-listener.ts';
import { limitBodyTime } from './body-deadline.ts';
import { limitBody } from './body-limit.ts';
import { allowHalfClose, connectionOf, noteDecrypted } from './connection.ts';
import { Connections } from './connections.ts';
import { createNodeServer } from './create-server.ts';
import { Deadlines } from './deadlines.ts';
import { filesBefore } from './files-listener.ts';
import { Http2Sessions, noteAnswer, type StreamArguments } from './http2-sessions.ts';
import { createMessageIdentity } from './message-identity.ts';
import { messageView } from './message-view.ts';
import { chooseProtocols, isHttp2Server, isTlsServer, tlsRemark } from './protocols.ts';
import { limitRequestTime, limitStreamTime } from './request-deadline.ts';
import { createRequestGate, isOfHttp1, type Refusal, type RequestGate, refuse } from './request-gate.ts';
import { limitResponseTime } from './response-deadline.ts';
import { TurnAway } from './turn-away.ts';
import { beginAnswer, failCurrent, refuseUnanswered } from './unanswered.ts';

interface EngineOptions {
  /** The most connections at once. */
  readonly connections: number;
  readonly oneRequestAConnection: boolean;
}

const MESSAGE_VIEW = messageView((req) => connectionOf(req.socket)?.listener);

export class NodeEngine implements WorkerClass {
  readonly #context: WorkerContext;
  readonly #options: EngineOptions;
  readonly #limits: RequestLimits;
  readonly #overload: Overload | undefined;
  readonly #figures: RequestFigures<Counted>;
  readonly #countAnswer: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  readonly #refusalOf: RequestGate;
  /** Each connection is closed after its first answer. */
  readonly #noKeepAlive: boolean;
  readonly #connections: Connections;
  readonly #sessions: Http2Sessions;
  readonly #server: Server;
  readonly #ties = new ServerTies();
  #listener: NodeListener;
  #files: StaticFiles | undefined;
  #isStopped = false;
  readonly #upgraded = new UpgradedConnections();
  readonly #last = new LastClients();
  readonly #leaving = new AbortController();
  readonly #deadlines: Deadlines;
  readonly #recordAccess: RecordAccess | undefined;
  readonly #onLate: (deadline: Deadline) => void;
  readonly #identify: ((req: IncomingMessage, res?: ServerResponse) => void) | undefined;
  /** False where the program listens to the streams of its HTTP/2 server alone: then Node makes no messages of them. */
  readonly #hasMessages: boolean;
  #requests = 0;
  #draining = false;
  #busySince: Milliseconds | undefined;

  constructor(context: WorkerContext, options: EngineOptions) {
    const { app, config, accessLog, log } = context;
    this.#context = context;
    this.#options = options;
    this.#limits = createRequestLimits(config);
    const origins = createOrigins(config, context.listeners, MESSAGE_VIEW);
    this.#overload = Overload.of(config.queueTimeout, log);
    this.#figures = new RequestFigures<Counted>(config, log, endedRequest);
    const onLate = (deadline: Deadline) => this.#figures.tally?.passed(deadline);
    this.#onLate = onLate;
    this.#countAnswer = this.#figures.answers && createAnswerRecorder(this.#figures.answers);
    this.#refusalOf = createRequestGate(
      this.#limits,
      origins,
      refusalWaysOf(serverOf(app)).requiresHost,
      this.#overload,
    );
    this.#noKeepAlive = options.oneRequestAConnection || config.keepalive === 0;
    this.#hasMessages = app.kind !== 'server' || !isHttp2Server(app.server) || app.server.listenerCount('request') > 0;
    this.#listener = createAppListener(app, origins, log, {
      leaving: this.#leaving.signal,
      compression: Compression.of(config, log),
    });
    this.#recordAccess = accessLog === null ? undefined : createAccessRecorder(accessLog, origins);
    this.#identify = config.requestId ? createMessageIdentity(origins) : undefined;
    const protocols = chooseProtocols(app, config, options.oneRequestAConnection);
    const remark = tlsRemark(app, config, protocols);
    if (remark !== undefined) log.info(remark);
    const program = serverOf(app);
    if (program !== undefined) for (const remark of settingsRemarks(app.name, program, config)) log.info(remark);
    this.#server = createNodeServer(this.#ties, app, config, this.#limits, protocols.http2, (status, late) =>
      this.#noteClientError(status, late),
    );
    this.#connections = new Connections(
      {
        limit: options.connections,
        allowHalfOpen: allowsHalfOpen(this.#server),
        highWaterMark: optionsOf(this.#server).highWaterMark,
        tls: isTlsServer(this.#server),
        proxies: config.proxyProtocol
          ? { allowFrom: config.proxyAllowFrom, timeout: toMilliseconds(config.headersTimeout) }
          : undefined,
        onConnection: (socket) => this.#server.emit('connection', socket),
        turnsAway: this.#turnsAway(),
        onRoom: () => this.#sessions.feed(),
      },
      log,
    );
    this.#sessions = new Http2Sessions({
      places: this.#connections,
      idle: toMilliseconds(config.keepalive),
      first: orForEver(config.headersTimeout),
      sending: orForEver(config.sendTimeout),
      onLate,
      waiting: options.connections,
      serve: (stream) => this.#serveStream(stream),
    });
    this.#deadlines = new Deadlines(this.#connections, this.#sessions, orForEver(config.sendTimeout), onLate);
  }

  async start(): Promise<void> {
    const server = this.#server;
    const ties = this.#ties;
    const { app, config, log } = this.#context;
    this.#files = await loadFiles(config, log);
    this.#listener = filesBefore(this.#files, this.#listener);
    if (this.#isStopped) {
      this.#files?.close();
      return;
    }
    const serve = (req: IncomingMessage, res: ServerResponse) => this.#serve(req, res);
    if (server === serverOf(app)) gateRequests(ties, server, serve);
    else ties.on(server, 'request', serve);
    followUpgrades(ties, server, (req, socket) => {
      this.#identify?.(req);
      this.#upgraded.keep(socket, req);
    });
    listenInstead(ties, server, 'checkContinue', (req: IncomingMessage, res: ServerResponse) =>
      this.#serveExpecting(req, res),
    );
    listenInstead(ties, server, 'checkExpectation', (req: IncomingMessage, res: ServerResponse) =>
      this.#serve(req, res, 417),
    );
    if (app.kind === 'server')
      followRejections(ties, app.server, (error, req, res) => this.#appFailed(error, req, res));
    // Node's own listeners act on both at once.
    ties.onFirst(server, 'secureConnection', noteDecrypted);
    ties.on(server, 'secureConnection', allowHalfClose);
    ties.onFirst(server, 'session', (session: ServerHttp2Session) => this.#sessions.track(session));
    // Node begins to enforce headersTimeout and requestTimeout when a server listens: this one never does by itself, or seems to already.
    if (server.listening) lookForLateRequests(server);
    else server.emit('listening');
    this.#deadlines.start(ties, server);
    this.#connections.accept(this.#context.listeners);
  }

  async drain(onQuiet: () => void, takesQueue: boolean): Promise<void> {
    this.#draining = true;
    this.#upgraded.tell(this.#context.config);
    this.#leaving.abort();
    for (const connection of this.#connections.open) connection.closeAfterResponse();
    this.#sessions.drain();
    if (takesQueue) await this.#last.empty(this.#connections, this.#context.config.gracefulTimeout);
    this.#connections.stopAccepting();
    const lastChance = this.#deadlines.endIdleAfter(lastPatience(this.#context.config.keepalive));
    await this.#connections.empty(onQuiet);
    lastChance.cancel();
  }

  failRequest(): void {
    failCurrent();
  }

  stop(): void {
    this.#isStopped = true;
    refuseUnanswered(this.#connections.open);
    const isTelling = this.#sessions.refuseUnanswered();
    this.#deadlines.stop();
    this.#figures.close();
    this.#upgraded.stop();
    this.#connections.stopAccepting();
    const end = () => {
      this.#connections.close();
      this.#ties.undo();
      this.#files?.close();
    };
    if (isTelling) setImmediate(end);
    else end();
  }

  closeConnections(which: 'idle' | 'all'): void {
    if (which === 'idle') this.#deadlines.endIdle();
    else this.#connections.destroyAll();
  }

  serverEnds(): void {
    this.#last.serverEnds();
    this.#upgraded.serverEnds();
  }

  requestsInHand(): readonly RequestInHand[] {
    const requests = [...this.#connections.open].flatMap((connection) => connection.requestsInHand());
    return [...requests, ...this.#sessions.requestsInHand(), ...this.#upgraded.requestsInHand()];
  }

  stats(): WorkerStats {
    const { open, arriving, accepted, wakeups, unproxied } = this.#connections;
    const shed = this.#overload?.shed ?? 0;
    const connections = open.size + arriving;
    return { connections, accepted, requests: this.#requests, wakeups, unproxied, shed, ...this.#figures.lists() };
  }

  takeSlow(): readonly SlowRequest[] {
    return this.#figures.takeSlow();
  }

  busyFor(): Milliseconds {
    return this.#busySince === undefined ? 0 : performance.now() - this.#busySince;
  }

  /** Where a connection begins with HTTP/1, and nobody wants to read of each request. */
  #turnsAway(): ((fd: number) => boolean) | undefined {
    const { config, accessLog } = this.#context;
    const overload = this.#overload;
    const speaksPlainly = !isTlsServer(this.#server) && !isHttp2Server(this.#server) && !config.proxyProtocol;
    if (overload === undefined || accessLog !== null || !speaksPlainly) return undefined;
    const away = new TurnAway();
    return (fd) => {
      const method = overload.hasWaited(fd) ? away.take(fd) : undefined;
      if (method === undefined) return false;
      overload.note();
      this.#count();
      this.#figures.answers?.begin();
      this.#figures.answers?.end(method, OVERLOADED, performance.now());
      return true;
    };
  }

  #serve(req: IncomingMessage, res: ServerResponse, refusal = this.#refusalOf(req)): void {
    if (!isOfHttp1(req)) noteAnswer(res);
    else if (!this.#note(req, res)) return;
    this.#count();
    this.#countAnswer?.(req, res);
    this.#figures.tally?.came(connectionOf(req.socket)?.fd ?? -1);
    this.#identify?.(req, res);
    this.#recordAccess?.(req, res);
    // What has come behind it in the same packet is known then: Node runs no tick between them.
    if (connectionOf(req.socket)?.isLastForNow) process.nextTick(() => this.#answer(req, res, refusal));
    else this.#answer(req, res, refusal);
  }

  #answer(req: IncomingMessage, res: ServerResponse, refusal: Refusal): void {
    if (refusal === 0) this.#call(req, res);
    else {
      if (refusal !== OVERLOADED) this.#figures.tally?.refused(refusal);
      refuse(req, res, refusal);
    }
  }

  /** The client waits to be told whether its body is wanted: RFC 9110, section 10.1.1. */
  #serveExpecting(req: IncomingMessage, res: ServerResponse): void {
    const refusal = this.#refusalOf(req);
    if (refusal === 0) res.writeContinue();
    this.#serve(req, res, refusal);
  }

  /** To the server's own listeners: Node's, which makes messages of it, and the program's. */
  #serveStream(args: StreamArguments): void {
    const [stream] = args;
    if (!this.#hasMessages) {
      const { config, log } = this.#context;
      this.#count();
      if (config.requestTimeout > 0) limitStreamTime(args, config, log, this.#onLate);
    }
    for (const listener of this.#server.rawListeners('stream')) {
      const run = () => Reflect.apply(listener, this.#server, args);
      whenFailed(run, (error) => {
        this.#context.log.error(`Error handling request\n${explain(error)}`);
        answerStreamFailure(stream);
      });
    }
  }

  #count(): void {
    this.#requests += 1;
    this.#context.onRequest();
  }

  /** False for a request that was sent behind the last one of its connection: it is never answered (RFC 9112, 9.6). */
  #note(req: IncomingMessage, res: ServerResponse): boolean {
    const connection = connectionOf(req.socket);
    const hasMoved = connection?.moveLast() ?? false;
    if (connection?.isLast) return false;
    if (connection !== undefined) {
      connection.response = res;
      noteCame(res);
    }
    const isLast = this.#noKeepAlive || isIgnoredUpgrade(req) || (connection === undefined && this.#draining);
    if (isLast) res.shouldKeepAlive = false;
    else if (this.#draining || hasMoved || this.#connections.makesRoom()) connection?.closeAfterResponse();
    this.#countBusy(res);
    return true;
  }

  #countBusy(res: ServerResponse): void {
    if (!this.#options.oneRequestAConnection) return;
    this.#busySince = performance.now();
    res.once('close', () => {
      this.#busySince = undefined;
    });
  }

  #call(req: IncomingMessage, res: ServerResponse): void {
    const { config, log } = this.#context;
    const { bodyTimeout, responseTimeout, requestTimeout } = config;
    if (bodyTimeout > 0 && !isOfHttp1(req)) limitBodyTime(req, res, bodyTimeout, this.#onLate);
    if (responseTimeout > 0) limitResponseTime(req, res, config, log, this.#onLate);
    if (requestTimeout > 0) limitRequestTime(req, res, config, log, this.#onLate);
    if (Number.isFinite(this.#limits.maxBody))
      limitBody(req, res, this.#limits.maxBody, () => this.#figures.tally?.refused(413));
    const listener = this.#listener;
    beginAnswer(res);
    whenFailed(
      () => listener(req, res),
      (error) => this.#appFailed(error, req, res),
    );
  }

  #noteClientError(status: number, late: 'head' | 'body' | undefined): void {
    if (late === undefined) this.#figures.tally?.refused(status);
    else this.#onLate(late === 'head' ? 'headersTimeout' : 'bodyTimeout');
  }

  #appFailed(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    // What the app's reading of the body fails with when the client leaves: its affair, and no fault.
    if (isOfReading(error, req, res)) return;
    this.#context.log.error(`Error handling request ${req.method} ${req.url}\n${explain(error)}`);
    answerFailure(res);
  }
}

/** As its own connections would: Node's servers of HTTP do, those of TLS do not. */
const allowsHalfOpen = (server: Server): boolean => 'allowHalfOpen' in server && server.allowHalfOpen === true;

/** Tells when it throws or rejects. */
function whenFailed(run: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = run();
    if (isThenable(returned)) returned.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** Of HTTP/2, whose requests merely close, the reader finds that out by itself. */
function isOfReading(error: unknown, req: IncomingMessage, res: Answer): boolean {
  if (!(error instanceof Error)) return false;
  return error === req.errored || (res.stream?.closed === true && 'code' in error && error.code === PREMATURE_CLOSE);
}

const PREMATURE_CLOSE = 'ERR_STREAM_PREMATURE_CLOSE';

/** 0 stands for no limit. */
const orForEver = (limit: Seconds): Milliseconds => (limit === 0 ? Number.POSITIVE_INFINITY : toMilliseconds(limit));

/** An upgrade that nobody listens for is answered like any request, but Node drops what came behind it in the same packet. */
const isIgnoredUpgrade = ({ headers: { upgrade, connection } }: IncomingMessage): boolean =>
  upgrade !== undefined && connection !== undefined && /upgrade/i.test(connection);
