/** The shapes of header values: lists, dictionaries, options, quoted strings. RFC 9110 section 5.6. */
import { percentBytes, urlQuote } from './urls.ts';

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
  if (allowToken && TOKEN.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Takes quotes and backslashes off, the way browsers put them there. Mirrors Werkzeug's `unquote_header_value`. */
export function unquoteHeaderValue(value: string, { isFilename = false } = {}): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  const inner = value.slice(1, -1);
  // Internet Explorer sent UNC paths unescaped: unescaping would eat one of the two leading backslashes.
  if (isFilename && inner.startsWith('\\\\')) return inner;
  return inner.replace(/\\(["\\])/g, '$1');
}

/** Splits a comma-separated list, quoted strings kept whole. */
function splitList(value: string): string[] {
  const items = value.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/g) ?? [];
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

/** Reads a list such as `gzip, "a b"`. Mirrors Werkzeug's `parse_list_header`. */
export function parseListHeader(value: string): string[] {
  return splitList(value).map((item) => unquoteHeaderValue(item));
}

/**
 * Reads pairs such as `max-age=60, no-cache`; a key without a value has `undefined`. Mirrors Werkzeug's
 * `parse_dict_header`.
 */
export function parseDictHeader(value: string): Map<string, string | undefined> {
  return new Map(
    splitList(value).map((item): [string, string | undefined] => {
      const equals = item.indexOf('=');
      return equals < 0 ? [item, undefined] : [item.slice(0, equals), unquoteHeaderValue(item.slice(equals + 1))];
    }),
  );
}

/** Writes pairs; `undefined` writes the key alone. Mirrors Werkzeug's `dump_header` of a dictionary. */
export function dumpDictHeader(pairs: Iterable<readonly [string, string | number | undefined]>): string {
  return [...pairs].map(([key, value]) => (value === undefined ? key : `${key}=${quoteHeaderValue(value)}`)).join(', ');
}

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

/** `; key=value`, also `; key*=charset'language'value` and `; key*0=value` (RFC 2231). */
const OPTION =
  /;\s*(?:,\s*)?("[^"\\]*(?:\\.[^"\\]*)*"|[^\s;,=*]+)(?:\*(\d+))?\s*(?:(?:\*\s*=\s*(?:([^\s']+)'([^\s']*)')?|=\s*)("[^"\\]*(?:\\.[^"\\]*)*"|[^;,]+)?)?\s*/y;

/**
 * Reads a `Content-Type`- or `Content-Disposition`-like header with the encodings and continuations of RFC 2231 and
 * 5987. Mirrors Werkzeug's `parse_options_header`.
 */
export function parseOptionsHeader(header: string | null | undefined): OptionsHeader {
  const text = header?.trim() ?? '';
  const value = /^[^;,\s]+/.exec(text)?.[0] ?? '';
  const options = new Map<string, string>();
  if (value === '') return { value, options };
  let continuedCharset: string | undefined;
  OPTION.lastIndex = value.length;
  while (text[OPTION.lastIndex] === ' ' || text[OPTION.lastIndex] === '\t') OPTION.lastIndex++;
  for (let match = OPTION.exec(text); match !== null; match = OPTION.exec(text)) {
    const [, rawName = '', index, ownCharset, , rawValue] = match;
    const name = unquoteHeaderValue(rawName).toLowerCase();
    const charset = ownCharset ?? (index === undefined ? undefined : continuedCharset);
    continuedCharset = index === undefined ? undefined : charset;
    const plain = unquoteHeaderValue((rawValue ?? '').trim(), { isFilename: name === 'filename' });
    const decoded = charset === undefined ? plain : decodePercent(plain, charset);
    options.set(name, index === undefined ? decoded : (options.get(name) ?? '') + decoded);
  }
  return { value, options };
}

function decodePercent(value: string, charset: string): string {
  const bytes = percentBytes(value);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
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
  const encoded = urlQuote(filename, { attrChar: true });
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
