/**
 * A response's header section as the text that goes onto the wire, built and checked in one pass when the response is made.
 *
 * Most headers of an app are the same in each response, so the line of each name's last value is remembered: a constant
 * header costs a look into a map and a comparison (measured: 20 ns), its check and its concatenation are done once.
 */
import { Remembered } from '@qilin/picoev';

/** What a section says that the sender has to act on. */
export const HAS_CONTENT_TYPE = 1;
export const HAS_DATE = 2;
/** `Connection: close`. */
export const CLOSES = 4;
/** Content-Length, in `contentLength`. */
export const HAS_LENGTH = 8;
/** Connection names fields of this connection alone, in `named`. */
export const NAMES_FIELDS = 32;
/** Upgrade: which other protocols are spoken, in a 426 above all. Where it belongs to the connection, the sender adds it: `upgrade`. */
export const OFFERS_UPGRADE = 64;
/** The engine writes this field; kept out of the section. */
const ENGINES_OWN = 16;

interface Line {
  value: unknown;
  text: string;
  flags: number;
}

/** The last line of each name. */
const lines = new Remembered<Line>(512);
const LONGEST_REMEMBERED = 512;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['content-type', HAS_CONTENT_TYPE],
  ['date', HAS_DATE],
  ['content-length', HAS_LENGTH | ENGINES_OWN],
  ['connection', ENGINES_OWN],
  ['keep-alive', ENGINES_OWN],
  ['transfer-encoding', ENGINES_OWN],
  ['te', ENGINES_OWN],
  ['trailer', ENGINES_OWN],
  ['upgrade', OFFERS_UPGRADE | ENGINES_OWN],
  ['proxy-connection', ENGINES_OWN],
]);

/** The name of a header field: RFC 9110, section 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The white space that the Fetch standard strips from a value's ends. */
const AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;
/** What a value must not hold: it would end the line, or is no byte. */
const FORBIDDEN = /[\0\n\r\u0100-\uffff]/;

/** Everything that `new Headers()` takes. */
export type HeaderSource = Iterable<Iterable<string>> | Readonly<Record<string, unknown>>;

const NONE: readonly string[] = [];
const UPGRADE_OPTION = 'Connection: Upgrade\r\n';

export class HeaderLines {
  /** `name: value\r\n` for each field but those that the engine writes. */
  text = '';
  /** Lines of the fields that the engine writes itself: the app may look at them, but they are not sent. */
  enginesOwn = '';
  flags = 0;
  contentLength: number | undefined = undefined;
  /** In lower case. */
  named: readonly string[] = NONE;
  /** Lines of the fields Upgrade, and the option of Connection that belongs to them: RFC 9110, section 7.8. */
  upgrade = '';

  /** @throws TypeError for a name that is no token and for a value with CR, LF, NUL or what is no byte. */
  append(name: string, value: unknown): void {
    let line = lines.get(name);
    if (line === undefined || line.value !== value) line = makeLine(name, value);
    this.flags |= line.flags;
    if ((line.flags & ENGINES_OWN) === 0) this.text += line.text;
    else this.#keepApart(name, line);
  }

  /** @throws TypeError as `append()`, and for what is neither pairs nor a record. */
  appendAll(source: HeaderSource): void {
    if (typeof source !== 'object' || source === null)
      throw new TypeError(`Headers must be an object (got ${source}).`);
    if (isIterable(source)) {
      for (const [name, value, ...rest] of source) {
        if (name === undefined || value === undefined || rest.length > 0)
          throw new TypeError('Each header of a list must be a pair of name and value.');
        this.append(String(name), value);
      }
    } else for (const name in source) if (Object.hasOwn(source, name)) this.append(name, source[name]);
  }

  /** All fields, also the engine's. */
  toHeaders(): Headers {
    const headers = new Headers();
    for (const line of (this.text + this.enginesOwn).split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 2));
    }
    return headers;
  }

  #keepApart(name: string, { text, flags }: Line): void {
    this.enginesOwn += text;
    const value = text.slice(name.length + 2, -2);
    if ((flags & HAS_LENGTH) !== 0) this.contentLength = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    else if ((flags & OFFERS_UPGRADE) !== 0) this.upgrade = `${this.upgrade || UPGRADE_OPTION}${text}`;
    else if (/^connection$/i.test(name)) this.#readConnection(value);
  }

  #readConnection(value: string): void {
    if (/(?:^|,)\s*close\s*(?:,|$)/i.test(value)) this.flags |= CLOSES;
    const named = connectionNames(value);
    if (named.length === 0) return;
    this.flags |= NAMES_FIELDS;
    this.named = [...this.named, ...named];
  }
}

/** The fields that Connection names as the connection's own, in lower case: RFC 9110, section 7.6.1. */
export const connectionNames = (value: string): readonly string[] =>
  value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'close' && name !== 'keep-alive');

function isIterable(source: HeaderSource): source is Iterable<Iterable<string>> {
  return Symbol.iterator in source;
}

function makeLine(name: string, value: unknown): Line {
  if (!TOKEN.test(name)) throw new TypeError(`A header's name must be a token (got ${JSON.stringify(name)}).`);
  const given = String(value);
  const text = /^[\t\n\r ]|[\t\n\r ]$/.test(given) ? given.replace(AROUND, '') : given;
  if (FORBIDDEN.test(text))
    throw new TypeError(
      `The value of the header ${name} must be bytes without CR, LF and NUL (got ${JSON.stringify(text)}).`,
    );
  const line = { value, text: `${name}: ${text}\r\n`, flags: FLAGS.get(name.toLowerCase()) ?? 0 };
  if (typeof value === 'string' && value.length <= LONGEST_REMEMBERED) lines.set(name, line);
  return line;
}
