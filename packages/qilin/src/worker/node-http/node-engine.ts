/**
 * What the classes on Node's own HTTP stack share: connections from the acceptor are handed to a server by its documented
 * 'connection' event; each request passes the limits, is noted for the drain and the access log, and goes to the app.
 */
import { IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { NodeListener } from '../../contract/app.ts';
import { explain } from '../../contract/errors.ts';
import type { WorkerStats } from '../../contract/stats.ts';
import { type Milliseconds, toMilliseconds } from '../../contract/units.ts';
import type { WorkerClass, WorkerContext } from '../../contract/worker-class.ts';
import { answerFailure } from '../../http/node/answer-failure.ts';
import { checkRequestHead } from '../../http/node/request-rules.ts';
import { createRequestLimits, type RequestLimits } from '../../http/request-limits.ts';
import { createOrigins, type Origins } from '../origin.ts';
import { createAccessRecorder, type RecordAccess } from './access-recorder.ts';
import { createAppListener } from './app-listener.ts';
import { limitBody } from './body-limit.ts';
import { type Carrier, RESPONSE } from './carrier.ts';
import { Connections } from './connections.ts';
import { createNodeServer, type NodeServer } from './create-server.ts';
import { MESSAGE_VIEW } from './message-view.ts';
import { limitResponseTime } from './response-deadline.ts';

interface EngineOptions {
  /** The most connections at once. */
  readonly connections: number;
  readonly oneRequestAConnection: boolean;
}

/** The status of a request that the app does not see; 0 for one that it does. */
type Refusal = 0 | 400 | 413 | 414 | 417 | 431 | 501 | 505;

export class NodeEngine implements WorkerClass {
  readonly #context: WorkerContext;
  readonly #options: EngineOptions;
  readonly #limits: RequestLimits;
  readonly #origins: Origins<IncomingMessage>;
  /** Each connection is closed after its first answer. */
  readonly #noKeepAlive: boolean;
  readonly #connections: Connections;
  readonly #server: NodeServer;
  readonly #listener: NodeListener;
  readonly #recordAccess: RecordAccess | undefined;
  /** The connections that requests come on: the accepted ones, or with TLS the decrypted ones above them. */
  readonly #carriers: ReadonlySet<Carrier<Socket>>;
  readonly #sessions = new Set<ServerHttp2Session>();
  #requests = 0;
  #draining = false;
  #busySince: Milliseconds | undefined;

  constructor(context: WorkerContext, options: EngineOptions) {
    const { config, accessLog, log } = context;
    this.#context = context;
    this.#options = options;
    this.#limits = createRequestLimits(config);
    const origins = createOrigins(config, context.listeners, MESSAGE_VIEW);
    this.#origins = origins;
    this.#noKeepAlive = options.oneRequestAConnection || config.keepalive === 0;
    this.#listener = createAppListener(context.app, origins, log);
    this.#recordAccess = accessLog === null ? undefined : createAccessRecorder(accessLog, origins);
    this.#server = createNodeServer(context.app, config, this.#limits, options.oneRequestAConnection);
    this.#connections = new Connections(
      { limit: options.connections, allowHalfOpen: config.certfile === null },
      log,
      (socket) => this.#server.emit('connection', socket),
    );
    this.#carriers = config.certfile === null ? this.#connections.open : trackDecrypted(this.#server);
  }

  async start(): Promise<void> {
    const server = this.#server;
    server.on('request', (req: IncomingMessage, res: ServerResponse) => this.#serve(req, res));
    if (server.listenerCount('checkContinue') === 0) {
      server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => this.#serveExpecting(req, res));
    }
    if (server.listenerCount('checkExpectation') === 0) {
      server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => this.#serve(req, res, 417));
    }
    server.on('session', (session: ServerHttp2Session) => this.#track(session));
    // Node begins to enforce headersTimeout and requestTimeout when a server listens; this one never does by itself.
    if (!server.listening) server.emit('listening');
    this.#connections.accept(this.#context.listeners);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    this.#connections.stopAccepting();
    for (const carrier of this.#carriers) closeAfterResponse(carrier);
    for (const session of this.#sessions) session.close();
    const lastChance = setTimeout(() => this.#closeIdle(), toMilliseconds(this.#context.config.keepalive));
    await this.#connections.empty();
    clearTimeout(lastChance);
  }

  stop(): void {
    this.#connections.stopAccepting();
    this.#connections.destroyAll();
  }

  closeConnections(which: 'idle' | 'all'): void {
    if (which === 'idle') this.#closeIdle();
    else this.#connections.destroyAll();
  }

  stats(): WorkerStats {
    const { open, accepted, wakeups } = this.#connections;
    return { connections: open.size, accepted, requests: this.#requests, wakeups };
  }

  busyFor(): Milliseconds {
    return this.#busySince === undefined ? 0 : performance.now() - this.#busySince;
  }

  #serve(req: IncomingMessage, res: ServerResponse, refusal = this.#refusalOf(req)): void {
    if (req instanceof IncomingMessage && !this.#note(req, res)) return;
    this.#requests += 1;
    this.#context.onRequest();
    this.#recordAccess?.(req, res);
    if (refusal === 0) this.#call(req, res);
    else refuse(res, refusal);
  }

  /** The client waits to be told whether its body is wanted: RFC 9110, section 10.1.1. */
  #serveExpecting(req: IncomingMessage, res: ServerResponse): void {
    const refusal = this.#refusalOf(req);
    if (refusal === 0) res.writeContinue();
    this.#serve(req, res, refusal);
  }

  #refusalOf(req: IncomingMessage): Refusal {
    const tooLarge = this.#limits.check(req.method ?? '', req.url ?? '', req.rawHeaders);
    if (tooLarge !== 0) return tooLarge;
    const malformed = req instanceof IncomingMessage ? checkRequestHead(req) : 0;
    if (malformed !== 0) return malformed;
    if (this.#origins.contradict(req)) return 400;
    return Number(req.headers['content-length'] ?? 0) > this.#limits.maxBody ? 413 : 0;
  }

  /** False for a request that was sent behind the last one of its connection: it is never answered (RFC 9112, 9.6). */
  #note(req: IncomingMessage, res: ServerResponse): boolean {
    const socket: Carrier<Socket> = req.socket;
    if (socket[RESPONSE]?.shouldKeepAlive === false) return false;
    socket[RESPONSE] = res;
    if (this.#draining || this.#noKeepAlive || isIgnoredUpgrade(req)) res.shouldKeepAlive = false;
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
    const { responseTimeout } = this.#context.config;
    if (responseTimeout > 0) limitResponseTime(req, res, responseTimeout, this.#context.log);
    if (Number.isFinite(this.#limits.maxBody)) limitBody(req, res, this.#limits.maxBody);
    try {
      const listener = this.#listener;
      const returned = listener(req, res);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#appFailed(error, req, res));
    } catch (error) {
      this.#appFailed(error, req, res);
    }
  }

  #appFailed(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    // What the app's reading of the body fails with when the client leaves: its affair, and no fault.
    if (error === req.errored) return;
    this.#context.log.error(`Error handling request ${req.method} ${req.url}\n${explain(error)}`);
    answerFailure(res);
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#draining) session.close();
  }

  /** An idle keep-alive connection has had `keepalive` seconds for a last request. */
  #closeIdle(): void {
    // Node's own: what a program's server has in its place asks Qilin.
    const { closeIdleConnections }: NodeServer = Object.getPrototypeOf(this.#server);
    closeIdleConnections?.call(this.#server);
    for (const carrier of this.#carriers) if (carrier[RESPONSE]?.writableFinished) carrier.end();
    // Opened ahead of need, as browsers do, and never used.
    for (const socket of this.#connections.open) if (socket.bytesRead === 0) socket.end();
  }
}

/** A response in flight is the last of its connection: said by its header, or done by hand where that is too late. */
function closeAfterResponse(carrier: Carrier<Socket>): void {
  const response = carrier[RESPONSE];
  if (response === undefined || response.writableFinished) return;
  if (!response.headersSent) response.shouldKeepAlive = false;
  else response.once('finish', () => carrier.end());
}

/** An upgrade that nobody listens for is answered like any request, but Node drops what came behind it in the same packet. */
const isIgnoredUpgrade = ({ headers: { upgrade, connection } }: IncomingMessage): boolean =>
  upgrade !== undefined && connection !== undefined && /upgrade/i.test(connection);

function trackDecrypted(server: NodeServer): ReadonlySet<Carrier<Socket>> {
  const carriers = new Set<Carrier<Socket>>();
  server.on('secureConnection', (carrier: Carrier<Socket>) => {
    carriers.add(carrier);
    carrier.once('close', () => carriers.delete(carrier));
  });
  return carriers;
}

/** What follows on the connection is not read as a request: the limits hold for it as a whole. */
function refuse(res: ServerResponse, status: Exclude<Refusal, 0>): void {
  res.shouldKeepAlive = false;
  res.statusCode = status;
  const text = `${STATUS_CODES[status]}\n`;
  // One by one: of HTTP/2, `setHeader()` returns nothing.
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('Content-Length', text.length);
  res.end(text);
}
