/** Answers an exchange with whatever an app may return as a response. */
import type { FetchExchange } from '@qilin/picoev';
import { inspect } from '../../contract/node-util.ts';
import { discard, sizeOf } from './bodies.ts';
import { isEventStream } from './event-streams.ts';
import { FastResponse, isFastResponse, partsOf } from './fast-response.ts';
import { endToEnd, isDecodedBody, isFetched, withoutFields } from './fetched.ts';
import { CLOSES, HAS_DATE, type HeaderSource, NAMES_FIELDS, OFFERS_UPGRADE } from './header-lines.ts';
import { chooseEncoding, sendEncoded } from './send-encoded.ts';
import { type OnError, pieceSource, type SendOptions, sendStream } from './send-stream.ts';

/** A Blob up to this size is read whole: one crossing and one write instead of a stream. */
const SMALL_BLOB = 64 * 1024;

/**
 * @param response A Response of any make, or what looks like one: `status`, `headers` and `body`.
 * @returns Of an event stream what resolves at its end.
 * @throws TypeError, RangeError before anything was sent, for what is no response or cannot be sent.
 */
export function sendResponse(
  exchange: FetchExchange,
  response: unknown,
  options: SendOptions,
): Promise<void> | undefined {
  const { onError, leaving, compression } = options;
  if (typeof response !== 'object' || response === null) throw notAResponse(response);
  const parts = partsOf(isFastResponse(response) ? response : adopt(response));
  const { status, statusText, lines, body } = parts;
  if (status === 0) throw new TypeError('Response.error() stands for a failed request: it cannot be sent.');
  if (exchange.isOver) {
    discard(body, (error) => onError(error, exchange));
    return undefined;
  }
  let fields = parts.type + lines.text;
  let length = lines.contentLength;
  if (statusText !== '') exchange.reason = statusText;
  if ((lines.flags & (HAS_DATE | CLOSES | NAMES_FIELDS | OFFERS_UPGRADE)) !== 0) {
    if ((lines.flags & HAS_DATE) !== 0) exchange.hasDate = true;
    if ((lines.flags & CLOSES) !== 0) exchange.closeAfter();
    if ((lines.flags & NAMES_FIELDS) !== 0) fields = withoutFields(fields, lines.named);
    if ((lines.flags & OFFERS_UPGRADE) !== 0 && !exchange.isMultiplexed) fields += lines.upgrade;
  }
  if (body instanceof ReadableStream && isDecodedBody(body)) {
    fields = withoutFields(fields, ['content-encoding']);
    length = undefined;
  }
  if (compression !== undefined) {
    const chosen = chooseEncoding(exchange, status, fields, sizeOf(exchange, body) ?? length, compression);
    fields = chosen.fields;
    if (chosen.coder !== undefined) return sendEncoded(exchange, status, fields, body, chosen.coder, options);
  }
  if (typeof body === 'string' || body === null || body instanceof Uint8Array) {
    if (body === null && length !== undefined && isBodiless(exchange, status)) {
      exchange.begin(status, fields, length);
      exchange.end();
    } else exchange.respond(status, fields, body);
  } else if (isBodiless(exchange, status)) {
    // Nobody will read the body.
    discard(body, (error) => onError(error, exchange));
    exchange.begin(status, fields, body instanceof Blob ? body.size : length);
    exchange.end();
  } else if (body instanceof Blob) sendBlob(exchange, status, fields, body, onError);
  else {
    const source = pieceSource(body);
    exchange.begin(status, fields, length);
    if (leaving !== undefined && isEventStream(fields)) return sendStream(exchange, source, length, onError, leaving);
    sendStream(exchange, source, length, onError);
  }
  return undefined;
}

const isBodiless = (exchange: FetchExchange, status: number): boolean => exchange.method === 'HEAD' || status === 304;

function sendBlob(exchange: FetchExchange, status: number, fields: string, blob: Blob, onError: OnError): void {
  if (blob.size > SMALL_BLOB) {
    exchange.begin(status, fields, blob.size);
    sendStream(exchange, pieceSource(blob.stream()), blob.size, onError);
    return;
  }
  blob.arrayBuffer().then(
    (bytes) => {
      if (!exchange.isOver) exchange.respond(status, fields, new Uint8Array(bytes));
    },
    (error: unknown) => {
      exchange.abort();
      onError(error, exchange);
    },
  );
}

/** What looks like a response. */
interface ResponseLike {
  readonly status: unknown;
  readonly statusText?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** A light response of Node's own, of srvx's (H3 makes them), or of any object with a response's members. */
function adopt(response: object): FastResponse {
  const like = prepared(response);
  if (!('status' in like) || !('headers' in like)) throw notAResponse(response);
  const { status, statusText, headers, body }: ResponseLike = like;
  const bodiless = status === 204 || status === 205 || status === 304;
  return new FastResponse(bodiless ? null : body, {
    status: Number(status),
    statusText: typeof statusText === 'string' ? statusText : '',
    headers: isFetched(like) ? endToEnd(like) : toPairs(headers),
  });
}

/** srvx's own light response hands out its parts, without a stream for a text. */
function prepared(response: object): object {
  if (!('_toNodeResponse' in response) || typeof response._toNodeResponse !== 'function') return response;
  return response._toNodeResponse();
}

/** Pairs, of a flat list `[name, value, …]`, and of a record that has a list where a header comes several times. */
function toPairs(headers: unknown): [string, string][] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as [string, string]] : []));
  }
  const source = headers as HeaderSource;
  if (Symbol.iterator in source) return Array.from(source as Iterable<[string, string]>);
  return Object.entries(source).flatMap(([name, value]): [string, string][] =>
    Array.isArray(value) ? value.map((one: unknown) => [name, String(one)]) : [[name, String(value)]],
  );
}

function notAResponse(value: unknown): TypeError {
  return new TypeError(`The fetch handler returned ${inspect(value)}, not a Response${cureOf(value)}.`);
}

/** What makes an app, and what answers by itself, are functions of one parameter at times, as fetch handlers are. */
function cureOf(value: unknown): string {
  if (typeof value === 'function') return ': if it makes the app, call it, as in server.ts:createApp()';
  return value === undefined ? ': if it is a Node listener, say --interface node' : '';
}
