/** Percent-encoding of URLs and forms, and internationalized URLs. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { MultiDict } from './multi-dict.ts';

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
/** What Werkzeug never quotes: the unreserved characters and most sub-delimiters of RFC 3986. */
const ALWAYS_SAFE = `${UNRESERVED}$!'()*+,;`;
/** `attr-char` of RFC 5987 section 3.2.1. */
const ATTR_CHAR = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~';
const IRI_SAFE = ":/?#[]@!$&'()*+,;=%";

/** What each byte becomes, by the characters that stay: callers use a handful of such sets, over and over. */
const tables = new Map<string, readonly string[]>();

function tableFor(safe: string): readonly string[] {
  const known = tables.get(safe);
  if (known !== undefined) return known;
  const table = Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    return safe.includes(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  tables.set(safe, table);
  return table;
}

function quoteBytes(bytes: Uint8Array, safe: string): string {
  const table = tableFor(safe);
  let quoted = '';
  for (const byte of bytes) quoted += table[byte] ?? '';
  return quoted;
}

/**
 * Percent-encodes text as UTF-8. Mirrors Werkzeug's `url_quote`.
 *
 * @param options `safe`: characters left as they are, `/:` unless given; `attrChar`: leave exactly what RFC 5987 allows
 */
export function urlQuote(
  value: string | number,
  { safe = '/:', attrChar = false }: { readonly safe?: string; readonly attrChar?: boolean } = {},
): string {
  return quoteBytes(Buffer.from(String(value)), attrChar ? ATTR_CHAR : ALWAYS_SAFE + safe);
}

/** Percent-encodes text for a query or a form, spaces as `+`. Mirrors Werkzeug's `url_quote_plus`. */
export function urlQuotePlus(value: string | number, { safe = '' }: { readonly safe?: string } = {}): string {
  const allowed = `${ALWAYS_SAFE.replace('+', '')}${safe} `;
  return quoteBytes(Buffer.from(String(value)), allowed).replaceAll(' ', '+');
}

/**
 * Decodes `%XX` as UTF-8; what is no UTF-8 becomes U+FFFD, what is no `%XX` stays. Never throws. Mirrors Werkzeug's
 * `url_unquote`.
 */
export function urlUnquote(value: string): string {
  return value.includes('%') ? percentBytes(value).toString('utf8') : value;
}

/** The bytes that a text with `%XX` stands for; what is not encoded is UTF-8. */
export function percentBytes(value: string): Buffer {
  return Buffer.concat(
    value
      .split(/((?:%[0-9a-f]{2})+)/i)
      .map((part, index) => (index % 2 === 1 ? Buffer.from(part.replaceAll('%', ''), 'hex') : Buffer.from(part))),
  );
}

/** {@link urlUnquote} where `+` means a space. Mirrors Werkzeug's `url_unquote_plus`. */
export function urlUnquotePlus(value: string): string {
  return urlUnquote(value.replaceAll('+', ' '));
}

/** Reads a query string or an `application/x-www-form-urlencoded` body. Mirrors Werkzeug's `url_decode`. */
export function urlDecode(query: string): MultiDict<string> {
  const decoded = new MultiDict<string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    decoded.add(urlUnquotePlus(key), equals < 0 ? '' : urlUnquotePlus(pair.slice(equals + 1)));
  }
  return decoded;
}

/** Writes a query string; `null` and `undefined` are left out. Mirrors Werkzeug's `url_encode`. */
export function urlEncode(pairs: Iterable<readonly [string, string | number | boolean | null | undefined]>): string {
  const parts: string[] = [];
  for (const [key, value] of pairs) {
    if (value !== null && value !== undefined) parts.push(`${urlQuotePlus(key)}=${urlQuotePlus(String(value))}`);
  }
  return parts.join('&');
}

interface UrlParts {
  readonly scheme: string;
  /** With its `//`. */
  readonly authority: string;
  readonly path: string;
  /** With its `?`. */
  readonly query: string;
  /** With its `#`. */
  readonly fragment: string;
}

/** The expression of RFC 3986 appendix B, which matches every string. */
function splitUrl(url: string): UrlParts {
  const match = /^([a-z][a-z0-9+.-]*:)?(\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/is.exec(url);
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = match ?? [];
  return { scheme, authority, path, query, fragment };
}

/** Applies `convert` to the host of an authority such as `//user@host:80`. */
function mapHost(authority: string, convert: (host: string) => string): string {
  return authority.replace(/^(\/\/(?:.*@)?)([^@:[\]]+)/, (_, before: string, host: string) => {
    return before + (convert(host) || host);
  });
}

/**
 * Makes an URL ASCII: percent-encodes what is not, leaves what is encoded already, and writes the host in punycode.
 * Mirrors Werkzeug's `iri_to_uri`.
 */
export function iriToUri(iri: string): string {
  const { scheme, authority, path, query, fragment } = splitUrl(iri);
  const quote = (part: string): string => urlQuote(part, { safe: IRI_SAFE });
  return scheme + mapHost(authority, domainToASCII) + quote(path) + quote(query) + quote(fragment);
}

/**
 * Makes an URL readable: decodes what is UTF-8, but keeps what would change the URL's meaning encoded (such as `%2F`
 * and `%25`). Mirrors Werkzeug's `uri_to_iri`.
 */
export function uriToIri(uri: string): string {
  const { scheme, authority, path, query, fragment } = splitUrl(uri);
  return scheme + mapHost(authority, domainToUnicode) + readable(path) + readable(query) + readable(fragment);
}

function readable(part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
    let text = '';
    for (const char of decodePieces(bytes)) text += char;
    return text;
  });
}

/** Characters that are safe to show, as themselves; all other bytes percent-encoded. */
function* decodePieces(bytes: Buffer): Generator<string> {
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const piece = bytes.subarray(index, index + length);
    const text = piece.toString('utf8');
    const valid = lead < 0x80 ? ALWAYS_SAFE.includes(text) : Buffer.from(text).equals(piece);
    if (valid) {
      yield text;
      index += length;
    } else {
      yield quoteBytes(bytes.subarray(index, index + 1), '');
      index++;
    }
  }
}
