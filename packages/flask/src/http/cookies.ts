/** Cookies: RFC 6265, with the quoting that Python's frameworks use for values beyond it. */
import process from 'node:process';
import { domainToASCII } from 'node:url';
import { httpDate } from './dates.ts';
import { refuseControlCharacters, UnsafeHeaderError } from './header-values.ts';
import { MultiDict } from './multi-dict.ts';
import { quoteWhatIsNot } from './urls.ts';

/** Bytes that need no quotes in a value. */
const LEGAL = /^[\w!#$%&'()*+\-./:<=>?@[\]^`{|}~]*$/;

const isSpace = (text: string, index: number): boolean => ' \t\n\r\f\v'.includes(text.charAt(index));

/** Space as Python sees it in bytes: `trim()` would also take U+00A0, which may be half of a UTF-8 character. */
function trimAscii(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text, end - 1)) end--;
  return text.slice(Math.min(skipSpace(text, 0), end), end);
}

const decodeUtf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

const encodeUtf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** A quoted value up to the semicolon behind it. */
const QUOTED_VALUE = /"(?:[^"\\]|\\.)*"(?=[ \t\n\r\f\v]*(?:;|$))/y;

/**
 * Reads a `Cookie` header. A name may be there several times; bytes that are no UTF-8 become U+FFFD; nothing throws.
 * Mirrors Werkzeug's `parse_cookie`.
 */
export function parseCookie(header: string | null | undefined): MultiDict<string> {
  const cookies = new MultiDict<string>();
  const text = header ?? '';
  let position = 0;
  while (position < text.length) {
    const { pair, end } = readPair(text, position);
    if (pair !== undefined) cookies.add(pair[0], pair[1]);
    position = end;
  }
  return cookies;
}

function readPair(text: string, start: number): { pair: readonly [string, string] | undefined; end: number } {
  const semicolon = indexOrEnd(text, ';', start);
  const equals = indexOrEnd(text, '=', start);
  const name = trimAscii(text.slice(start, Math.min(equals, semicolon)));
  let raw = '';
  let end = semicolon;
  if (equals < semicolon) {
    QUOTED_VALUE.lastIndex = skipSpace(text, equals + 1);
    const quoted = QUOTED_VALUE.exec(text);
    raw = quoted?.[0] ?? trimAscii(text.slice(equals + 1, semicolon));
    if (quoted !== null) end = indexOrEnd(text, ';', QUOTED_VALUE.lastIndex);
  }
  return { pair: name === '' ? undefined : [decodeUtf8(name), decodeUtf8(unquote(raw))], end: end + 1 };
}

function indexOrEnd(text: string, char: string, start: number): number {
  const index = text.indexOf(char, start);
  return index < 0 ? text.length : index;
}

function skipSpace(text: string, start: number): number {
  let position = start;
  while (position < text.length && isSpace(text, position)) position++;
  return position;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value
    .slice(1, -1)
    .replace(/\\(?:([0-3][0-7][0-7])|(.))/gs, (_, octal: string | undefined, char: string | undefined) =>
      octal === undefined ? (char ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
    );
}

function quote(value: string): string {
  if (LEGAL.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a cookie cannot hold
  const quoted = value.replace(/[\x00-\x1f",;\\\x7f-\xff]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${quoted}"`;
}

/** What `Set-Cookie` says besides name and value. Arguments of Werkzeug's `set_cookie`. */
export interface CookieOptions {
  /** Lifetime in seconds; the browser's session unless given. 0 deletes the cookie. */
  readonly maxAge?: number | undefined;
  /** When it ends; computed from `maxAge` unless given. */
  readonly expires?: Date | undefined;
  /** `/` unless given; `null` leaves it out. */
  readonly path?: string | null | undefined;
  readonly domain?: string | undefined;
  /** Only over HTTPS. */
  readonly secure?: boolean | undefined;
  /** Out of reach of scripts. */
  readonly httpOnly?: boolean | undefined;
  readonly sameSite?: 'Strict' | 'Lax' | 'None' | 'strict' | 'lax' | 'none' | undefined;
  /** Kept apart for each site that embeds this one (CHIPS); makes it `secure`. */
  readonly partitioned?: boolean | undefined;
  /** Size in bytes of the header from which on a warning is emitted, 0 for never; 4093 unless given. */
  readonly maxSize?: number | undefined;
}

/**
 * Writes a `Set-Cookie` header. The value may be any text: what a cookie cannot hold is quoted, control characters too.
 * Mirrors Werkzeug's `dump_cookie`.
 *
 * @param now what `maxAge` counts from
 * @throws {TypeError} for a name or an attribute that would break out of its place
 */
export function dumpCookie(name: string, value: string, options: CookieOptions = {}, now = new Date()): string {
  const { maxAge, path = '/', secure = false, httpOnly = false, partitioned = false } = options;
  const expires =
    options.expires ?? (maxAge === undefined ? undefined : new Date(now.getTime() + Math.trunc(maxAge) * 1000));
  const parts = [`${encodeUtf8(checkName(name))}=${quote(encodeUtf8(value))}`];
  if (options.domain !== undefined) parts.push(`Domain=${cookieDomain(options.domain)}`);
  if (expires !== undefined) parts.push(`Expires=${httpDate(expires)}`);
  if (maxAge !== undefined) parts.push(`Max-Age=${Math.trunc(maxAge)}`);
  if (secure || partitioned) parts.push('Secure');
  if (httpOnly) parts.push('HttpOnly');
  if (path !== null) parts.push(`Path=${quoteWhatIsNot(checkAttribute(path, 'path'), 'path')}`);
  if (options.sameSite !== undefined) parts.push(`SameSite=${checkSameSite(options.sameSite)}`);
  if (partitioned) parts.push('Partitioned');
  const header = parts.join('; ');
  warnWhenLarge(name, header, options.maxSize ?? 4093);
  return header;
}

function checkName(name: string): string {
  refuseControlCharacters(name, "A cookie's name");
  if (name === '' || /[\s=;,]/.test(name)) {
    throw new UnsafeHeaderError(`A cookie's name may not be empty or contain spaces, "=", ";" or "," (got "${name}").`);
  }
  return name;
}

function checkAttribute(value: string, attribute: string): string {
  refuseControlCharacters(value, `A cookie's ${attribute}`);
  if (value.includes(';')) throw new UnsafeHeaderError(`A cookie's ${attribute} may not contain ";" (got "${value}").`);
  return value;
}

function checkSameSite(value: string): string {
  const title = value.charAt(0).toUpperCase() + value.slice(1).toLowerCase();
  if (['Strict', 'Lax', 'None'].includes(title)) return title;
  throw new TypeError(`A cookie's SameSite must be 'Strict', 'Lax', or 'None' (got ${JSON.stringify(value)}).`);
}

/** The domain without its port and a leading dot, in ASCII. @throws TypeError for what can be no name of a host */
function cookieDomain(domain: string): string {
  const [host = ''] = checkAttribute(domain, 'domain').replace(/^\.+/, '').split(':', 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "ASCII"
  const ascii = /^[\x00-\x7f]*$/.test(host) ? host : domainToASCII(host);
  if (ascii !== '' && !/[\s,]/.test(ascii)) return ascii;
  throw new TypeError(`A cookie's domain must be the name of a host (got ${JSON.stringify(domain)}).`);
}

function warnWhenLarge(name: string, header: string, maxSize: number): void {
  if (maxSize === 0 || header.length <= maxSize) return;
  process.emitWarning(
    `The "${name}" cookie is too large: its header has ${header.length} bytes, the limit is ${maxSize}.` +
      ' Browsers may silently ignore cookies larger than this.',
  );
}

/** Writes the `Set-Cookie` header that makes a browser forget a cookie. Mirrors Werkzeug's `delete_cookie`. */
export function dumpDeletedCookie(name: string, options: Omit<CookieOptions, 'maxAge' | 'expires'> = {}): string {
  return dumpCookie(name, '', { ...options, maxAge: 0, expires: new Date(0) });
}
