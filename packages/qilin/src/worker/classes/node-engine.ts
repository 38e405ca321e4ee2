/**
 * What the classes on Node's own HTTP stack share: connections from the acceptor are handed to a server by its documented
 * 'connection' event; each request passes the limits, is noted for the drain and the access log, and goes to the app.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { NodeListener } from '../../contract/app.ts';
import { explain } from '../../contract/errors.ts';
import type { WorkerStats } from '../../contract/stats.ts';
import { type Milliseconds, toMilliseconds } from '../../contract/units.ts';
import type { WorkerClass, WorkerContext } from '../../contract/worker-class.ts';
import { createRequestLimits, type RequestLimits } from '../../http/request-limits.ts';
import { Connections } from '../connections.ts';
import { createAccessRecorder, type RecordAccess } from './access-recorder.ts';
import { createAppListener } from './app-listener.ts';
import { createNodeServer, type NodeServer } from './node-server.ts';
import { createOrigins } from './origin.ts';

interface EngineOptions {
  /** The most connections at once. */
  readonly connections: number;
  readonly oneRequestAConnection: boolean;
}

export class NodeEngine implements WorkerClass {
  readonly #context: WorkerContext;
  readonly #options: EngineOptions;
  readonly #limits: RequestLimits;
  readonly #connections: Connections;
  readonly #server: NodeServer;
  readonly #listener: NodeListener;
  readonly #recordAccess: RecordAccess | undefined;
  /** The latest response of each connection, to tell at a drain which are in flight. */
  readonly #exchanges = new Map<Socket, ServerResponse>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #requests = 0;
  #draining = false;
  #busySince: Milliseconds | undefined;

  constructor(context: WorkerContext, options: EngineOptions) {
    const { config, accessLog, log } = context;
    this.#context = context;
    this.#options = options;
    this.#limits = createRequestLimits(config);
    const origins = createOrigins(config, context.listeners);
    this.#listener = createAppListener(context.app, origins, log);
    this.#recordAccess = accessLog === null ? undefined : createAccessRecorder(accessLog, origins);
    this.#server = createNodeServer(context.app, config, this.#limits, options.oneRequestAConnection);
    this.#connections = new Connections(options.connections, log, (socket) => this.#server.emit('connection', socket));
  }

  async start(): Promise<void> {
    const server = this.#server;
    server.on('request', (req: IncomingMessage, res: ServerResponse) => this.#serve(req, res));
    server.on('session', (session: ServerHttp2Session) => this.#track(session));
    // Node begins to enforce headersTimeout and requestTimeout when a server listens; this one never does by itself.
    if (!server.listening) server.emit('listening');
    this.#connections.accept(this.#context.listeners);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    this.#connections.stopAccepting();
    for (const [socket, response] of this.#exchanges) closeAfter(response, socket);
    for (const session of this.#sessions) session.close();
    const lastChance = setTimeout(() => this.#closeIdle(), toMilliseconds(this.#context.config.keepalive));
    await this.#connections.empty();
    clearTimeout(lastChance);
  }

  stop(): void {
    this.#connections.stopAccepting();
    this.#connections.destroyAll();
  }

  stats(): WorkerStats {
    const { open, accepted, wakeups } = this.#connections;
    return { connections: open.size, accepted, requests: this.#requests, wakeups };
  }

  busyFor(): Milliseconds {
    return this.#busySince === undefined ? 0 : performance.now() - this.#busySince;
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#requests += 1;
    this.#context.onRequest();
    if (req.httpVersionMajor === 1) this.#note(req.socket, res);
    this.#recordAccess?.(req, res);
    const refusal = this.#limits.check(req.method ?? '', req.url ?? '', req.rawHeaders);
    if (refusal === 0) this.#call(req, res);
    else refuse(req, res, refusal);
  }

  #note(socket: Socket, res: ServerResponse): void {
    if (!this.#exchanges.has(socket)) socket.once('close', () => this.#exchanges.delete(socket));
    this.#exchanges.set(socket, res);
    if (this.#draining) res.shouldKeepAlive = false;
    if (!this.#options.oneRequestAConnection) return;
    this.#busySince = performance.now();
    res.once('close', () => {
      this.#busySince = undefined;
    });
  }

  #call(req: IncomingMessage, res: ServerResponse): void {
    try {
      const listener = this.#listener;
      const returned = listener(req, res);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#appFailed(error, req, res));
    } catch (error) {
      this.#appFailed(error, req, res);
    }
  }

  /** The app threw: the client gets a 500 without a stack, or a broken connection when the answer was begun already. */
  #appFailed(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    this.#context.log.error(`Error handling request ${req.method} ${req.url}\n${explain(error)}`);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusCode = 500;
    res.setHeader('Content-Type', 'text/plain').end('Internal Server Error\n');
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#draining) session.close();
  }

  /** An idle keep-alive connection has had `keepalive` seconds for a last request. */
  #closeIdle(): void {
    this.#server.closeIdleConnections?.();
    for (const [socket, response] of this.#exchanges) if (response.writableFinished) socket.end();
    // Opened ahead of need, as browsers do, and never used.
    for (const socket of this.#connections.open) if (socket.bytesRead === 0) socket.end();
  }
}

/** The connection of a response in flight is closed when it is sent: by header, or by hand where that is too late. */
function closeAfter(response: ServerResponse, socket: Socket): void {
  if (response.writableFinished) return;
  if (!response.headersSent) response.shouldKeepAlive = false;
  else response.once('finish', () => socket.end());
}

const REASONS = { 414: 'URI Too Long', 431: 'Request Header Fields Too Large' } as const;

/** What follows on the connection is not read as a request: the limits hold for it as a whole. */
function refuse(req: IncomingMessage, res: ServerResponse, status: 414 | 431): void {
  if (req.httpVersionMajor === 1) res.setHeader('Connection', 'close');
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/plain').end(`${REASONS[status]}\n`);
}
