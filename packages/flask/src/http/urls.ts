/** Percent-encoding of URLs and forms, and internationalized URLs. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { MultiDict } from './multi-dict.ts';

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
/** `attr-char` of RFC 5987 section 3.2.1. */
const ATTR_CHAR = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~';

/** What each part of a URL may have in it as it is, beside the unreserved characters: https://url.spec.whatwg.org/#percent-encoded-bytes */
const SAFE = {
  path: "!$&'()*+,/:;=@",
  query: "!$&'()*+,/:;=?@",
  fragment: "!#$&'()*+,/:;=?@",
  /** A name, or a value, of a query. */
  field: "!$'()*,/:;?@",
  user: "!$&'()*+,;=",
} as const;

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

/** Percent-encodes text as UTF-8 for a part of a URL. Mirrors what Werkzeug 3 does by `urllib.parse.quote`. */
export function urlQuote(value: string | number, part: keyof typeof SAFE = 'path'): string {
  return quoteBytes(Buffer.from(String(value)), UNRESERVED + SAFE[part]);
}

/** {@link urlQuote} for what may be escaped in part: `%` stays. */
export function quoteWhatIsNot(value: string, part: keyof typeof SAFE): string {
  return quoteBytes(Buffer.from(value), `${UNRESERVED}${SAFE[part]}%`);
}

/** Percent-encodes a parameter of a header, as RFC 5987 has it. */
export const quoteAttribute = (value: string): string => quoteBytes(Buffer.from(value), ATTR_CHAR);

/** A name or a value of a query or a form, spaces as `+`. Mirrors `urllib.parse.urlencode` as Werkzeug 3 calls it. */
const quoteField = (value: string): string =>
  quoteBytes(Buffer.from(value), `${UNRESERVED}${SAFE.field} `).replaceAll(' ', '+');

/** Decodes `%XX` as UTF-8; what is no UTF-8 becomes U+FFFD, what is no `%XX` stays. Never throws. */
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

/** A name or a value of a form: `+` is a space, and what is no UTF-8 stays escaped. */
const unquoteField = (value: string): string => {
  const spaced = value.replaceAll('+', ' ');
  return spaced.includes('%') ? decodeEscapes(spaced, () => true) : spaced;
};

/** Reads a query string or an `application/x-www-form-urlencoded` body. Mirrors `urllib.parse.parse_qsl` as Werkzeug 3 calls it. */
export function urlDecode(query: string): MultiDict<string> {
  const decoded = new MultiDict<string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    decoded.add(unquoteField(key), equals < 0 ? '' : unquoteField(pair.slice(equals + 1)));
  }
  return decoded;
}

/** Writes a query string; `null` and `undefined` are left out. Mirrors Werkzeug 3's `_urlencode`. */
export function urlEncode(pairs: Iterable<readonly [string, string | number | boolean | null | undefined]>): string {
  const parts: string[] = [];
  for (const [key, value] of pairs) {
    if (value !== null && value !== undefined) parts.push(`${quoteField(key)}=${quoteField(String(value))}`);
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

/** `user:password@host:port`, each part as `convert` has it; the port left out where it is empty. */
function mapAuthority(authority: string, host: (text: string) => string, user: (text: string) => string): string {
  const [, name, password, bracketed, plain = '', port = ''] =
    /^(?:([^@]*?)(?::([^@]*))?@)?(?:(\[[^\]]*\])|([^:]*))(?::(\d*))?$/s.exec(authority) ?? [];
  const login = !name ? '' : `${user(name)}${password ? `:${user(password)}` : ''}@`;
  return `${login}${bracketed ?? (host(plain) || plain)}${port === '' ? '' : `:${port}`}`;
}

const mapUrl = (
  url: string,
  convert: (text: string, part: 'path' | 'query' | 'fragment' | 'user') => string,
  host: (text: string) => string,
) => {
  const { scheme, authority, path, query, fragment } = splitUrl(url);
  const named = mapAuthority(authority.slice(2), host, (text) => convert(text, 'user'));
  const before = authority === '' ? scheme : `${scheme}//${named}`;
  const behind = (mark: string, text: string, part: 'query' | 'fragment') =>
    text.length > 1 ? `${mark}${convert(text.slice(1), part)}` : '';
  return `${before}${convert(path, 'path')}${behind('?', query, 'query')}${behind('#', fragment, 'fragment')}`;
};

/**
 * Makes an URL ASCII: percent-encodes what is not, leaves what is encoded already, and writes the host in punycode.
 * Mirrors Werkzeug's `iri_to_uri`.
 */
export const iriToUri = (iri: string): string => mapUrl(iri, quoteWhatIsNot, domainToASCII);

/** What stays encoded in each part of a readable URL: what would change its meaning. Space, `%` and controls always do. */
const KEPT = { path: '/?#', query: '&=+#', fragment: '', user: ':@/?#' } as const;

/**
 * Makes an URL readable: decodes what is UTF-8, but keeps what would change the URL's meaning encoded (such as `%2F`
 * and `%25`). Mirrors Werkzeug's `uri_to_iri`.
 */
export const uriToIri = (uri: string): string =>
  mapUrl(
    uri,
    (text, part) =>
      decodeEscapes(
        text,
        (byte) => byte > 0x20 && byte !== 0x25 && byte !== 0x7f && !KEPT[part].includes(String.fromCharCode(byte)),
      ),
    domainToUnicode,
  );

/** @param isShown whether an ASCII character is decoded; all others are where they are UTF-8 */
function decodeEscapes(text: string, isShown: (byte: number) => boolean): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
    let decoded = '';
    for (let index = 0; index < bytes.length; ) {
      const length = characterAt(bytes, index);
      const piece = bytes.subarray(index, index + Math.max(length, 1));
      const escaped = run.slice(3 * index, 3 * (index + piece.length));
      const isText = length > 1 || (length === 1 && isShown(piece[0] ?? 0));
      decoded += isText ? piece.toString('utf8') : length === 0 ? escaped.toUpperCase() : escaped;
      index += piece.length;
    }
    return decoded;
  });
}

/** Bytes of the character of UTF-8 that begins there; 0 where none does. */
function characterAt(bytes: Buffer, index: number): number {
  const lead = bytes[index] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const piece = bytes.subarray(index, index + length);
  return Buffer.from(piece.toString('utf8')).equals(piece) ? length : 0;
}
