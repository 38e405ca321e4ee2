/** The shapes of header values: lists, dictionaries, options, quoted strings. RFC 9110 section 5.6. */
import { percentBytes, quoteAttribute } from './urls.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a header
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Text that would break out of its place in a header. The app answers 400: it is most often the client's. */
export class UnsafeHeaderError extends TypeError {
  override readonly name = 'UnsafeHeaderError';
}

/**
 * Refuses text that would end a header line: header injection.
 *
 * @throws {UnsafeHeaderError} for CR, LF, NUL and other control characters
 */
export function refuseControlCharacters(value: string, what: string): string {
  if (CONTROL.test(value)) {
    throw new UnsafeHeaderError(`${what} may not contain control characters (got ${JSON.stringify(value)}).`);
  }
  return value;
}

/** Quotes a value unless it is a token (RFC 9110 section 5.6.2). Mirrors Werkzeug's `quote_header_value`. */
export function quoteHeaderValue(value: string | number, { allowToken = true } = {}): string {
  const text = refuseControlCharacters(String(value), 'A header value');
  if (allowToken && text !== '' && TOKEN.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Takes quotes and backslashes off. Mirrors Werkzeug's `unquote_header_value`. */
export function unquoteHeaderValue(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** Reads a list such as `gzip, "a b"`; with an open quote it is none. Mirrors Werkzeug's `parse_list_header`. */
export function parseListHeader(value: string): string[] {
  const items: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < value.length; index++) {
    const char = value[index];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted && char === '\\') index++;
    else if (!isQuoted && char === ',') {
      items.push(value.slice(start, index));
      start = index + 1;
    }
  }
  if (isQuoted) return [];
  return [...items, value.slice(start)]
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map(unquoteHeaderValue);
}

/**
 * Reads pairs such as `max-age=60, no-cache`; a key without a value has `undefined`, one with a star has its charset taken off.
 * Mirrors Werkzeug's `parse_dict_header`.
 */
export function parseDictHeader(value: string): Map<string, string | undefined> {
  const pairs = new Map<string, string | undefined>();
  for (const item of parseListHeader(value)) {
    const equals = item.indexOf('=');
    const key = (equals < 0 ? item : item.slice(0, equals)).trim();
    if (key === '') continue;
    if (equals < 0) pairs.set(key, undefined);
    else if (key.endsWith('*'))
      pairs.set(key.slice(0, -1), unquoteHeaderValue(decodeExtended(item.slice(equals + 1).trim()).text));
    else pairs.set(key, unquoteHeaderValue(item.slice(equals + 1).trim()));
  }
  return pairs;
}

/** Writes pairs; `undefined` writes the key alone. Mirrors Werkzeug's `dump_header` of a dictionary. */
export function dumpDictHeader(pairs: Iterable<readonly [string, string | number | undefined]>): string {
  return [...pairs].map(([key, value]) => (value === undefined ? key : pairText(key, value))).join(', ');
}

/** What a key with a star names is encoded already. */
const pairText = (key: string, value: string | number): string =>
  key.endsWith('*') ? `${key}=${value}` : `${key}=${quoteHeaderValue(value)}`;

/** Writes a list. Mirrors Werkzeug's `dump_header` of a list. */
export function dumpListHeader(items: Iterable<string>): string {
  return [...items].map((item) => quoteHeaderValue(item)).join(', ');
}

/** A value with its options: `text/html; charset=utf-8`. */
export interface OptionsHeader {
  readonly value: string;
  /** By name in lower case. */
  readonly options: ReadonlyMap<string, string>;
}

/** `key=token` or `key="quoted"`; the key may end with a star (RFC 5987), or with one and a number (RFC 2231). */
const OPTION = /([\w!#$%&'*+\-.^`|~]+)=(?:([\w!#$%&'*+\-.^`|~]+)|"((?:\\[\\"]|\\(?![\\"])|[^"\\])*)")?/y;

/**
 * Reads a `Content-Type`- or `Content-Disposition`-like header with the encodings and continuations of RFC 2231 and
 * 5987; what is malformed in it is left out. Mirrors Werkzeug's `parse_options_header`.
 */
export function parseOptionsHeader(header: string | null | undefined): OptionsHeader {
  const text = header ?? '';
  const first = text.indexOf(';');
  const value = (first < 0 ? text : text.slice(0, first)).trim();
  const options = new Map<string, string>();
  if (value === '' || first < 0) return { value, options };
  let charset: string | undefined;
  for (const [rawKey, token, quoted] of optionsOf(text, first)) {
    const isExtended = rawKey.endsWith('*');
    const name = isExtended ? rawKey.slice(0, -1) : rawKey;
    // HTTP escapes by a backslash, forms by a percent sign.
    let plain = token ?? quoted?.replace(/\\([\\"])/g, '$1').replaceAll('%22', '"') ?? '';
    if (isExtended) {
      const decoded = decodeExtended(plain, charset);
      plain = decoded.text;
      charset = decoded.charset ?? charset;
    }
    const key = name.replace(/\*\d+$/, '');
    options.set(key, key === name ? plain : (options.get(key) ?? '') + plain);
  }
  return { value, options };
}

type Option = readonly [key: string, token: string | undefined, quoted: string | undefined];

/** The well-formed ones behind each semicolon. */
function* optionsOf(text: string, firstSemicolon: number): Generator<Option> {
  for (let semicolon = firstSemicolon; semicolon >= 0; ) {
    const start = text.length - text.slice(semicolon + 1).trimStart().length;
    OPTION.lastIndex = start;
    const match = OPTION.exec(text);
    const [whole = '', key = '', token, quoted] = match ?? [];
    if (token !== undefined || quoted !== undefined) yield [key.toLowerCase(), token, quoted];
    semicolon = text.indexOf(';', start + whole.length);
  }
}

/** `charset'language'value`, the value percent-encoded. */
const EXTENDED = /^([\w!#$%&*+\-.^`|~]*)'[\w!#$%&*+\-.^`|~]*'([\w!#$%&'*+\-.^`|~]+)/;

/** How bytes of a charset become text: those that clients send. */
const CHARSETS: ReadonlyMap<string, (bytes: Buffer) => string> = new Map([
  ['ascii', asciiText],
  ['us-ascii', asciiText],
  ['utf-8', (bytes: Buffer) => bytes.toString('utf8')],
  ['iso-8859-1', (bytes: Buffer) => bytes.toString('latin1')],
]);

function asciiText(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\0-\x7f]/g, '\ufffd');
}

/** The charset is the value's own, or that of the option before, of which it may be a continuation. */
function decodeExtended(value: string, before?: string) {
  const [, own = '', rest = value] = EXTENDED.exec(value) ?? [];
  const charset = own === '' ? before : own.toLowerCase();
  const decode = CHARSETS.get(charset ?? '');
  return decode === undefined ? { text: rest, charset: undefined } : { text: decode(percentBytes(rest)), charset };
}

/** Writes a value with its options. Mirrors Werkzeug's `dump_options_header`. */
export function dumpOptionsHeader(value: string, options: Iterable<readonly [string, string | number]>): string {
  return [value, ...[...options].map(([key, option]) => `${key}=${quoteHeaderValue(option)}`)].join('; ');
}

/**
 * A `Content-Disposition` for a download: a name beyond ASCII is sent twice, plainly and as `filename*` (RFC 6266,
 * RFC 5987). Mirrors what Werkzeug's `send_file` writes.
 *
 * @throws {TypeError} when the name has control characters in it
 */
export function contentDisposition(disposition: 'inline' | 'attachment', filename: string): string {
  refuseControlCharacters(filename, 'A file name');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "ASCII"
  const ascii = filename.normalize('NFKD').replace(/[^\x00-\x7f]/g, '');
  if (ascii === filename) return dumpOptionsHeader(disposition, [['filename', filename]]);
  const encoded = quoteAttribute(filename);
  return `${dumpOptionsHeader(disposition, [['filename', ascii]])}; filename*=UTF-8''${encoded}`;
}

const TEXT_TYPES = new Set([
  'application/ecmascript',
  'application/javascript',
  'application/sql',
  'application/xml',
  'application/xml-dtd',
  'application/xml-external-parsed-entity',
]);

/** A MIME type as it goes into `Content-Type`: text gets its charset. Mirrors Werkzeug's `get_content_type`. */
export function contentTypeOf(mimetype: string): string {
  const isText = mimetype.startsWith('text/') || TEXT_TYPES.has(mimetype) || mimetype.endsWith('+xml');
  return isText ? `${mimetype}; charset=utf-8` : mimetype;
}

/** Adds a name to `Vary`, unless it is there already in whatever case. Mirrors Werkzeug's `response.vary.add`. */
export function addVary(headers: Headers, name: string): void {
  const present = parseListHeader(headers.get('vary') ?? '');
  if (present.some((item) => item === '*' || item.toLowerCase() === name.toLowerCase())) return;
  headers.set('Vary', [...present, name].join(', '));
}
