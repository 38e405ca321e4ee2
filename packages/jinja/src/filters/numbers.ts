/** Filters of numbers. */
import { FilterArgumentError } from '../errors.ts';
import { type AnyFunction, named } from '../values/callable.ts';
import { Float, float, int, isFloat, isInt, isNumeric, toNumber } from '../values/float.ts';
import { fixed } from '../values/format-spec.ts';
import { typeName } from '../values/kinds.ts';
import { Markup } from '../values/markup.ts';
import { str } from '../values/printing.ts';
import { strip } from '../values/str-methods.ts';
import { truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof Markup ? value.value : undefined;

const INT_DIGITS = /^([+-]?)(0[box])?_?([\da-z]+(?:_[\da-z]+)*)$/i;
const PREFIXES: Readonly<Record<string, number>> = { '0b': 2, '0o': 8, '0x': 16 };

/** `int(text, base)`; undefined for what is none. */
function parseInt10(text: string, base: number): number | bigint | undefined {
  const match = INT_DIGITS.exec(strip(text));
  if (!match) return undefined;
  const [, sign, prefix = '', digits = ''] = match;
  const named = PREFIXES[prefix.toLowerCase()];
  if (prefix !== '' && named !== base && base !== 0) return parseDigits(sign ?? '', prefix + digits, base);
  return parseDigits(sign ?? '', digits, base === 0 ? (named ?? 10) : base);
}

/** The most digits that Python makes an int of: each more takes as long as all before it. Not so for bases of 2, 8 and 16. */
const MOST_DIGITS = 4300;
const LITERALS: Readonly<Record<number, { readonly prefix: string; readonly digits: RegExp }>> = {
  2: { prefix: '0b', digits: /^[01]+$/ },
  8: { prefix: '0o', digits: /^[0-7]+$/ },
  16: { prefix: '0x', digits: /^[\da-f]+$/i },
};

function parseDigits(sign: string, text: string, base: number): number | bigint | undefined {
  const plain = text.replaceAll('_', '');
  if (plain.length > MOST_DIGITS) {
    const literal = LITERALS[base];
    if (!literal?.digits.test(plain)) return undefined;
    return int(BigInt(`${literal.prefix}${plain}`) * (sign === '-' ? -1n : 1n));
  }
  let value = 0n;
  for (const digit of plain.toLowerCase()) {
    const number = Number.parseInt(digit, 36);
    if (Number.isNaN(number) || number >= base) return undefined;
    value = value * BigInt(base) + BigInt(number);
  }
  return int(sign === '-' ? -value : value);
}

/** Each digit can be read in one way only: a pattern that has two would look at a long text for minutes. */
const FLOAT_TEXT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const WORDS: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: Number.NaN };

/** `float(value)`; undefined for what is none. */
export function parseFloatValue(value: unknown): number | undefined {
  if (isNumeric(value)) return toNumber(value);
  const text = textOf(value);
  if (text === undefined) return undefined;
  const stripped = strip(text);
  if (FLOAT_TEXT.test(stripped)) return Number(stripped.replaceAll('_', ''));
  const word = WORDS[stripped.replace(/^[+-]/, '').toLowerCase()];
  return word === undefined ? undefined : stripped.startsWith('-') ? -word : word;
}

const truncated = (value: number): number | bigint | undefined =>
  Number.isFinite(value) ? int(BigInt(Math.trunc(value))) : undefined;

const toInt = named(['default', 'base'], (value: unknown, otherwise: unknown = 0, base: unknown = 10) => {
  if (value instanceof Undefined) value.fail();
  if (isInt(value)) return typeof value === 'boolean' ? Number(value) : value;
  const text = textOf(value);
  const whole = text === undefined ? undefined : parseInt10(text, Number(base));
  if (whole !== undefined) return whole;
  const number = parseFloatValue(value);
  if (number !== undefined && !Number.isFinite(number) && !Number.isNaN(number)) {
    throw new RangeError('cannot convert float infinity to integer');
  }
  return number === undefined ? otherwise : (truncated(number) ?? otherwise);
});

const toFloat = named(['default'], (value: unknown, otherwise: unknown = new Float(0)) => {
  if (value instanceof Undefined) value.fail();
  const number = parseFloatValue(value);
  return number === undefined ? otherwise : float(number);
});

const round = named(['precision', 'method'], (value: unknown, precision: unknown = 0, method: unknown = 'common') => {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw new FilterArgumentError('method must be common, ceil or floor');
  }
  if (!isNumeric(value)) throw new TypeError(`type ${typeName(value)} doesn't define __round__ method`);
  const digits = Number(precision);
  if (method !== 'common') {
    const factor = 10 ** digits;
    const scaled = toNumber(value) * factor;
    const whole = method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled);
    return digits < 0 || !Number.isSafeInteger(whole) ? float(whole / factor) : float(whole / factor);
  }
  if (isInt(value)) return roundInt(value, digits);
  return float(roundFloat(toNumber(value), digits));
});

function roundInt(value: number | bigint | boolean, digits: number): number | bigint {
  const whole = BigInt(value);
  if (digits >= 0) return int(whole);
  // Nothing that an int here holds has so many digits.
  if (digits < -400_000) return 0;
  const unit = 10n ** BigInt(-digits);
  const rest = ((whole % unit) + unit) % unit;
  const below = whole - rest;
  const isUp = rest * 2n > unit || (rest * 2n === unit && (below / unit) % 2n !== 0n);
  return int(isUp ? below + unit : below);
}

function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 22) return value;
  if (digits < 0) return Number(roundInt(BigInt(Math.round(value)), digits));
  return Number((value < 0 ? '-' : '') + fixed(Math.abs(value), digits));
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

const filesizeformat = named(['binary'], (value: unknown, binary: unknown = false) => {
  if (value instanceof Undefined) value.fail();
  const bytes = parseFloatValue(value);
  if (bytes === undefined) throw new RangeError(`could not convert to float: ${str(value)}`);
  const isBinary = truth(binary);
  const base = isBinary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const power = UNITS.findIndex((_, i) => bytes < base ** (i + 2));
  const index = power < 0 ? UNITS.length - 1 : power;
  const unit = isBinary ? `${(UNITS[index] ?? '')[0]?.toUpperCase()}iB` : UNITS[index];
  return `${fixed((base * bytes) / base ** (index + 2), 1)} ${unit}`;
});

const abs = (value: unknown) => {
  if (typeof value === 'bigint') return value < 0n ? -value : value;
  if (isFloat(value)) return float(Math.abs(toNumber(value)));
  if (isNumeric(value)) return Math.abs(Number(value));
  throw new TypeError(`bad operand type for abs(): '${typeName(value)}'`);
};

export const NUMBER_FILTERS: Readonly<Record<string, AnyFunction>> = {
  abs,
  filesizeformat,
  float: toFloat,
  int: toInt,
  round,
};
