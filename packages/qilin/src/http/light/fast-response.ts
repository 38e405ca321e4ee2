/**
 * The light `Response`: the standard's interface and prototype over the body as it was given and the header section as it
 * goes onto the wire. What a server's answer seldom needs is done by Node's own Response, built when it is asked for.
 *
 * Node's own, with its headers object and a stream for each body, costs some 10 µs of CPU; this one some 0.1 µs.
 */
import { inspect } from '../../contract/node-util.ts';
import { isDisturbed } from './disturbed.ts';
import { copyHeaders } from './fast-headers.ts';
import { HAS_CONTENT_TYPE, HeaderLines, type HeaderSource } from './header-lines.ts';

const NativeResponse = globalThis.Response;

/** What a body can be sent as; an async iterable's pieces are checked as they come. */
export type LightBody = string | Uint8Array | Blob | ReadableStream | AsyncIterable<unknown> | null;

/** What is to be sent, as long as the body is not read by anybody else. */
export interface ResponseParts {
  readonly status: number;
  readonly statusText: string;
  readonly type: string;
  readonly lines: HeaderLines;
  readonly body: LightBody;
}

export const TEXT_TYPE = 'Content-Type: text/plain;charset=UTF-8\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded;charset=UTF-8\r\n';
const NO_LINES = new HeaderLines();

/** RFC 9112, section 4: what a reason phrase may hold. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws TypeError when the body was read already, as by the standard. */
export let partsOf: (response: FastResponse) => ResponseParts;
/** Whether it is a light one, by its fields: its prototype may be anything. */
export let isFastResponse: (value: object) => value is FastResponse;

/** With the members that are not written out in the class. */
export interface FastResponse extends Response {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the rest of the members is added below, from Node's own prototype
export class FastResponse {
  // Public in name only to this module. All are set in the constructor, in this order, so that there is one shape.
  #body: LightBody;
  #status: number;
  #statusText: string;
  /** The line of the body's own Content-Type, where the app gave none. */
  #type: string;
  #lines: HeaderLines;
  /** Once asked for, it holds what is sent. */
  #headers: Headers | undefined;
  #real: Response | undefined;

  /** @throws RangeError, TypeError as the standard has it. */
  constructor(body?: unknown, init?: ResponseInit | null) {
    let status = 200;
    let statusText = '';
    let lines: HeaderLines = NO_LINES;
    if (init !== undefined && init !== null) {
      if (init.status !== undefined) status = checkStatus(init.status);
      if (init.statusText !== undefined) statusText = checkReason(init.statusText);
      const { headers } = init;
      if (headers !== undefined) {
        lines = new HeaderLines();
        lines.appendAll(headers as HeaderSource);
      }
    }
    this.#status = status;
    this.#statusText = statusText;
    this.#lines = lines;
    this.#headers = undefined;
    this.#real = undefined;
    if (typeof body === 'string') {
      this.#body = body;
      this.#type = (lines.flags & HAS_CONTENT_TYPE) === 0 ? TEXT_TYPE : '';
    } else if (body === undefined || body === null) {
      this.#body = null;
      this.#type = '';
      return;
    } else if (body instanceof FormData) {
      // Its encoding, with the boundary that the type names, is Node's.
      this.#real = new NativeResponse(body, { status, statusText, headers: lines.toHeaders() });
      this.#headers = this.#real.headers;
      this.#body = this.#real.body;
      this.#type = '';
    } else {
      const light = toLightBody(body);
      this.#body = light;
      this.#type = (lines.flags & HAS_CONTENT_TYPE) === 0 ? typeOf(body, light) : '';
    }
    if (status === 204 || status === 205 || status === 304)
      throw new TypeError(`A response with status ${status} has no body (got ${inspect(body)}).`);
  }

  static {
    isFastResponse = (value): value is FastResponse => #lines in value;
    partsOf = (response) => ({
      status: response.#status,
      statusText: response.#statusText,
      type: response.#headers === undefined ? response.#type : '',
      lines: response.#currentLines(),
      body: response.#unreadBody(),
    });
  }

  static json(data: unknown, init?: ResponseInit): FastResponse {
    const text: string | undefined = JSON.stringify(data);
    if (text === undefined) throw new TypeError(`Response.json() needs what JSON can express (got ${inspect(data)}).`);
    const response = new FastResponse(text, init);
    if (response.#type !== '') response.#type = JSON_TYPE;
    return response;
  }

  static redirect(url: string | URL, status = 302): FastResponse {
    if (![301, 302, 303, 307, 308].includes(status))
      throw new RangeError(`The status of a redirect must be 301, 302, 303, 307 or 308 (got ${status}).`);
    return new FastResponse(null, { status, headers: { location: new URL(url).href } });
  }

  static error(): FastResponse {
    const response = new FastResponse();
    response.#status = 0;
    return response;
  }

  /** Node's own are Responses too, those of `fetch()` for instance. Subclasses are asked as usual. */
  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and is asked for itself
    return this === FastResponse ? value instanceof NativeResponse : hasInPrototypes(this.prototype, value);
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get type(): Response['type'] {
    return this.#status === 0 ? 'error' : 'default';
  }

  get url(): string {
    return '';
  }

  get redirected(): boolean {
    return false;
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    const headers = this.#lines.toHeaders();
    if (this.#type !== '') headers.set('content-type', lineValue(this.#type));
    this.#headers = headers;
    return headers;
  }

  get body(): ReadableStream | null {
    if (this.#body === null) return null;
    // Once there is a real one, a clone may have taken the place of its stream.
    return this.#real === undefined && this.#body instanceof ReadableStream ? this.#body : this.#toReal().body;
  }

  get bodyUsed(): boolean {
    if (this.#real !== undefined) return this.#real.bodyUsed;
    return this.#body instanceof ReadableStream && isDisturbed(this.#body);
  }

  /** All of it but what is streamed is shared: nobody can change it. */
  clone(): Response {
    const body = this.#unreadBody();
    const copy = new FastResponse();
    copy.#real = isStreamed(body) ? this.#toReal().clone() : undefined;
    copy.#body = copy.#real === undefined ? body : copy.#real.body;
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#type = this.#type;
    copy.#lines = this.#lines;
    copy.#headers = this.#headers && new Headers(this.#headers);
    return copy;
  }

  // Not in Node 20's own.
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#toReal().arrayBuffer());
  }

  [inspect.custom](_depth: number, options: object): string {
    const { status, statusText, headers, bodyUsed, ok } = this;
    return `Response ${inspect({ status, statusText, headers, bodyUsed, ok }, options)}`;
  }

  #toReal(): Response {
    if (this.#real !== undefined) {
      copyHeaders(this.headers, this.#real.headers);
      return this.#real;
    }
    this.#real = new NativeResponse(this.#body as ConstructorParameters<typeof Response>[0], {
      status: this.#status === 0 ? 200 : this.#status,
      statusText: this.#statusText,
      headers: this.headers,
    });
    return this.#real;
  }

  #currentLines(): HeaderLines {
    if (this.#headers === undefined) return this.#lines;
    const lines = new HeaderLines();
    lines.appendAll(this.#headers);
    return lines;
  }

  #unreadBody(): LightBody {
    const real = this.#real;
    if (real === undefined) return this.#body;
    if (real.bodyUsed || real.body?.locked) throw new TypeError('The body of the response was read already.');
    // Somebody looked at the body but did not read it: what was given is as good, and cheaper than its stream.
    return isStreamed(this.#body) ? real.body : this.#body;
  }

  static {
    // What is not written out above, also what later versions of Node add, is Node's own.
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(NativeResponse.prototype))) {
      if (Object.hasOwn(FastResponse.prototype, name)) continue;
      const { get, value } = member;
      if (get !== undefined)
        Object.defineProperty(FastResponse.prototype, name, {
          ...member,
          get(this: FastResponse) {
            return Reflect.apply(get, this.#toReal(), []);
          },
        });
      else if (typeof value === 'function')
        Object.defineProperty(FastResponse.prototype, name, {
          ...member,
          value(this: FastResponse, ...args: unknown[]) {
            return Reflect.apply(value, this.#toReal(), args);
          },
        });
    }
    Object.setPrototypeOf(FastResponse.prototype, NativeResponse.prototype);
    Object.setPrototypeOf(FastResponse, NativeResponse);
    Object.defineProperty(FastResponse, 'name', { value: 'Response' });
  }
}

function hasInPrototypes(prototype: object, value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
}

function checkStatus(given: number): number {
  // To an unsigned short, as WebIDL does it.
  const status = given >= 200 && given <= 599 ? Math.trunc(given) : (Math.trunc(Number(given)) || 0) & 0xffff;
  if (status < 200 || status > 599) throw new RangeError(`A response's status must be from 200 to 599 (got ${given}).`);
  return status;
}

function checkReason(given: string): string {
  const reason = String(given);
  if (!REASON.test(reason)) throw new TypeError(`statusText must be a reason phrase (got ${JSON.stringify(reason)}).`);
  return reason;
}

function toLightBody(body: unknown): LightBody {
  // As it is now (Fetch standard, "extract a body"): the app may write its next answer into the same memory while this one
  // waits for its client.
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof ArrayBuffer) return Buffer.from(new Uint8Array(body));
  if (body instanceof ReadableStream) {
    if (body.locked || isDisturbed(body))
      throw new TypeError('The stream given as a body is locked or was read already.');
    return body;
  }
  if (body instanceof Blob) return body;
  if (isAsyncIterable(body)) return body;
  return String(body);
}

/** Whether it can be read but once. */
const isStreamed = (body: LightBody): boolean => body instanceof ReadableStream || isAsyncIterable(body);

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The Content-Type that a body has by itself, as a line. */
function typeOf(given: unknown, body: LightBody): string {
  if (typeof body === 'string') return given instanceof URLSearchParams ? FORM_TYPE : TEXT_TYPE;
  return body instanceof Blob && body.type !== '' ? `Content-Type: ${body.type}\r\n` : '';
}

const lineValue = (line: string): string => line.slice(line.indexOf(':') + 2, -2);
