/**
 * The HTTP server of the arbiter itself (setting `adminBind`): answers GET and HEAD, from memory and at once. Whoever is at the other end
 * can make it hold no more than a bounded number of connections, each for a bounded time.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Milliseconds } from '../contract/units.ts';
import { PROBES, type Pulse } from './probes.ts';
import type { Status } from './status.ts';

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

export class AdminServer {
  readonly #source: AdminSource;
  readonly #server: Server;

  /** @param fd A listening socket; from now on the server's own. */
  constructor(fd: number, source: AdminSource) {
    this.#source = source;
    this.#server = createServer({
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

  /** Cuts whoever is still connected: an answer takes no time. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = url.split('?', 1);
    const probe = Object.hasOwn(PROBES, path) ? PROBES[path] : undefined;
    if (probe === undefined && path !== '/status') {
      send(response, 404, { error: `There is ${[...Object.keys(PROBES), '/status'].join(', ')}.` });
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      send(response, 405, { error: 'This can be read, and not changed: ask with GET or HEAD.' });
    } else if (probe === undefined) {
      send(response, 200, this.#source.status());
    } else {
      const { isFine, reason } = probe(this.#source.pulse());
      send(response, isFine ? 200 : 503, { ok: isFine, ...(reason !== undefined && { reason }) });
    }
  }
}

function send(response: ServerResponse, status: number, value: object): void {
  const text = `${JSON.stringify(value)}\n`;
  // Whoever sends a body sends it to nobody: the connection ends instead of being read to the body's end.
  const hasBody = response.req.headers['content-length'] !== undefined || 'transfer-encoding' in response.req.headers;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...(hasBody && { Connection: 'close' }),
  });
  response.end(text);
}
