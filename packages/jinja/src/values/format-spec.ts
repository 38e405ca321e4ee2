/** Python's format specification mini-language: `{:>10.2f}`. */
import { textOf } from './budget.ts';
import { isFloat, isInt, isNumeric, numberText, toNumber } from './float.ts';
import { typeName } from './kinds.ts';
import { str } from './printing.ts';
import { characters, textLength } from './text.ts';

/** A parsed specification. */
export interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly isAlternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

function parseSpec(text: string, value: unknown): Spec {
  const match = SPEC.exec(text);
  if (!match) throw new RangeError(`Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  const [, fill, align, sign, , alternate, zero, width, grouping, precision, type] = match;
  const fallback = isNumeric(value) ? '>' : '<';
  return {
    fill: fill ?? (zero ? '0' : ' '),
    align: align ?? (zero && isNumeric(value) ? '=' : fallback),
    sign: sign ?? '-',
    isAlternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: grouping ?? '',
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  };
}

/** The widest field, and the most digits behind a point: far beyond what a page needs, and no way to fill the memory. */
export const WIDEST = 1 << 24;

/** `format(value, spec)`. */
export function formatValue(value: unknown, text: string): string {
  if (text === '') return str(value);
  const spec = parseSpec(text, value);
  textOf(spec.width);
  textOf(spec.precision ?? 0);
  if (spec.width > WIDEST || (spec.precision ?? 0) > WIDEST)
    throw new RangeError('Too many decimal digits in format string');
  if (isNumeric(value) && spec.type !== 's') return formatNumber(value, spec);
  if (isNumeric(value) || (spec.type !== '' && spec.type !== 's')) {
    throw new RangeError(`Unknown format code '${spec.type}' for object of type '${typeName(value)}'`);
  }
  const shown = str(value);
  return pad('', spec.precision === undefined ? shown : characters(shown).slice(0, spec.precision).join(''), spec);
}

function pad(sign: string, body: string, { width, align, fill }: Spec): string {
  const missing = width - textLength(sign) - textLength(body);
  if (missing <= 0) return sign + body;
  if (align === '=') return sign + fill.repeat(missing) + body;
  if (align === '<') return sign + body + fill.repeat(missing);
  if (align === '>') return fill.repeat(missing) + sign + body;
  const left = Math.floor(missing / 2);
  return fill.repeat(left) + sign + body + fill.repeat(missing - left);
}

const BASES: Readonly<Record<string, readonly [number, string]>> = {
  b: [2, '0b'],
  o: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

function formatNumber(value: number | bigint | boolean | object, spec: Spec): string {
  const { type } = spec;
  if (typeof value === 'boolean' && type === '') return pad('', str(value), { ...spec, align: spec.align });
  if (isInt(value) && (type === '' || 'bcdnoxX'.includes(type))) return formatInt(BigInt(value), spec);
  if (isFloat(value) && 'bcdoxX'.includes(type) && type !== '') {
    throw new RangeError(`Unknown format code '${type}' for object of type 'float'`);
  }
  if (!isNumeric(value)) throw new TypeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  const number = toNumber(value);
  const isNegative = number < 0 || Object.is(number, -0);
  const body = floatBody(Math.abs(number), spec);
  const [whole = '', rest = ''] = splitWhole(body);
  return finish(isNegative, '', whole, rest, spec, 3);
}

function formatInt(value: bigint, spec: Spec): string {
  if (spec.type === 'c') return pad('', String.fromCodePoint(Number(value)), { ...spec, align: spec.align });
  const [base, prefix] = BASES[spec.type] ?? [10, ''];
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude.toString(base);
  const shown = spec.type === 'X' ? digits.toUpperCase() : digits;
  return finish(value < 0n, spec.isAlternate ? prefix : '', shown, '', spec, base === 10 ? 3 : 4);
}

function finish(isNegative: boolean, prefix: string, whole: string, rest: string, spec: Spec, group: number): string {
  const sign = isNegative ? '-' : spec.sign === '-' ? '' : spec.sign;
  const lead = sign + prefix;
  if (spec.grouping === '') return pad(lead, whole + rest, spec);
  let digits = whole;
  if (spec.fill === '0' && spec.align === '=') {
    const room = spec.width - lead.length - rest.length;
    let count = Math.max(digits.length, Math.floor((room * group) / (group + 1)));
    while (count + Math.ceil(count / group) - 1 < room) count++;
    digits = digits.padStart(count, '0');
  }
  return pad(lead, grouped(digits, group, spec.grouping) + rest, spec);
}

function grouped(digits: string, size: number, separator: string): string {
  const parts: string[] = [];
  for (let end = digits.length; end > 0; end -= size) parts.push(digits.slice(Math.max(0, end - size), end));
  return parts.reverse().join(separator);
}

function splitWhole(body: string): [string, string] {
  const end = /[^0-9]/.exec(body)?.index ?? body.length;
  return [body.slice(0, end), body.slice(end)];
}

function floatBody(value: number, spec: Spec): string {
  if (!Number.isFinite(value)) return nonFinite(value, spec.type);
  const { precision, type } = spec;
  if (type === '' && precision === undefined) return str0(value);
  if (type === '%') return `${fixed(value * 100, precision ?? 6)}%`;
  if (type === 'f' || type === 'F') return fixed(value, precision ?? 6);
  if (type === 'e' || type === 'E') return withCase(exponential(value, precision ?? 6), type);
  return withCase(general(value, precision ?? 6, spec.isAlternate, type === ''), type);
}

const str0 = (value: number): string => (Number.isSafeInteger(value) ? `${value}.0` : numberText(value));

const nonFinite = (value: number, type: string) => {
  const text = Number.isNaN(value) ? 'nan' : 'inf';
  if (type === '%') return `${text}%`;
  return type === 'F' || type === 'E' || type === 'G' ? text.toUpperCase() : text;
};

const withCase = (text: string, type: string) => (type === 'E' || type === 'G' ? text.toUpperCase() : text);

/** Digits after the point, rounded half to even on the exact binary value, as C does. */
export function fixed(value: number, precision: number): string {
  if (precision <= 100 && Math.abs(value) < 1e21) return exactFixed(value, precision);
  return BigInt(Math.round(value)).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

/** `toFixed` rounds ties away from zero: where the value lies exactly between, the even neighbour is taken. */
function exactFixed(value: number, precision: number): string {
  const text = value.toFixed(precision);
  if (precision > 30) return text;
  const scaled = value * 2 ** 0;
  const exact = scaled.toFixed(Math.min(100, precision + 60));
  const point = exact.indexOf('.') + 1 + precision;
  const tail = exact.slice(point + (precision === 0 ? 0 : 0)).replace('.', '');
  if (!/^50*$/.test(tail)) return text;
  const last = Number(text.at(-1));
  if (last % 2 === 0) return text;
  const cut = exact.slice(0, precision === 0 ? point - 1 : point);
  return cut;
}

function exponential(value: number, precision: number): string {
  const [mantissa = '', power = '0'] = value.toExponential(Math.min(100, precision)).split('e');
  const exponent = Number(power);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function general(value: number, precision: number, keepsZeros: boolean, isPlain: boolean): string {
  const digits = precision === 0 ? 1 : precision;
  const power = value === 0 ? 0 : Number(value.toExponential(Math.min(100, digits - 1)).split('e')[1]);
  const strip = (text: string) => (keepsZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, ''));
  if (power < -4 || power >= (isPlain ? digits : digits)) {
    const [mantissa = '', rest = ''] = exponential(value, digits - 1).split('e');
    return `${strip(mantissa)}e${rest}`;
  }
  const text = strip(fixed(value, Math.max(0, digits - 1 - power)));
  return isPlain && !text.includes('.') ? `${text}.0` : text;
}
