/** An exchange without an engine: what the client sends is said when it is made, what it would get is collected. */
import type { BodySink, Exchange, FetchExchange } from '@qilin/picoev';

export interface FakeRequest {
  readonly method?: string;
  readonly target?: string;
  readonly minorVersion?: 0 | 1;
  /** Names and values in turn. A Host is not added. */
  readonly rawHeaders?: readonly string[];
  /** Came together with the head. */
  readonly body?: string | Uint8Array;
  /** Comes by `arrive()` and `arriveAll()`. */
  readonly chunked?: boolean;
  readonly keepsAlive?: boolean;
}

/** Bytes after which `write()` and `raw()` return false, until `drain()`. */
const HIGH_WATER_MARK = 64 * 1024;

export class FakeExchange implements Exchange {
  readonly cameAt = 0;
  readonly fd = -1;
  readonly waitedForOthers = false;
  readonly hasBegun = false;
  readonly method: string;
  readonly target: string;
  readonly minorVersion: 0 | 1;
  readonly hasBody: boolean;
  /** Told to be still on its way, unless a test says otherwise. */
  hasWholeBody = false;
  readonly bodyLength: number | undefined;
  readonly expectsContinue: boolean;
  keepsAlive: boolean;
  readonly scheme = 'http';
  readonly isMultiplexed = false;
  readonly listener = -1;
  readonly asksForUpgrade = false;
  reason = '';
  hasDate = false;
  owner: object | null = null;
  onDrain: ((exchange: FetchExchange) => void) | null = null;
  onGone: ((exchange: FetchExchange) => void) | null = null;
  onHalfClose: ((exchange: Exchange) => void) | null = null;
  onLast: ((exchange: Exchange) => void) | null = null;
  onOver: ((exchange: Exchange) => void) | null = null;
  readonly connection: Exchange['connection'] = {
    listener: -1,
    peer: { address: '192.0.2.1', port: 40_000, family: 'IPv4' },
    local: { address: '127.0.0.1', port: 8000, family: 'IPv4' },
    isOpen: true,
    bytesRead: 0,
    bytesWritten: 0,
    bytesWaiting: 0,
    wasReset: false,
    hasEnded: false,
    owner: null,
    onClose: null,
    end: () => setImmediate(() => this.#closeConnection()),
    destroy: () => {
      this.aborted ||= !this.isOver;
      setImmediate(() => this.leave());
    },
  };

  // What the client would get.
  status = 0;
  addedFields = '';
  readonly beganAt = 0;
  route = '';
  fields = '';
  length: number | undefined;
  began = false;
  isOver = false;
  isGone = false;
  isHalfClosed = false;
  aborted = false;
  readonly pieces: Buffer[] = [];
  /** Informational answers, and all that came by `raw()`. */
  wire = '';
  /** As `rawEnd()` said. */
  persists: boolean | undefined;

  // What the server takes of the request.
  sink: BodySink | undefined;
  /** The reader has asked for no more. */
  paused = false;

  readonly #rawHeaders: readonly string[];
  #unread: Buffer | undefined;
  #unsent = 0;
  #settleOver: (exchange: this) => void = () => {};
  readonly #whenOver = new Promise<this>((resolve) => {
    this.#settleOver = resolve;
  });

  constructor(request: FakeRequest = {}) {
    this.method = request.method ?? 'GET';
    this.target = request.target ?? '/';
    this.minorVersion = request.minorVersion ?? 1;
    this.keepsAlive = request.keepsAlive ?? this.minorVersion === 1;
    this.#rawHeaders = request.rawHeaders ?? ['Host', 'localhost'];
    this.#unread = request.body === undefined ? undefined : Buffer.from(request.body as Uint8Array);
    this.hasBody = request.body !== undefined || request.chunked === true;
    this.bodyLength = request.chunked ? undefined : (this.#unread?.length ?? 0);
    this.expectsContinue = this.header('expect') === '100-continue';
  }

  header(name: string): string | undefined {
    const values = this.#rawHeaders.filter((_, i) => i % 2 === 1 && this.#rawHeaders[i - 1]?.toLowerCase() === name);
    return values.length === 0 ? undefined : values.join(name === 'cookie' ? '; ' : ', ');
  }

  hasHeaderLike(prefix: string): boolean {
    return this.#rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase().startsWith(prefix));
  }

  setHeader(): void {}

  rawHeaders(): string[] {
    return [...this.#rawHeaders];
  }

  rawTrailers(): string[] {
    return [];
  }

  takeBody(): Buffer | undefined {
    const body = this.#unread;
    if (this.sink !== undefined) return undefined;
    this.#unread = undefined;
    return body;
  }

  takeText(): string | undefined {
    return this.takeBody()?.toString();
  }

  readBody(sink: BodySink): void {
    if (this.sink !== undefined) throw new Error('The body has two readers.');
    this.sink = sink;
    if (this.#unread === undefined) return;
    this.paused = !sink.data(Buffer.from(this.#unread));
    this.#unread = undefined;
    sink.end();
  }

  /** No app of a test is late. */
  answerInstead(): void {}

  takeBack(): void {
    this.reason = '';
    this.hasDate = false;
  }

  resumeBody(): void {
    this.paused = false;
  }

  /** The client sends a piece of the body. */
  arrive(piece: string | Uint8Array): void {
    this.paused = this.sink?.data(Buffer.from(piece as Uint8Array)) === false;
  }

  respond(status: number, fields: string, body: string | Uint8Array | null): void {
    this.begin(status, fields, body === null ? 0 : Buffer.byteLength(body));
    if (body !== null && !this.#bodiless) this.pieces.push(Buffer.from(body as Uint8Array));
    this.#finish();
  }

  begin(status: number, fields: string, length: number | undefined): void {
    if (this.began || this.isOver) throw new Error('The answer has begun already.');
    this.began = true;
    this.status = status;
    this.fields = fields;
    this.length = length;
  }

  write(piece: Uint8Array): boolean {
    if (!this.began || this.isOver) throw new Error('No answer is under way.');
    this.pieces.push(Buffer.from(piece));
    this.#unsent += piece.byteLength;
    return this.#unsent < HIGH_WATER_MARK;
  }

  end(): void {
    if (this.length !== undefined && this.length !== this.body.length && !this.#bodiless) this.abort();
    else this.#finish();
  }

  abort(): void {
    if (this.isOver) return;
    this.aborted = true;
    this.#finish();
  }

  inform(head: string): void {
    this.wire += head;
  }

  closeAfter(): void {
    this.keepsAlive = false;
  }

  raw(piece: string | Uint8Array): boolean {
    if (this.isOver) throw new Error('No answer is under way.');
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece);
    this.began = true;
    this.wire += bytes.toString('latin1');
    this.#unsent += bytes.length;
    return this.#unsent < HIGH_WATER_MARK;
  }

  answered(): void {}

  rawEnd(keepAlive: boolean): void {
    this.persists = keepAlive;
    this.#finish();
    if (!keepAlive) setImmediate(() => this.#closeConnection());
  }

  /** The client has taken all that was sent. */
  drain(): void {
    this.#unsent = 0;
    this.onDrain?.(this);
  }

  /** The server drains: this answer is the last of its connection. */
  becomeLast(): void {
    this.keepsAlive = false;
    this.onLast?.(this);
  }

  /** The client ends its side, and reads on. */
  halfClose(): void {
    this.isHalfClosed = true;
    this.onHalfClose?.(this);
  }

  /** The client leaves. */
  leave(): void {
    if (this.isOver) return;
    this.isGone = true;
    this.isOver = true;
    this.sink?.abort(Object.assign(new Error('The client left'), { code: 'ECONNRESET' }));
    this.onGone?.(this);
    this.#finish();
    this.#closeConnection();
  }

  #closeConnection(): void {
    const { connection } = this;
    connection.onClose?.(connection);
  }

  get bytesSent(): number {
    return this.body.length + this.wire.length;
  }

  run(listener: (exchange: Exchange) => void): void {
    listener(this);
  }

  detach(): undefined {
    return undefined;
  }

  /** Resolves when the answer is complete, or will never be. */
  get over(): Promise<this> {
    return this.#whenOver;
  }

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get text(): string {
    return this.body.toString();
  }

  /** Value of a field of the answer. */
  field(name: string): string | undefined {
    return new RegExp(`^${name}: (.*)\r$`, 'im').exec(this.fields)?.[1];
  }

  get #bodiless(): boolean {
    return this.method === 'HEAD' || this.status === 204 || this.status === 304;
  }

  #finish(): void {
    this.isOver = true;
    this.#settleOver(this);
    this.onOver?.(this);
  }
}
