/**
 * The HTTP server of the arbiter itself (setting `adminBind`): answers GET and HEAD, from memory and at once, but for what
 * the apps count themselves. Whoever is at the other end
 * can make it hold no more than a bounded number of connections, each for a bounded time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppMetric } from '../contract/app-metrics.ts';
import { Server } from '../contract/node-http.ts';
import type { Status } from '../contract/status.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Figures } from './figures.ts';
import { formatFor, metricsText } from './metrics-text.ts';
import { PROBES, type Pulse } from './probes.ts';

/** More than any orchestrator asks with at the same time; further ones are closed at once. */
const MOST_CONNECTIONS = 128;
const MOST_HEAD_BYTES = 8 * 1024;
/** For a whole request, for the pause before the next one, and for a client to take what it has asked for. */
const PATIENCE: Milliseconds = 5_000;

const STATUS = '/status';
const METRICS = '/metrics';
const PATHS: readonly string[] = [...Object.keys(PROBES), STATUS, METRICS];

export interface AdminSource {
  pulse(): Pulse;
  status(): Status;
  figures(): Figures;
  /** Answers at further paths; false for what is none of those. */
  answersElse?(request: IncomingMessage, response: ServerResponse, path: string): boolean;
  /** Those of the apps themselves. */
  appMetrics(): Promise<readonly AppMetric[]>;
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

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '', headers } = request;
    const [path = ''] = url.split('?', 1);
    if (!PATHS.includes(path)) {
      if (!this.#server.listening) response.setHeader('Connection', 'close');
      if (this.#source.answersElse?.(request, response, path)) return;
      this.#send(response, json(404, { error: `There is ${PATHS.join(', ')}.` }));
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      this.#send(response, json(405, { error: 'This can be read, and not changed: ask with GET or HEAD.' }));
    } else if (path === METRICS) void this.#answerMetrics(response, headers.accept);
    else this.#send(response, this.#page(path));
  }

  async #answerMetrics(response: ServerResponse, accept: string | undefined): Promise<void> {
    try {
      const format = formatFor(accept);
      const appMetrics = await this.#source.appMetrics();
      const text = metricsText(this.#source.figures(), format, appMetrics);
      this.#send(response, { status: 200, contentType: format.contentType, text });
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  #page(path: string): Page {
    if (path === STATUS) return json(200, this.#source.status());
    const probe = PROBES[path]?.(this.#source.pulse());
    if (probe === undefined) throw new TypeError(`${path} has no page`);
    const { isFine, reason } = probe;
    return json(isFine ? 200 : 503, { ok: isFine, ...(reason !== undefined && { reason }) });
  }

  #send(response: ServerResponse, { status, contentType, text }: Page): void {
    // Whoever sends a body sends it to nobody: the connection ends instead of being read to the body's end.
    const hasBody = response.req.headers['content-length'] !== undefined || 'transfer-encoding' in response.req.headers;
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      ...((hasBody || !this.#server.listening) && { Connection: 'close' }),
    });
    response.end(text);
  }
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const json = (status: number, value: object): Page => ({
  status,
  contentType: 'application/json; charset=utf-8',
  text: `${JSON.stringify(value)}\n`,
});
