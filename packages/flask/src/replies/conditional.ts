/** Replies that a client may have already: their entity tag, and the answer that is no more than needed. RFC 9110 section 13. */
import { isResourceModified } from '../http/conditional.ts';
import { parseDate } from '../http/dates.ts';
import { parseEtags, quoteEtag } from '../http/etags.ts';
import { parseRange } from '../http/ranges.ts';
import { StatusError } from '../http/status-error.ts';
import { wholeBodyOf, wholeResponse } from '../http/whole-response.ts';
import { amend, mutable } from './reply.ts';

/** What is needed of the request: a web `Request` fits. */
export interface Asker {
  readonly method: string;
  readonly headers: Pick<Headers, 'get'>;
}

/** Arguments of Werkzeug's `add_etag`. */
export interface EtagOptions {
  /** Whether a tag that is there already gives way. */
  readonly overwrite?: boolean;
  /** Whether the same tag may stand for bodies that only mean the same. */
  readonly weak?: boolean;
}

/** Arguments of Werkzeug's `make_conditional`. */
export interface ConditionalOptions {
  /** Whether parts of the body are sent to who asks for them (`Range`); false by default. */
  readonly acceptRanges?: boolean;
}

/**
 * The response with an `ETag` of its body, Werkzeug's: the SHA-1 of the bytes. A stream is read to its end for that.
 * Werkzeug's `Response.add_etag`.
 */
export async function addEtag(
  response: Response,
  { overwrite = false, weak = false }: EtagOptions = {},
): Promise<Response> {
  if (response.headers.has('etag') && !overwrite) return response;
  const known = wholeBodyOf(response);
  const bytes = new Uint8Array(known === undefined ? await response.arrayBuffer() : await bytesOf(known));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  const { status, statusText, headers } = response;
  const tagged =
    known !== undefined || response.body === null
      ? mutable(response)
      : wholeResponse(bytes, { status, statusText, headers: new Headers(headers) });
  tagged.headers.set('ETag', quoteEtag(Buffer.from(digest).toString('hex'), weak));
  return tagged;
}

const bytesOf = (body: NonNullable<ReturnType<typeof wholeBodyOf>>): Promise<ArrayBuffer> =>
  new Response(body).arrayBuffer();

/**
 * The answer to a request with conditions: 304 without a body where the client has this one already, 412 where it wanted
 * another, the part it asked for (206) of a body that is in memory, else the response itself. By the response's `ETag` and
 * `Last-Modified`. Werkzeug's `Response.make_conditional`.
 * @throws StatusError 416 for a range that the body has not
 */
export function makeConditional(
  response: Response,
  { method, headers }: Asker,
  { acceptRanges = false }: ConditionalOptions = {},
): Response {
  // RFC 9110 section 13.2.1: conditions are of what would have been sent, and an error is sent whatever the client has.
  if ((method !== 'GET' && method !== 'HEAD') || !response.ok) return response;
  const validators = {
    etag: response.headers.get('etag') ?? undefined,
    lastModified: parseDate(response.headers.get('last-modified')),
  };
  const whole = wholeBodyOf(response);
  const answer = acceptRanges ? amend(response, undefined, { 'Accept-Ranges': 'bytes' }) : response;
  const isSameAsBefore =
    headers.get('if-range') === null || !isResourceModified(headers, validators, { useIfRange: true });
  if (acceptRanges && whole !== undefined && headers.get('range') !== null && isSameAsBefore) {
    return partOf(answer, new Blob([whole]), headers.get('range'));
  }
  if (isResourceModified(headers, validators)) return answer;
  if (!parseEtags(headers.get('if-match')).empty) return amend(answer, 412, undefined);
  // Nobody reads what the client has already.
  if (whole === undefined) answer.body?.cancel().catch(() => {});
  return amend(answer, 304, undefined);
}

/** 206. An empty body has no parts. */
function partOf(response: Response, body: Blob, asked: string | null): Response {
  if (body.size === 0) return response;
  const range = parseRange(asked);
  const bounds = range?.rangeForLength(body.size);
  const contentRange = range?.toContentRange(body.size);
  if (bounds === undefined || contentRange === undefined) {
    throw new StatusError(416, 'The server cannot provide the requested range.', [
      ['Content-Range', `bytes */${body.size}`],
    ]);
  }
  const headers = new Headers(response.headers);
  headers.set('Content-Range', contentRange);
  const part = body.slice(bounds[0], bounds[1], body.type);
  return wholeResponse(part, { status: 206, headers });
}
