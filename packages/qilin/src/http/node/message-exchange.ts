/**
 * One request on Node's HTTP stack and its answer, as fetch handlers are served by them: over Node's own messages, of HTTP/1
 * and HTTP/2. Invariant: when the answer is complete, so is the request for us: what is left of its body is thrown away, so
 * that the connection's next request can be read.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { BodySink, Endpoint, FetchExchange } from '@qilin/picoev';
import { ROUTE } from '../../contract/slow-requests.ts';
import { type Answer, cutAnswer } from './answer-failure.ts';
import { fieldList, fieldRecord } from './field-lists.ts';
import { stopBody } from './stop-body.ts';

type Callback = (exchange: FetchExchange) => void;

export class MessageExchange implements FetchExchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: Answer;
  reason = '';
  /** Node finds it among the fields. */
  hasDate = false;
  owner: object | null = null;
  #begun = false;
  #over = false;
  #sink: BodySink | undefined = undefined;
  #onDrain: Callback | null = null;
  #onGone: Callback | null = null;

  constructor(incoming: IncomingMessage, outgoing: Answer) {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  get method(): string {
    return this.incoming.method ?? 'GET';
  }

  get target(): string {
    return this.incoming.url || '/';
  }

  get scheme(): 'http' | 'https' {
    return 'encrypted' in this.incoming.socket ? 'https' : 'http';
  }

  get isMultiplexed(): boolean {
    return this.outgoing.stream !== undefined;
  }

  get hasBody(): boolean {
    const { stream } = this.outgoing;
    if (stream !== undefined) return !stream.endAfterHeaders;
    const { headers } = this.incoming;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  get route(): string {
    const route: unknown = Reflect.get(this.incoming, ROUTE);
    return typeof route === 'string' ? route : '';
  }

  set route(route: string) {
    Reflect.set(this.incoming, ROUTE, route);
  }

  get connection(): FetchExchange['connection'] {
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = this.incoming.socket;
    return {
      peer: endpoint(remoteAddress, remotePort, remoteFamily),
      local: endpoint(localAddress, localPort, localFamily),
    };
  }

  header(name: string): string | undefined {
    const { headers, rawHeaders } = this.incoming;
    if (name === 'host' && headers.host === undefined) return headers[':authority']?.toString();
    const value = headers[name];
    if (typeof value !== 'string') return value?.join(', ');
    return ONLY_ONE.has(name) ? allOf(name, rawHeaders) : value;
  }

  rawHeaders(): string[] {
    const { rawHeaders, headers } = this.incoming;
    if (this.outgoing.stream === undefined) return rawHeaders;
    const authority = headers.host === undefined ? headers[':authority'] : undefined;
    const fields = authority === undefined ? [] : ['host', String(authority)];
    for (let i = 1; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i - 1];
      const value = rawHeaders[i];
      if (name !== undefined && value !== undefined && !name.startsWith(':')) fields.push(name, value);
    }
    return fields;
  }

  // The body.

  takeBody(): undefined {
    return undefined;
  }

  takeText(): undefined {
    return undefined;
  }

  readBody(sink: BodySink): void {
    const { incoming } = this;
    this.#sink = sink;
    // First of all, since Node has thrown away what nobody had read by then, and calls that its end.
    if (this.#over || this.isGone || incoming.destroyed) this.#breakBody();
    else if (incoming.readableEnded) this.#endBody();
    else {
      incoming.on('data', (piece: Buffer) => {
        if (this.#sink?.data(piece) === false) incoming.pause();
      });
      incoming.once('end', () => this.#endBody());
      incoming.once('close', () => this.#breakBody());
      // What befalls it is told by its end.
      incoming.on('error', ignore);
    }
  }

  resumeBody(): void {
    this.incoming.resume();
  }

  // The answer.

  get isOver(): boolean {
    if (this.#over || this.isGone) return true;
    // The app has answered by Node's own response, which it has too.
    return !this.#begun && this.outgoing.headersSent;
  }

  get isGone(): boolean {
    return !this.#over && isClosed(this.incoming, this.outgoing);
  }

  takeBack(): void {
    const { outgoing } = this;
    this.reason = '';
    for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  }

  respond(status: number, fields: string, body: string | Uint8Array | null): void {
    const isBodiless = status === 204 || status === 304 || this.incoming.method === 'HEAD';
    const length = body === null ? (isBodiless ? undefined : 0) : Buffer.byteLength(body);
    this.begin(status, fields, status === 204 ? undefined : length);
    if (isBodiless || body === null) this.outgoing.end();
    else this.outgoing.end(body);
    this.#finish();
  }

  begin(status: number, fields: string, length: number | undefined): void {
    const { outgoing } = this;
    this.#begun = true;
    if (outgoing.stream !== undefined) {
      outgoing.statusCode = status;
      outgoing.writeHead(status, fieldRecord(fields, length));
      return;
    }
    // One that names an option would be kept by Node.
    const lines = outgoing.shouldKeepAlive
      ? fields
      : fields.replace('Connection: Upgrade', 'Connection: close, Upgrade');
    if (this.reason === '') outgoing.writeHead(status, fieldList(lines, length));
    else outgoing.writeHead(status, this.reason, fieldList(lines, length));
  }

  write(piece: Uint8Array): boolean {
    return this.outgoing.write(piece);
  }

  end(): void {
    this.outgoing.end();
    this.#finish();
  }

  abort(): void {
    this.#over = true;
    cutAnswer(this.outgoing);
  }

  closeAfter(): void {
    this.outgoing.shouldKeepAlive = false;
  }

  get onDrain(): Callback | null {
    return this.#onDrain;
  }

  set onDrain(callback: Callback | null) {
    if (this.#onDrain === null) this.outgoing.on('drain', () => this.#onDrain?.(this));
    this.#onDrain = callback;
  }

  get onGone(): Callback | null {
    return this.#onGone;
  }

  set onGone(callback: Callback | null) {
    if (this.#onGone === null) this.#watch();
    this.#onGone = callback;
  }

  /** Waits for the client to leave. */
  #watch(): void {
    const { incoming, outgoing } = this;
    const tell = () => {
      if (!this.#over) this.#onGone?.(this);
    };
    outgoing.once('close', tell);
    if (outgoing.stream === undefined && outgoing.socket === null) {
      const forget = whenClosed(incoming.socket, tell);
      outgoing.once('socket', forget);
    }
  }

  #endBody(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  /** Its end will not come, or not for the app. */
  #breakBody(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.abort(
      Object.assign(new Error('The body is not read to its end: the request is over'), { code: 'ECONNRESET' }),
    );
  }

  #finish(): void {
    this.#over = true;
    if (this.#sink === undefined) return;
    this.#breakBody();
    const { stream } = this.outgoing;
    if (stream !== undefined) stopBody(stream);
    this.incoming.resume();
  }
}

function endpoint(
  address: string | undefined,
  port: number | undefined,
  family: string | undefined,
): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' };
}

const isClosed = (req: IncomingMessage, res: Answer): boolean =>
  res.stream === undefined ? res.destroyed || req.socket.destroyed : res.stream.destroyed || res.stream.closed;

const ignore = () => {};

/** Those that wait for their turn behind another answer, of each connection: Node does not tell them when it is closed. */
const queues = new WeakMap<Socket, Set<() => void>>();

/** Returns what forgets it again. One listener for each socket: for more than ten Node warns. */
function whenClosed(socket: Socket, tell: () => void): () => void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    const made = new Set<() => void>();
    socket.once('close', () => {
      for (const one of made) one();
    });
    queues.set(socket, made);
    queue = made;
  }
  const known = queue.add(tell);
  return () => void known.delete(tell);
}

/** Of these Node's `headers` has the first alone (its documentation, "message.headers"); `Headers` has all. */
const ONLY_ONE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

function allOf(name: string, rawHeaders: readonly string[]): string {
  let values = '';
  for (let i = 1; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i - 1];
    if (raw?.length === name.length && raw.toLowerCase() === name)
      values += values === '' ? rawHeaders[i] : `, ${rawHeaders[i]}`;
  }
  return values;
}
