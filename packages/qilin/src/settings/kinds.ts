/**
 * The kinds of values that a setting can have. Each reads a value from text (argv, environment), checks one from a config
 * file, and prints one as text from which it reads the same value again.
 */

import { ACCESS_FORMAT_EXPECTED, parseAccessFormat } from '../contract/access-format.ts';
import { type HealthCheck, OWN_HEALTH_CHECK } from '../contract/health-check.ts';
import {
  formatStatsdAddress,
  isStatsdPrefix,
  parseStatsdAddress,
  STATSD_EXPECTED,
  type StatsdAddress,
} from '../contract/statsd.ts';
import type { InspectorAddress } from '../contract/worker-config.ts';

/** A value, or the part of the input that was wrong. */
export type Checked<Value> = { readonly ok: true; readonly value: Value } | Bad;
interface Bad {
  readonly ok: false;
  readonly got: unknown;
}

/** `false` allows nothing. */
export type JsonSchema = Readonly<Record<string, unknown>> | false;

declare const input: unique symbol;

/** `Input` is what a config file may hold for a `Value`: `8000` is a `bind`, a parsed address is what becomes of it. */
export interface Kind<Value, Input = Value> {
  readonly [input]?: Input;
  /** What is right, to be read after "must be": `a whole number from 1 to 64`. */
  readonly expected: string;
  /** Stands for the value in the help: `N`. null for a switch, whose flag takes no value. */
  readonly placeholder: string | null;
  /** Each flag adds a value; otherwise the last one counts. */
  readonly repeatable: boolean;
  /** The schema of `Input`. */
  readonly schema: JsonSchema;
  /** Reads all texts that one source gave, in order. */
  parse(texts: readonly string[]): Checked<Value>;
  /** Checks a value from a config file. */
  check(value: unknown): Checked<Value>;
  /** The texts from which `parse` reads this value. */
  print(value: Value): readonly string[];
}

export const good = <Value>(value: Value): Checked<Value> => ({ ok: true, value });
export const bad = (got: unknown): Bad => ({ ok: false, got });

interface Scalar<Value> {
  readonly expected: string;
  readonly placeholder: string | null;
  readonly schema: JsonSchema;
  read(text: string): Checked<Value>;
  check(value: unknown): Checked<Value>;
}

/** A kind whose value is one text. */
export function scalar<Value extends string | number | boolean, Input = Value>(
  rest: Scalar<Value>,
): Kind<Value, Input> {
  return {
    ...rest,
    repeatable: false,
    parse: (texts) => rest.read(texts.at(-1) ?? ''),
    print: (value) => [String(value)],
  };
}

/** Whole numbers; as text, decimal digits. */
export function int({ min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number }): Kind<number> {
  const fits = (value: number): boolean => Number.isSafeInteger(value) && value >= min && value <= max;
  const unbounded = max === Number.MAX_SAFE_INTEGER;
  return scalar({
    expected: unbounded ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`,
    placeholder: 'N',
    schema: { type: 'integer', minimum: min, ...(unbounded ? {} : { maximum: max }) },
    read: (text) => (/^-?\d+$/.test(text) && fits(Number(text)) ? good(Number(text)) : bad(text)),
    check: (value) => (typeof value === 'number' && fits(value) ? good(value) : bad(value)),
  });
}

/** All that counts time here counts milliseconds: less would become 0, which stands for something else. */
const MIN_SECONDS = 0.001;
/** 23 days. Node's timers overflow at 31 bits of milliseconds and fire at once; this leaves room for what is added. */
const MAX_SECONDS = 2_000_000;

/** Durations in seconds, to the millisecond; 0 means whatever the setting says. */
export function seconds(): Kind<number> {
  const fits = (value: number): boolean => value === 0 || (value >= MIN_SECONDS && value <= MAX_SECONDS);
  return scalar({
    expected: `0, or a number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}`,
    placeholder: 'SECONDS',
    schema: { anyOf: [{ const: 0 }, { type: 'number', minimum: MIN_SECONDS, maximum: MAX_SECONDS }] },
    read: (text) => (/^\d+(\.\d+)?$/.test(text) && fits(Number(text)) ? good(Number(text)) : bad(text)),
    check: (value) => (typeof value === 'number' && fits(value) ? good(value) : bad(value)),
  });
}

/** Bounds of a number, as text: `2..8`. */
export type Range = `${number}..${number}`;

export interface RangeInput {
  readonly min: number;
  readonly max: number;
}

/** What a range says; undefined for anything else. */
export function boundsOf(value: unknown): RangeInput | undefined {
  const [, min, max] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(String(value)) ?? [];
  return min === undefined || max === undefined ? undefined : { min: Number(min), max: Number(max) };
}

/** A number of workers; `auto`, one for each CPU that this process may use; or bounds, between which the number follows the load. */
export function workers(max: number): Kind<number | 'auto' | Range, number | 'auto' | Range | RangeInput> {
  const count = int({ min: 0, max });
  const range = (bounds: RangeInput | undefined, given: unknown): Checked<Range> => {
    const fits = bounds !== undefined && [bounds.min, bounds.max].every((each) => int({ min: 1, max }).check(each).ok);
    return fits && bounds.min <= bounds.max ? good<Range>(`${bounds.min}..${bounds.max}`) : bad(given);
  };
  const check = (value: unknown): Checked<number | 'auto' | Range> => {
    if (value === 'auto') return good('auto');
    if (typeof value === 'string') return range(boundsOf(value), value);
    return isRangeInput(value) ? range(value, value) : count.check(value);
  };
  const bounds = { type: 'integer', minimum: 1, maximum: max };
  return {
    ...count,
    expected: `${count.expected}, "auto", or bounds such as "2..8"`,
    placeholder: 'N|auto|N..M',
    schema: {
      anyOf: [
        count.schema,
        { const: 'auto' },
        { type: 'string', pattern: '^[1-9][0-9]*\\.\\.[1-9][0-9]*$' },
        {
          type: 'object',
          properties: { min: bounds, max: bounds },
          required: ['min', 'max'],
          additionalProperties: false,
        },
      ],
    },
    parse: (texts) => {
      const text = texts.at(-1) ?? '';
      return text === 'auto' || boundsOf(text) !== undefined ? check(text) : count.parse(texts);
    },
    check,
    print: (value) => [String(value)],
  };
}

const isRangeInput = (value: unknown): value is RangeInput =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).sort().join() === 'max,min' &&
  Object.values(value).every((each) => typeof each === 'number');

export function bool(): Kind<boolean> {
  return scalar({
    expected: 'true or false',
    placeholder: null,
    schema: { type: 'boolean' },
    read: (text) => (text === 'true' || text === 'false' ? good(text === 'true') : bad(text)),
    check: (value) => (typeof value === 'boolean' ? good(value) : bad(value)),
  });
}

/** One of some words, in upper or lower case; `synonyms` are further texts for them. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  synonyms: Readonly<Record<string, NoInfer<Word>>> = {},
): Kind<Word> {
  const find = (text: string): Word | undefined =>
    words.find((word) => word === text.toLowerCase()) ?? (Object.hasOwn(synonyms, text) ? synonyms[text] : undefined);
  const read = (text: string, got: unknown): Checked<Word> => {
    const word = find(text);
    return word === undefined ? bad(got) : good(word);
  };
  return scalar({
    expected: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    placeholder: words.join('|'),
    schema: { enum: words },
    read: (text) => read(text, text),
    check: (value) =>
      typeof value === 'string' || typeof value === 'number' ? read(String(value), value) : bad(value),
  });
}

/** A secret that is sent in a header of HTTP (RFC 6750, section 2.1), and is too long to be guessed. */
export function token(): Kind<string> {
  const read = (value: unknown): Checked<string> =>
    typeof value === 'string' && /^[\w.~+/-]{16,512}=*$/.test(value) ? good(value) : bad(value);
  return scalar({
    expected: '16 characters or more, of letters, digits and - . _ ~ + /',
    placeholder: 'TOKEN',
    schema: { type: 'string', minLength: 16 },
    read,
    check: read,
  });
}

/** A text that is not empty. `Known` are the usual ones, which an editor may offer. */
export function text<Known extends string = string>(what: string, placeholder: string) {
  const read = (value: unknown): Checked<string> =>
    typeof value === 'string' && value !== '' && !value.includes('\0') ? good(value) : bad(value);
  // `string & {}` keeps an editor from forgetting the known words.
  return scalar<string, Known | (string & {})>({
    expected: what,
    placeholder,
    schema: { type: 'string', minLength: 1 },
    read,
    check: read,
  });
}

/** The target of a request: a path, and a query where there is one. */
type Path = `/${string}`;

const isPath = (value: unknown): value is Path =>
  typeof value === 'string' && /^\/[\x21-\x7E]*$/.test(value) && !value.includes('#');

/** The path of a request, or in a file a function, for which OWN_HEALTH_CHECK stands. */
export function healthCheck(): Kind<Path | typeof OWN_HEALTH_CHECK, Path | HealthCheck> {
  const read = (value: unknown): Checked<Path> => (isPath(value) ? good(value) : bad(value));
  return scalar({
    expected: 'a path such as /healthz, without spaces and in ASCII, or in a config file a function',
    placeholder: 'PATH',
    schema: { type: 'string', pattern: '^/[!-~]*$' },
    read,
    check: (value) => (typeof value === 'function' ? good(OWN_HEALTH_CHECK) : read(value)),
  });
}

/** A format of the access log. Of a wrong one only the part that is no atom is shown. */
export function accessFormat(): Kind<string> {
  const read = (format: string): Checked<string> => {
    const parsed = parseAccessFormat(format);
    if (!parsed.ok) return bad(parsed.part);
    return format === '' ? bad(format) : good(format);
  };
  return scalar({
    expected: ACCESS_FORMAT_EXPECTED,
    placeholder: 'FORMAT',
    schema: { type: 'string', minLength: 1 },
    read,
    check: (value) => (typeof value === 'string' ? read(value) : bad(value)),
  });
}

/** A user or group: a name, or the number as digits. */
export function account(what: 'user' | 'group'): Kind<string, string | number> {
  const read = (name: string): Checked<string> => (/^[A-Za-z0-9_.$-]+$/.test(name) ? good(name) : bad(name));
  return scalar({
    expected: `a ${what} name or number`,
    placeholder: what.toUpperCase(),
    schema: { type: ['string', 'integer'] },
    read,
    check: (value) =>
      typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
        ? read(String(value))
        : bad(value),
  });
}

/** A file mode mask: as text octal digits, in a file also a number. */
export function umask(): Kind<number, number | string> {
  const read = (digits: string): Checked<number> =>
    /^(0o?)?[0-7]{1,3}$/.test(digits) ? good(Number.parseInt(digits.replace('o', ''), 8)) : bad(digits);
  const check = (value: unknown): Checked<number> => {
    if (typeof value === 'string') return read(value);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0o777
      ? good(value)
      : bad(value);
  };
  return {
    expected: 'an octal mask from 0 to 0777',
    placeholder: 'OCTAL',
    repeatable: false,
    schema: { anyOf: [{ type: 'integer', minimum: 0, maximum: 0o777 }, { type: 'string' }] },
    parse: (texts) => read(texts.at(-1) ?? ''),
    check,
    print: (value) => [value === 0 ? '0' : `0${value.toString(8)}`],
  };
}

/** Of Node. */
const INSPECTOR: InspectorAddress = { host: '127.0.0.1', port: 9229 };

/** Where an inspector listens, null for none: a switch that may have an address. In a file also a port. */
export function inspector(): Kind<InspectorAddress | null, boolean | number | string> {
  const read = (text: string, got: unknown): Checked<InspectorAddress | null> => {
    if (text === 'true' || text === 'false') return good(text === 'true' ? INSPECTOR : null);
    const [, host = INSPECTOR.host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
    if (port === undefined || Number(port) > 65_535) return bad(got);
    return good({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
  };
  return {
    expected: 'true, false, PORT or HOST:PORT',
    placeholder: null,
    repeatable: false,
    schema: { type: ['boolean', 'integer', 'string'] },
    parse: (texts) => read(texts.at(-1) ?? '', texts.at(-1)),
    check: (value) =>
      typeof value === 'object' || typeof value === 'function' ? bad(value) : read(String(value), value),
    print: (value) => {
      if (value === null) return ['false'];
      return [`${value.host.includes(':') ? `[${value.host}]` : value.host}:${value.port}`];
    },
  };
}

/** Where a StatsD server listens. */
export function statsdAddress(): Kind<StatsdAddress, string> {
  const read = (text: string): Checked<StatsdAddress> => {
    const address = parseStatsdAddress(text);
    return address === undefined ? bad(text) : good(address);
  };
  return {
    expected: STATSD_EXPECTED,
    placeholder: 'ADDRESS',
    repeatable: false,
    schema: { type: 'string' },
    parse: (texts) => read(texts.at(-1) ?? ''),
    check: (value) => (typeof value === 'string' ? read(value) : bad(value)),
    print: (value) => [formatStatsdAddress(value)],
  };
}

/** What stands before the names of figures. */
export function statsdPrefix(): Kind<string> {
  const read = (value: unknown): Checked<string> =>
    typeof value === 'string' && isStatsdPrefix(value) ? good(value) : bad(value);
  return {
    expected: 'letters, digits, and any of ._-',
    placeholder: 'PREFIX',
    repeatable: false,
    schema: { type: 'string' },
    parse: (texts) => read(texts.at(-1) ?? ''),
    check: read,
    print: (value) => [value],
  };
}

/** A value that may be missing: null in a file, an empty text in argv. */
export function optional<Value, Input>(kind: Kind<Value, Input>): Kind<Value | null, Input | null> {
  return {
    expected: kind.expected,
    placeholder: kind.placeholder,
    repeatable: kind.repeatable,
    schema: { anyOf: [kind.schema, { type: 'null' }] },
    parse: (texts) => ((texts.at(-1) ?? '') === '' ? good(null) : kind.parse(texts)),
    check: (value) => (value === null ? good(null) : kind.check(value)),
    print: (value) => (value === null ? [''] : kind.print(value)),
  };
}

type AnyFunction = (...args: never) => unknown;

/** A function of a config file. It has no text, so no flag can give it. */
export function hook<Hook extends AnyFunction>(): Kind<Hook | null> {
  const isHook = (value: unknown): value is Hook => typeof value === 'function';
  return {
    expected: 'a function',
    placeholder: null,
    repeatable: false,
    schema: false,
    parse: (given) => bad(given.at(-1)),
    check: (value) => (value === null || isHook(value) ? good(value) : bad(value)),
    print: (value) => [value === null ? '' : (value.name ?? 'function')],
  };
}
