/** The kinds of settings that hold several values: lists, and names with a value each. */
import { isIP, isIPv4 } from 'node:net';
import { LOG_FIELD_EXPECTED, parseLogField } from '../contract/log-fields.ts';
import { isPathPattern, PATH_PATTERN_EXPECTED } from '../contract/path-patterns.ts';
import { isStatsdTag } from '../contract/statsd.ts';
import { bad, type Checked, good, type Kind } from './kinds.ts';

interface Items<Item> {
  readonly expected: string;
  readonly placeholder: string;
  /** What stands between two items in one text; null when each text is one item. */
  readonly separator: ',' | null;
  /** The fewest items that make sense. */
  readonly min: 0 | 1;
  /** Items that a file may also give as a number. */
  readonly numbers?: true;
  read(text: string): Checked<Item>;
  write(item: Item): string;
}

/** A list of items, each read from one text. A file gives a string or an array. */
export function list<Item, Input = string>(items: Items<Item>): Kind<readonly Item[], Input | readonly Input[]> {
  const readAll = (texts: readonly string[], got: unknown): Checked<readonly Item[]> => {
    const found: Item[] = [];
    for (const text of texts) {
      const item = items.read(text);
      if (!item.ok) return item;
      found.push(item.value);
    }
    return found.length < items.min ? bad(got) : good(found);
  };
  const split = (text: string): string[] =>
    (items.separator === null ? [text] : text.split(items.separator).map((part) => part.trim())).filter(
      (part) => part !== '',
    );
  const itemSchema = { type: items.numbers === true ? ['string', 'integer'] : 'string' };
  const textOf = (value: unknown): string | undefined =>
    typeof value === 'string' || (items.numbers === true && typeof value === 'number') ? String(value) : undefined;
  return {
    expected: items.expected,
    placeholder: items.placeholder,
    repeatable: true,
    schema: { anyOf: [itemSchema, { type: 'array', items: itemSchema, minItems: items.min }] },
    parse: (texts) => readAll(texts.flatMap(split), texts.at(-1)),
    check: (value) => {
      if (!Array.isArray(value)) {
        const text = textOf(value);
        return text === undefined ? bad(value) : readAll(split(text), value);
      }
      const texts: string[] = [];
      for (const entry of value) {
        const text = textOf(entry);
        if (text === undefined) return bad(entry);
        texts.push(text);
      }
      return readAll(texts, value);
    },
    print: (value) => (value.length === 0 ? [''] : value.map(items.write)),
  };
}

/** Texts, each as it is: file patterns may contain commas. */
export function texts(what: string, placeholder: string): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: what,
    placeholder,
    separator: null,
    min: 0,
    read: (text) => (text === '' || text.includes('\0') ? bad(text) : good(text)),
    write: (text) => text,
  });
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128));
}

/** IP addresses, CIDR blocks, or `*` for all. */
export function networks(): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: 'IP addresses, CIDR blocks such as 10.0.0.0/8, or "*"',
    placeholder: 'ADDRESS,...',
    separator: ',',
    min: 0,
    read: (text) => (text === '*' || isNetwork(text) ? good(text) : bad(text)),
    write: (text) => text,
  });
}

/** Tags of DogStatsD. */
export function statsdTags(): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: 'tags such as env:prod, without spaces and any of |,#@',
    placeholder: 'TAG,...',
    separator: ',',
    min: 0,
    read: (text) => (isStatsdTag(text) ? good(text) : bad(text)),
    write: (text) => text,
  });
}

/** Fields of the access log, each once. */
export function logFields(): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: LOG_FIELD_EXPECTED,
    placeholder: 'FIELD,...',
    separator: ',',
    min: 0,
    read: (text) => (parseLogField(text) === undefined ? bad(text) : good(text)),
    write: (text) => text,
  });
}

/** Patterns of paths, which may contain commas. */
export function pathPatterns(): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: PATH_PATTERN_EXPECTED,
    placeholder: 'PATH',
    separator: null,
    min: 0,
    read: (text) => (isPathPattern(text) ? good(text) : bad(text)),
    write: (text) => text,
  });
}

interface Entries {
  readonly expected: string;
  readonly placeholder: string;
  /** The name as it is kept, or undefined when it cannot be one. */
  name(text: string): string | undefined;
}

/** Names with a text each. A file gives an object or an array of `NAME=VALUE`. */
export function mapping(
  entries: Entries,
): Kind<Readonly<Record<string, string>>, Readonly<Record<string, string>> | readonly string[]> {
  type Found = Checked<Readonly<Record<string, string>>>;
  const collect = (pairs: Iterable<readonly [unknown, unknown]>): Found => {
    const found: [string, string][] = [];
    for (const [name, value] of pairs) {
      const kept = typeof name === 'string' ? entries.name(name) : undefined;
      if (kept === undefined || typeof value !== 'string' || value.includes('\0')) return bad(pairText(name, value));
      found.push([kept, value]);
    }
    return good(Object.fromEntries(found));
  };
  const split = (text: unknown): readonly [unknown, unknown] => {
    const at = typeof text === 'string' ? text.indexOf('=') : -1;
    return typeof text === 'string' && at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
  };
  return {
    expected: entries.expected,
    placeholder: entries.placeholder,
    repeatable: true,
    schema: {
      anyOf: [
        { type: 'object', additionalProperties: { type: 'string' } },
        { type: 'array', items: { type: 'string' } },
      ],
    },
    parse: (texts) => collect(texts.filter((text) => text !== '').map(split)),
    check: (value) => {
      if (Array.isArray(value)) return collect(value.map(split));
      return typeof value === 'object' && value !== null ? collect(Object.entries(value)) : bad(value);
    },
    print: (value) => {
      const pairs = Object.entries(value).map(([name, text]) => `${name}=${text}`);
      return pairs.length === 0 ? [''] : pairs;
    },
  };
}

/** A wrong entry of a mapping as a message quotes it. */
function pairText(name: unknown, value: unknown): unknown {
  return value === undefined ? name : { [String(name)]: value };
}

/** A program's own words, each as it is: an empty one too, and nothing is taken apart. */
export function words(placeholder: string): Kind<readonly string[]> {
  const isWord = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
  const check = (value: unknown): Checked<readonly string[]> =>
    Array.isArray(value) && value.every(isWord) ? good(value) : bad(value);
  return {
    expected: 'an array of texts, each an argument',
    placeholder,
    repeatable: true,
    schema: { type: 'array', items: { type: 'string' } },
    parse: check,
    check,
    print: (value) => value,
  };
}
