/** What RFC 9110 and 9112 forbid in the head of a request, and Node's parser lets through. */
import type { IncomingMessage } from 'node:http';

type Head = Pick<IncomingMessage, 'httpVersion' | 'method' | 'url' | 'headers' | 'rawHeaders'>;

/** The status to refuse a request with, or 0. Of HTTP/1 only. */
export function checkRequestHead(head: Head, requiresHost: boolean): 0 | 400 | 501 | 505 {
  const { httpVersion, method, url = '', headers, rawHeaders } = head;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 505;
  const codings = headers['transfer-encoding'];
  if (codings !== undefined) {
    // RFC 9112, 6.1: chunked is no part of HTTP/1.0, where a proxy may pass it on unread.
    if (httpVersion === '1.0') return 400;
    if (codings.toLowerCase() !== 'chunked') return refuseCodings(codings);
  }
  if (!isTarget(method, url)) return 400;
  if (headers.host === undefined) return requiresHost && httpVersion !== '1.0' ? 400 : 0;
  return isGoodHost(headers.host, rawHeaders) ? 0 : 400;
}

/** RFC 9112: where chunked is not the last coding, 400 (6.3); where it is, but around one that is not implemented, 501 (6.1). */
function refuseCodings(codings: string): 400 | 501 {
  const names = codings.toLowerCase().split(/[ \t]*,[ \t]*/);
  const isFramed = names.indexOf('chunked') === names.length - 1 && !names.includes('');
  return isFramed ? 501 : 400;
}

/** Those that the web's Request would write in capitals by itself (Fetch, 2.2.1), so that an app took the one for the other. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;

/** The same of HTTP/2, whose framing Node checks. Its parser of HTTP/1 knows the methods by name, and refuses others. */
export function checkStreamHead({ method = '', headers }: Pick<Head, 'method' | 'headers'>): 0 | 400 {
  if (method !== method.toUpperCase() && NORMALIZED.test(method)) return 400;
  const { ':authority': said, host } = headers;
  const authority = typeof said === 'string' ? said : undefined;
  // RFC 9113, 8.3.1: no user, and a Host that names another one makes the request malformed: a proxy goes by one of them, an app by the other.
  const names = [authority, host].filter((name) => name !== undefined);
  if (!names.every((name) => AUTHORITY.test(name))) return 400;
  return authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase() ? 400 : 0;
}

const SLASH = 47;

/** RFC 9112, 3.2: without a fragment. Node tells CONNECT, with its authority form, apart by itself. */
function isTarget(method: string | undefined, url: string): boolean {
  if (url.charCodeAt(0) === SLASH) return !url.includes('#');
  if (url === '*') return method === 'OPTIONS';
  const authority = /^https?:\/\/([^/?#]+)[^#]*$/i.exec(url)?.[1];
  return authority !== undefined && AUTHORITY.test(authority);
}

/** `uri-host [ ":" port ]`, which may be empty; the name as in RFC 3986, 3.2.2. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?$/;

/** The Host that was found good last: clients ask for the same one again and again. */
let goodHost = '';

/** RFC 9112, 3.2: exactly one, and a valid one (RFC 9110, 7.2). */
function isGoodHost(host: string, rawHeaders: readonly string[]): boolean {
  if (host !== goodHost) {
    if (!AUTHORITY.test(host)) return false;
    goodHost = host;
  }
  // Node keeps the first of several.
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1;
}
