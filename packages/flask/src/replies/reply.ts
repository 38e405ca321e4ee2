/**
 * A view's return value becomes a `Response`; Flask's `make_response`.
 *
 * | returned                            | becomes                                                     |
 * |-------------------------------------|-------------------------------------------------------------|
 * | string                              | text/html                                                   |
 * | Uint8Array, ArrayBuffer             | the bytes, text/html as in Flask                            |
 * | Blob                                | the bytes, of its type                                      |
 * | object, array                       | application/json                                            |
 * | ReadableStream, (async) generator   | streamed, text/html                                         |
 * | Response, HTTPException             | itself, its page                                            |
 * | a response of `fetch()`             | the same, without the headers of its own connection         |
 * | [body, status], [body, headers]     | the body's response, with another status and more headers   |
 * | [body, status, headers]             | both                                                        |
 * | null, undefined, a number, a boolean| a TypeError that names the view                             |
 *
 * Python tells a tuple from a list; here an array is the tuple when its second item can only be a status (an integer from
 * 100 to 599, after something that can be a body) or headers (a `Headers`; a plain object after what is no JSON). `[{…}, {…}]` and
 * `[1, 200]` are JSON; `jsonify()` makes JSON of any array.
 */
import type { UnderlyingSource } from 'node:stream/web';
import { SecurityError } from '../exceptions/bad-requests.ts';
import { HTTPException } from '../exceptions/http-exception.ts';
import { wholeBodyOf, wholeResponse } from '../http/whole-response.ts';
import { handedOn } from './fetched.ts';
import type { JSONProvider } from './json.ts';

/** Headers to add: an object, pairs, or `Headers`. A list of values becomes as many lines. */
export type ReplyHeaders =
  | Headers
  | Readonly<Record<string, string | readonly string[]>>
  | readonly (readonly [name: string, value: string])[];

/** A status code, or a code with its reason: `'404 Not Here'`. */
export type ReplyStatus = number | string;

/** Whatever is no promise: else one of a number, or of nothing, would pass for an object. */
type Settled = object & { readonly then?: undefined };

/** What a view may return, at once or by a promise. */
export type Reply = string | Readonly<Record<string, unknown>> | Settled;

export const HTML: ResponseInit = Object.freeze({
  headers: Object.freeze({ 'content-type': 'text/html; charset=utf-8' }),
});

/** @param endpoint names the view in an error @throws TypeError for what no response can be made of */
export function makeReply(value: unknown, json: JSONProvider, endpoint: string | undefined): Response {
  if (typeof value === 'string') return wholeResponse(value, HTML);
  if (value instanceof Response) return handedOn(value);
  if (!Array.isArray(value)) return fromBody(value, json, endpoint);
  const tuple = asTuple(value);
  if (tuple === undefined) return json.response(value);
  return amend(makeReply(tuple.body, json, endpoint), tuple.status, tuple.headers);
}

function fromBody(value: unknown, json: JSONProvider, endpoint: string | undefined): Response {
  if (typeof value !== 'object' || value === null) throw invalid(value, endpoint);
  if (value instanceof HTTPException) return value.getResponse();
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return wholeResponse(value, HTML);
  if (value instanceof ReadableStream) return new Response(value, HTML);
  if (value instanceof Blob) return wholeResponse(value, {});
  if (isIterator(value)) return new Response(streamOf(value), HTML);
  return json.response(value);
}

/** Whether the body of a reply may have to be made still when its view has returned. */
export function mayStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return mayStream(asTuple(value)?.body);
  if (value instanceof Response) return wholeBodyOf(value) === undefined;
  return value instanceof ReadableStream || isIterator(value);
}

function invalid(value: unknown, endpoint: string | undefined): TypeError {
  const view = endpoint === undefined ? 'The view function' : `The view function for '${endpoint}'`;
  if (value === null || value === undefined) {
    const what = value === null ? 'returned null' : 'returned undefined, or ended without a return statement';
    return new TypeError(`${view} did not return a valid response. The function ${what}.`);
  }
  return new TypeError(
    `${view} did not return a valid response. It must return a string, an object or array, bytes, a stream or generator, a ` +
      `Response, or [body, status?, headers?], but it returned the ${typeof value} ${String(value)}.`,
  );
}

interface Tuple {
  readonly body: unknown;
  readonly status: ReplyStatus | undefined;
  readonly headers: ReplyHeaders | undefined;
}

function asTuple(value: readonly unknown[]): Tuple | undefined {
  const [body, second, third] = value;
  if (value.length < 2 || value.length > 3 || !canBeBody(body)) return undefined;
  if (value.length === 3) {
    if (!(second === undefined || second === null || isStatus(second)) || !areHeaders(third)) return undefined;
    return { body, status: second ?? undefined, headers: third };
  }
  if (isStatus(second)) return { body, status: second, headers: undefined };
  const isHeaders = second instanceof Headers || (isNoJson(body) && isPlainObject(second) && areHeaders(second));
  return isHeaders ? { body, status: undefined, headers: second } : undefined;
}

/** A text, bytes, a stream or a generator. */
const isNoJson = (body: unknown): boolean =>
  typeof body === 'string' ||
  (typeof body === 'object' && body !== null && (NO_JSON.some((one) => body instanceof one) || isIterator(body)));

const NO_JSON = [Response, Uint8Array, ArrayBuffer, Blob, ReadableStream];

const canBeBody = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'object' && value !== null);

const isStatus = (value: unknown): value is ReplyStatus =>
  typeof value === 'number'
    ? Number.isInteger(value) && value >= 100 && value <= 599
    : typeof value === 'string' && /^[1-5]\d\d /.test(value);

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function areHeaders(value: unknown): value is ReplyHeaders {
  if (value instanceof Headers) return true;
  const isValue = (item: unknown) =>
    typeof item === 'string' || (Array.isArray(item) && item.every((one) => typeof one === 'string'));
  if (Array.isArray(value))
    return value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((item) => typeof item === 'string'),
    );
  return isPlainObject(value) && Object.values(value).every(isValue);
}

/** The response with another status and more headers; headers of the same name are replaced. */
export function amend(
  response: Response,
  status: ReplyStatus | undefined,
  headers: ReplyHeaders | undefined,
): Response {
  const lines = headers === undefined ? [] : headerLines(headers);
  for (const [name, value] of lines) refuseUnsafe(name, value);
  const amended = status === undefined ? mutable(response) : copy(response, status);
  const replaced = new Set<string>();
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    if (replaced.has(key)) amended.headers.append(name, value);
    else amended.headers.set(name, value);
    replaced.add(key);
  }
  return amended;
}

function copy(response: Response, status: ReplyStatus | undefined): Response {
  const [, code = String(response.status), reason = ''] =
    /^(\d{3}) ?(.*)$/.exec(String(status ?? response.status)) ?? [];
  const init = { status: Number(code), headers: new Headers(response.headers) };
  const hasBody = !NULL_BODY.has(Number(code));
  if (Number(code) === 304) for (const name of OF_THE_ENTITY) init.headers.delete(name);
  const complete = reason === '' ? init : { ...init, statusText: reason };
  if (!hasBody) {
    // Nobody will read it: what makes it is told.
    if (wholeBodyOf(response) === undefined) response.body?.cancel().catch(() => {});
    return new Response(null, complete);
  }
  const whole = wholeBodyOf(response);
  return whole === undefined ? new Response(response.body, complete) : wholeResponse(whole, complete);
}

/** Headers that tell of a body, which a 304 has not; as Werkzeug's `remove_entity_headers`. */
const OF_THE_ENTITY = [
  'allow',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'last-modified',
];

/** Statuses with which a `Response` may have no body. */
const NULL_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** The response, or a copy of it: the headers of `Response.redirect()` and of what `fetch()` gave cannot be changed. */
export function mutable(response: Response): Response {
  try {
    response.headers.delete('x-qilin-probe');
    return response;
  } catch {
    return copy(response, undefined);
  }
}

function headerLines(headers: ReplyHeaders): readonly (readonly [string, string])[] {
  if (headers instanceof Headers) return [...headers];
  const entries: readonly (readonly [string, string | readonly string[]])[] = isPairs(headers)
    ? headers
    : Object.entries(headers);
  return entries.flatMap(([name, value]): (readonly [string, string])[] =>
    typeof value === 'string' ? [[name, value]] : value.map((item) => [name, item] as const),
  );
}

const isPairs = (headers: ReplyHeaders): headers is readonly (readonly [string, string])[] => Array.isArray(headers);

const UNSAFE = /[\0\r\n]|[^\0-\xff]/;

/** A line break in a header would begin another header, or the body; beyond Latin-1 a header has no bytes. @throws SecurityError */
function refuseUnsafe(name: string, value: string): void {
  if (!UNSAFE.test(name) && !UNSAFE.test(value)) return;
  throw new SecurityError(`Header ${JSON.stringify(name)} may not have the value ${JSON.stringify(value)}.`);
}

type Chunks = Iterator<unknown> | AsyncIterator<unknown>;

/** A generator, or what else has `next()`; not an array, a Map or a Set, which are data. */
function isIterator(value: object): value is Chunks {
  return 'next' in value && typeof value.next === 'function';
}

/** Bytes of what a generator yields: texts and bytes. */
function streamOf(chunks: Chunks): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const source: UnderlyingSource<Uint8Array> = {
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else if (value instanceof Uint8Array) controller.enqueue(value);
      else if (typeof value === 'string') controller.enqueue(encoder.encode(value));
      else throw new TypeError(`A streamed view must yield strings or bytes (it yielded ${typeof value}).`);
    },
    async cancel(reason) {
      await chunks.return?.(reason);
    },
  };
  // Nothing ahead of need: the first piece would be made in the request's context, the others wherever they are read.
  return new ReadableStream(source, { highWaterMark: 0 });
}
