/** Answers an exchange with whatever an app may return as a response. */
import { inspect } from 'node:util';
import type { Exchange } from '@qilin/picoev';
import { FastResponse, isFastResponse, type LightBody, partsOf, type ResponseParts } from './fast-response.ts';
import { CLOSES, HAS_DATE, HAS_LENGTH, type HeaderSource } from './header-lines.ts';
import { cancel, pieceSource, sendStream } from './send-stream.ts';

/** A Blob up to this size is read whole: one crossing and one write instead of a stream. */
const SMALL_BLOB = 64 * 1024;

/** Told what goes wrong once the answer has begun. */
export type OnError = (error: unknown) => void;

/**
 * @param response A Response of any make, or what looks like one: `status`, `headers` and `body`.
 * @throws TypeError, RangeError before anything was sent, for what is no response or cannot be sent.
 */
export function sendResponse(exchange: Exchange, response: unknown, onError: OnError): void {
  if (typeof response !== 'object' || response === null) throw notAResponse(response);
  const parts = partsOf(isFastResponse(response) ? response : adopt(response));
  const { status, lines, body } = parts;
  if (status === 0) throw new TypeError('Response.error() stands for a failed request: it cannot be sent.');
  if (exchange.isOver) {
    discard(body, onError);
    return;
  }
  const fields = parts.type + lines.text;
  if (parts.statusText !== '') exchange.reason = parts.statusText;
  if ((lines.flags & (HAS_DATE | CLOSES | HAS_LENGTH)) !== 0) applyFlags(exchange, parts);
  if (typeof body === 'string' || body === null || body instanceof Uint8Array) {
    if (body === null && lines.contentLength !== undefined && isBodiless(exchange, status)) {
      exchange.begin(status, fields, lines.contentLength);
      exchange.end();
    } else exchange.respond(status, fields, body);
  } else if (isBodiless(exchange, status)) sendHead(exchange, parts, fields, body, onError);
  else if (body instanceof Blob) sendBlob(exchange, status, fields, body, onError);
  else {
    const source = pieceSource(body);
    exchange.begin(status, fields, lines.contentLength);
    sendStream(exchange, source, lines.contentLength, onError);
  }
}

function applyFlags(exchange: Exchange, { lines }: ResponseParts): void {
  if ((lines.flags & HAS_DATE) !== 0) exchange.hasDate = true;
  if ((lines.flags & CLOSES) !== 0) exchange.closeAfter();
}

const isBodiless = (exchange: Exchange, status: number): boolean => exchange.method === 'HEAD' || status === 304;

/** To HEAD: nobody will read the body. */
function sendHead(exchange: Exchange, parts: ResponseParts, fields: string, body: LightBody, onError: OnError): void {
  const length = body instanceof Blob ? body.size : parts.lines.contentLength;
  discard(body, onError);
  exchange.begin(parts.status, fields, length);
  exchange.end();
}

function sendBlob(exchange: Exchange, status: number, fields: string, blob: Blob, onError: OnError): void {
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
      onError(error);
    },
  );
}

function discard(body: LightBody, onError: OnError): void {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob) return;
  cancel(pieceSource(body), undefined, onError);
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
    headers: toPairs(headers),
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
  return new TypeError(`The fetch handler returned ${inspect(value)}, not a Response.`);
}
