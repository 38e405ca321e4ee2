/**
 * The HTTP server of the arbiter itself (setting `adminBind`): answers GET and HEAD, from memory and at once. Whoever is at the other end
 * can make it hold no more than a bounded number of connections, each for a bounded time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from '../contract/node-http.ts';
import type { Status } from '../contract/status.ts';
import type { Milliseconds } from '../contract/units.ts';
import { PROBES, type Pulse } from './probes.ts';

/** More than any orchestrator asks with at the same time; further ones are closed at once. */
const MOST_CONNECTIONS = 128;
const MOST_HEAD_BYTES = 8 * 1024;
/** For a whole request, for the pause before the next one, and for a client to take what it has asked for. */
const PATIENCE: Milliseconds = 5_000;

export interface AdminSource {
  pulse(): Pulse;
  status(): Status;
  /** What goes wrong beside the answers: that no descriptor is left to accept with, say. */
  onError(error: Error): void;
}

/** Node 26 ends at close(), as idle, also what has just connected: with the question on its way. */
class PatientServer extends Server {
  override closeIdleConnections(): void {
    // What is idle ends by `keepAliveTimeout`.
  }
}

export class AdminServer {
  readonly #source: AdminSource;
  readonly #server: Server;

  /** @param fd A listening socket; from now on the server's own. */
  constructor(fd: number, source: AdminSource) {
    this.#source = source;
    this.#server = new PatientServer({
      maxHeaderSize: MOST_HEAD_BYTES,
      headersTimeout: PATIENCE,
      requestTimeout: PATIENCE,
      keepAliveTimeout: PATIENCE,
      connectionsCheckingInterval: PATIENCE / 5,
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.setTimeout(PATIENCE, (socket) => socket.destroy());
    this.#server.on('request', (request, response) => this.#answer(request, response));
    this.#server.on('error', (error) => source.onError(error));
    this.#server.listen({ fd });
  }

  /** Accepts nobody any more. Who is connected already has an answer yet, if they ask soon, and with it the end of the connection. */
  close(): void {
    this.#server.close();
    setTimeout(() => this.#server.closeAllConnections(), PATIENCE).unref();
  }

  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = url.split('?', 1);
    const probe = Object.hasOwn(PROBES, path) ? PROBES[path] : undefined;
    if (probe === undefined && path !== '/status') {
      this.#send(response, 404, { error: `There is ${[...Object.keys(PROBES), '/status'].join(', ')}.` });
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      this.#send(response, 405, { error: 'This can be read, and not changed: ask with GET or HEAD.' });
    } else if (probe === undefined) {
      this.#send(response, 200, this.#source.status());
    } else {
      const { isFine, reason } = probe(this.#source.pulse());
      this.#send(response, isFine ? 200 : 503, { ok: isFine, ...(reason !== undefined && { reason }) });
    }
  }

  #send(response: ServerResponse, status: number, value: object): void {
    const text = `${JSON.stringify(value)}\n`;
    // Whoever sends a body sends it to nobody: the connection ends instead of being read to the body's end.
    const hasBody = response.req.headers['content-length'] !== undefined || 'transfer-encoding' in response.req.headers;
    response.writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      ...((hasBody || !this.#server.listening) && { Connection: 'close' }),
    });
    response.end(text);
  }
}
