/**
 * The light `Request`: the standard's interface and prototype over an exchange, of which it reads only what is asked for.
 * A body that came together with the head is decoded at once, without a stream. `clone()`, `new Request(request)` and
 * `fetch(request)` build Node's own Request behind it, which then has the body.
 */

import type { FetchExchange } from '@qilin/picoev';
import type { FetchEnvironment, RequestOrigin } from '../../contract/app.ts';
import { LOGGED_AS } from '../../contract/log-fields.ts';
import { inspect } from '../../contract/node-util.ts';
import { ROUTE } from '../../contract/slow-requests.ts';
import { whenGone } from '../client-left.ts';
import { isDisturbed } from './disturbed.ts';
import { copyHeaders, FastHeaders } from './fast-headers.ts';
import { collectBody, streamBody } from './request-body.ts';
import { requestUrl } from './request-url.ts';

const NativeRequest = globalThis.Request;
const NativeResponse = globalThis.Response;

/** The scheme and host that `request.url` should have, where not the connection's own. */
export type ResolveOrigin<E extends FetchExchange> = (exchange: E) => RequestOrigin | undefined;

/** Whether it is a light one, by its fields. */
export let isFastRequest: (value: object) => value is FastRequest;
/** Node's own Request for a light one, which has its body from then on. */
export let realRequest: (request: FastRequest) => Request;
/** Node's own Request for all of a light one but its body, which another takes the place of: it may have been read. */
export let bodilessRequest: (request: FastRequest) => Request;

/** Aborts its `signal`, whoever has it or will ask for it. */
export let abortRequest: <E extends FetchExchange>(request: FastRequest<E>, reason: unknown) => void;

/** With the members that are the same for each request. */
// biome-ignore lint/correctness/noUnusedVariables: it merges with the class, which uses it
export interface FastRequest<E extends FetchExchange = FetchExchange> extends Request {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: as above
export class FastRequest<E extends FetchExchange = FetchExchange> {
  readonly #exchange: E;
  readonly #resolve: ResolveOrigin<E> | undefined;
  readonly #environment: FetchEnvironment;
  #url: string | undefined;
  #headers: FastHeaders | undefined;
  #stream: ReadableStream | undefined;
  #bodyTaken: boolean;
  #abort: AbortController | undefined;
  #real: Request | undefined;

  constructor(exchange: E, resolve: ResolveOrigin<E> | undefined, environment: FetchEnvironment) {
    this.#exchange = exchange;
    this.#resolve = resolve;
    this.#environment = environment;
    this.#url = undefined;
    this.#headers = undefined;
    this.#stream = undefined;
    this.#bodyTaken = false;
    this.#abort = undefined;
    this.#real = undefined;
  }

  static {
    isFastRequest = (value): value is FastRequest => #exchange in value;
    abortRequest = (request, reason) => {
      request.#abort ??= request.#watch();
      request.#abort.abort(reason);
    };
    realRequest = (request) => request.#toReal();
    bodilessRequest = ({ method, url, signal, headers }) =>
      new NativeRequest(url, { method, signal, headers: [...headers].filter(([name]) => !OF_BODY.has(name)) });
  }

  get method(): string {
    return this.#exchange.method;
  }

  get url(): string {
    this.#url ??= requestUrl(this.#exchange, this.#resolve?.(this.#exchange));
    return this.#url;
  }

  /**
   * Address of the client, as far as it is believed: what a trusted proxy says, else the connection's other end; undefined on a
   * unix socket. Not of the standard; srvx has the same name for it.
   */
  get ip(): string | undefined {
    return this.#resolve?.(this.#exchange)?.client ?? this.#exchange.connection.peer?.address;
  }

  /** What stands for it in the access log. */
  get [LOGGED_AS](): object {
    return this.#environment.incoming ?? this.#exchange;
  }

  /** What the app calls the way to it, which `qilinctl slowest` tells. */
  set [ROUTE](route: string) {
    this.#exchange.route = route;
  }

  /** Node's messages, where its HTTP stack serves. Not of the standard; srvx has the same name for it, and H3 asks for it. */
  get runtime(): { readonly name: 'node'; readonly node: object } | undefined {
    const { incoming: req, outgoing: res } = this.#environment;
    return req === undefined ? undefined : { name: 'node', node: { req, res } };
  }

  get headers(): Headers {
    this.#headers ??= new FastHeaders(this.#exchange);
    return this.#headers;
  }

  /**
   * Aborts when the client leaves before the answer is complete; where that is an event stream (`text/event-stream`), also when the worker
   * is to leave, so that the app can end it.
   */
  get signal(): AbortSignal {
    this.#abort ??= this.#watch();
    return this.#abort.signal;
  }

  #watch(): AbortController {
    const controller = new AbortController();
    whenGone(this.#exchange, () => controller.abort());
    return controller;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#real !== undefined && this.#real.body !== null) return this.#real.body;
    if (!this.#exchange.hasBody) return null;
    this.#stream ??= this.#bodyTaken ? readStream() : streamBody(this.#exchange);
    return this.#stream;
  }

  get bodyUsed(): boolean {
    if (this.#real !== undefined && this.#real.body !== null) return this.#real.bodyUsed;
    return this.#bodyTaken || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  text(): Promise<string> {
    return this.#readText(asIs);
  }

  json(): Promise<unknown> {
    return this.#readText(JSON.parse);
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(copy);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read((bytes) => copy(bytes).buffer);
  }

  async blob(): Promise<Blob> {
    return this.#asResponse(await this.bytes()).blob();
  }

  async formData(): Promise<FormData> {
    return this.#asResponse(await this.bytes()).formData();
  }

  clone(): Request {
    return this.#toReal().clone();
  }

  [inspect.custom](_depth: number, options: object): string {
    const { method, url, headers, bodyUsed } = this;
    return `Request ${inspect({ method, url, headers, bodyUsed }, options)}`;
  }

  /** What Node makes of a body depends on its type alone. */
  #asResponse(bytes: Uint8Array<ArrayBuffer>): Response {
    const type = this.headers.get('content-type');
    return new NativeResponse(bytes, type === null ? {} : { headers: { 'content-type': type } });
  }

  #read<T>(convert: (bytes: Buffer) => T): Promise<T> {
    const exchange = this.#exchange;
    if (!exchange.hasBody) return attempt(convert, NOTHING);
    if (this.#bodyTaken) return Promise.reject(readAlready());
    if (this.#real !== undefined || this.#stream !== undefined) return this.#readStream(convert);
    this.#bodyTaken = true;
    const bytes = exchange.takeBody();
    return bytes === undefined ? collectBody(exchange).then(convert) : attempt(convert, bytes);
  }

  #readText<T>(convert: (text: string) => T): Promise<T> {
    const isMine = !this.#bodyTaken && this.#real === undefined && this.#stream === undefined;
    const text = isMine && this.#exchange.hasBody ? this.#exchange.takeText() : undefined;
    if (text === undefined) return this.#read((bytes) => convert(withoutMark(bytes.toString())));
    this.#bodyTaken = true;
    return attempt(convert, withoutMark(text));
  }

  /** Somebody has the body as a stream, and may have read it. */
  #readStream<T>(convert: (bytes: Buffer) => T): Promise<T> {
    const { body } = this;
    if (body === null || this.bodyUsed || body.locked) return Promise.reject(readAlready());
    return new NativeResponse(body).arrayBuffer().then((bytes) => convert(Buffer.from(bytes)));
  }

  #toReal(): Request {
    if (this.#real !== undefined) {
      copyHeaders(this.headers, this.#real.headers);
      return this.#real;
    }
    const { method, url, signal } = this;
    // By the standard these two have no body; here it stays with the light request.
    const body = method === 'GET' || method === 'HEAD' ? null : this.body;
    this.#real = new NativeRequest(url, { method, headers: [...this.headers], body, signal, duplex: 'half' });
    return this.#real;
  }

  static {
    // What is the same for each request that a server gets: read off one of Node's own.
    const plain = new NativeRequest('http://localhost/');
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(NativeRequest.prototype))) {
      if (member.get === undefined || Object.hasOwn(FastRequest.prototype, name)) continue;
      const constant: unknown = Reflect.get(plain, name);
      Object.defineProperty(FastRequest.prototype, name, { ...member, get: () => constant });
    }
    Object.setPrototypeOf(FastRequest.prototype, NativeRequest.prototype);
  }
}

const NOTHING = Buffer.alloc(0);
/** How a body was framed, which is not how the one in its place will be: `fetch()` refuses to send what disagrees. */
const OF_BODY: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

function attempt<B, T>(convert: (body: B) => T, body: B): Promise<T> {
  try {
    return Promise.resolve(convert(body));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The byte order mark is no part of a text (Encoding standard, "UTF-8 decode"). */
const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

const asIs = (text: string): string => text;

function copy(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function readAlready(): TypeError {
  return new TypeError('The body of the request was read already.');
}

/** Stands for a body that was read by another way: disturbed and closed. */
function readStream(): ReadableStream {
  const stream = new ReadableStream();
  stream.cancel().catch(() => {});
  return stream;
}
