/** The address of a request, as `Request.url` has it: parsed and written out again by the URL standard. */

import { type FetchExchange, Remembered } from '@qilin/picoev';
import type { RequestOrigin } from '../../contract/app.ts';

/** A path and query that the URL standard leaves as they are: no dot segments, which it resolves, no byte that it encodes. */
const PLAIN_TARGET = /^\/(?!(?:[^?]*\/)?(?:\.|%2e))[A-Za-z0-9\-._~!$&()*+,;=:@/?%[\]]*$/i;

/** Hosts as clients write them, and the beginning of the URL: a server has few names. */
const beginnings = new Remembered<string>(256);

/** The client's mistake, where the app asks for the URL: to be answered with 400. */
export class RequestUrlError extends TypeError {}

/**
 * @param origin What a trusted proxy told; without it the scheme is the connection's and the host the Host field's, or the address that
 *   the client connected to.
 * @throws RequestUrlError when the host is none by the URL standard, `test:99999` for instance.
 */
export function requestUrl(exchange: FetchExchange, origin: RequestOrigin | undefined): string {
  const { target } = exchange;
  if (!target.startsWith('/')) return otherForm(exchange, origin);
  const beginning = beginningOf(origin?.scheme ?? exchange.scheme, hostOf(exchange, origin));
  return PLAIN_TARGET.test(target) ? beginning + target : parse(beginning + target).href;
}

/** Absolute (RFC 9112, 3.2.2: its host counts, not the Host field's), authority, and asterisk form. */
function otherForm(exchange: FetchExchange, origin: RequestOrigin | undefined): string {
  const { target, method } = exchange;
  if (method === 'CONNECT') return `${beginningOf(exchange.scheme, target)}/`;
  if (target !== '*') return parse(target).href;
  return `${beginningOf(origin?.scheme ?? exchange.scheme, hostOf(exchange, origin))}/*`;
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new RequestUrlError(`The request's URL is none by the URL standard: ${JSON.stringify(text)}.`, { cause });
  }
}

function beginningOf(scheme: 'http' | 'https', host: string): string {
  const key = scheme === 'http' ? host : `https://${host}`;
  const known = beginnings.get(key);
  if (known !== undefined) return known;
  const url = parse(`${scheme}://${host}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || host.includes('@'))
    throw new RequestUrlError(`Invalid host: ${JSON.stringify(host)}.`);
  beginnings.set(key, url.origin);
  return url.origin;
}

/** HTTP/1.0 knows requests without Host, and an empty one says that there is none (RFC 9110, 7.2). */
function hostOf(exchange: FetchExchange, origin: RequestOrigin | undefined): string {
  const host = origin?.host ?? exchange.header('host');
  return host === undefined || host === '' ? localHost(exchange) : host;
}

function localHost({ connection: { local } }: FetchExchange): string {
  if (local === undefined) return 'localhost';
  const { address, port, family } = local;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
