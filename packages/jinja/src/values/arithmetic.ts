/** `+ - * / // % **` and the signs, with Python's ints, floats and sequences. */
import { listOf, textOf } from './budget.ts';
import { Float, float, int, isFloat, isInt, isNumeric, type Numeric, toNumber } from './float.ts';
import { typeName } from './kinds.ts';
import { escapeText, isHtml, Markup } from './markup.ts';
import { percentFormat } from './percent.ts';
import { escapeToHtml } from './printing.ts';
import { Tuple, tuple } from './sequences.ts';
import { Undefined } from './undefined.ts';

type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

function refuse(operator: Operator, a: unknown, b: unknown): never {
  if (a instanceof Undefined) a.fail();
  if (b instanceof Undefined) b.fail();
  const named = operator === '**' ? '** or pow()' : operator;
  throw new TypeError(`unsupported operand type(s) for ${named}: '${typeName(a)}' and '${typeName(b)}'`);
}

/** Both as floats if one is a float, as bigints if not. */
function numeric(
  a: Numeric,
  b: Numeric,
  floats: (a: number, b: number) => number,
  ints: (a: bigint, b: bigint) => bigint,
): unknown {
  if (isFloat(a) || isFloat(b)) return float(floats(toNumber(a), toNumber(b)));
  return int(ints(BigInt(a), BigInt(b)));
}

/** Whether two operands are ints whose result is one that a number holds. */
const areSafe = (a: unknown, b: unknown, result: number): boolean =>
  Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(result);

function join(a: string, b: string): string {
  textOf(a.length + b.length);
  return a + b;
}

export function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number' && areSafe(a, b, a + b)) return a + b;
  if (typeof a === 'string' && typeof b === 'string') return join(a, b);
  if (isNumeric(a) && isNumeric(b))
    return numeric(
      a,
      b,
      (x, y) => x + y,
      (x, y) => x + y,
    );
  if (a instanceof Markup && (typeof b === 'string' || isHtml(b))) return new Markup(join(a.value, escapeToHtml(b)));
  if (b instanceof Markup && (typeof a === 'string' || isHtml(a))) return new Markup(join(escapeToHtml(a), b.value));
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) {
    listOf(a.length + b.length);
    return a instanceof Tuple ? tuple([...a, ...b]) : [...a, ...b];
  }
  if (a instanceof Undefined) a.fail();
  if (b instanceof Undefined) b.fail();
  if (typeof a === 'string') throw new TypeError(`can only concatenate str (not "${typeName(b)}") to str`);
  return refuse('+', a, b);
}

export function subtract(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number' && areSafe(a, b, a - b)) return a - b;
  if (isNumeric(a) && isNumeric(b))
    return numeric(
      a,
      b,
      (x, y) => x - y,
      (x, y) => x - y,
    );
  return refuse('-', a, b);
}

/** The longest text or list that `*` may make: beyond it, Python would run out of memory as well. */
const LONGEST = 1 << 28;

/** Python would go on for minutes: a bound on the digits of a product or a power of ints. */
const MOST_BITS = 1 << 20;
const LARGEST = 1n << BigInt(MOST_BITS);

function bounded(product: bigint): bigint {
  if (product > LARGEST || product < -LARGEST) throw new RangeError('the product has too many digits');
  return product;
}

export function multiply(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number' && areSafe(a, b, a * b)) return a * b + 0;
  if (isNumeric(a) && isNumeric(b))
    return numeric(
      a,
      b,
      (x, y) => x * y,
      (x, y) => bounded(x * y),
    );
  if (isInt(b)) return repeat(a, Number(b)) ?? refuse('*', a, b);
  if (isInt(a)) return repeat(b, Number(a)) ?? refuse('*', a, b);
  return refuse('*', a, b);
}

function repeat(value: unknown, count: number): unknown {
  const times = Math.max(0, count);
  const size = typeof value === 'string' || value instanceof Markup || Array.isArray(value) ? value.length : 0;
  if (Array.isArray(value)) listOf(size * times);
  else textOf(size * times);
  if (size * times > LONGEST) throw new RangeError(`${size} × ${times} items are too many`);
  if (typeof value === 'string') return value.repeat(times);
  if (value instanceof Markup) return new Markup(value.value.repeat(times));
  if (!Array.isArray(value)) return undefined;
  const repeated = Array.from({ length: times }, () => value).flat();
  return value instanceof Tuple ? tuple(repeated) : repeated;
}

const divisionByZero = (message: string) => new RangeError(message);

export function divide(a: unknown, b: unknown): unknown {
  if (!isNumeric(a) || !isNumeric(b)) return refuse('/', a, b);
  const divisor = toNumber(b);
  if (divisor === 0) throw divisionByZero(isFloat(a) || isFloat(b) ? 'float division by zero' : 'division by zero');
  return float(toNumber(a) / divisor);
}

const floorMod = (x: number, y: number) => {
  const rest = x % y;
  if (rest !== 0) return rest < 0 !== y < 0 ? rest + y : rest;
  return y < 0 ? -0 : 0;
};

const floorDivideInts = (x: bigint, y: bigint) => {
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
};

/** `x // y` of floats; a zero has the sign of the quotient. */
function wholeQuotient(x: number, y: number): number {
  const whole = Math.round((x - floorMod(x, y)) / y);
  return whole === 0 ? (x / y < 0 || Object.is(x / y, -0) ? -0 : 0) : whole;
}

export function floorDivide(a: unknown, b: unknown): unknown {
  if (!isNumeric(a) || !isNumeric(b)) return refuse('//', a, b);
  const hasFloat = isFloat(a) || isFloat(b);
  if (toNumber(b) === 0)
    throw divisionByZero(hasFloat ? 'float floor division by zero' : 'integer division or modulo by zero');
  return numeric(a, b, wholeQuotient, floorDivideInts);
}

export function modulo(a: unknown, b: unknown): unknown {
  if (typeof a === 'string') return percentFormat(a, b);
  if (a instanceof Markup) return new Markup(percentFormat(a.value, b, escapeToHtml));
  if (!isNumeric(a) || !isNumeric(b)) return refuse('%', a, b);
  if (toNumber(b) === 0) {
    throw divisionByZero(isFloat(a) || isFloat(b) ? 'float modulo' : 'integer division or modulo by zero');
  }
  return numeric(a, b, floorMod, (x, y) => x - floorDivideInts(x, y) * y);
}

export function power(a: unknown, b: unknown): unknown {
  if (!isNumeric(a) || !isNumeric(b)) return refuse('**', a, b);
  if (isInt(a) && isInt(b) && Number(b) >= 0) {
    const plain = Number(a) ** Number(b);
    if (Number.isSafeInteger(plain)) return plain;
    if (BigInt(a).toString(2).length * Number(b) > MOST_BITS) throw new RangeError('the power has too many digits');
    return int(BigInt(a) ** BigInt(b));
  }
  if (toNumber(a) === 0 && toNumber(b) < 0) throw divisionByZero('0.0 cannot be raised to a negative power');
  return float(toNumber(a) ** toNumber(b));
}

export function negate(value: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  if (value instanceof Float) return float(-value.value);
  if (typeof value === 'bigint') return int(-value);
  if (isNumeric(value)) return value === 0 ? 0 : -toNumber(value);
  throw new TypeError(`bad operand type for unary -: '${typeName(value)}'`);
}

export function positive(value: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  if (typeof value === 'boolean') return Number(value);
  if (isNumeric(value)) return value;
  throw new TypeError(`bad operand type for unary +: '${typeName(value)}'`);
}

/** Texts one behind the other. */
export function joined(parts: readonly string[]): string {
  textOf(parts.reduce((length, part) => length + part.length, 0));
  return parts.join('');
}

/** `a ~ b` where HTML is written: if any part is markup, the others are escaped. */
export function concatMarkup(parts: readonly unknown[], text: (value: unknown) => string): unknown {
  if (!parts.some(isHtml)) return joined(parts.map(text));
  return new Markup(joined(parts.map((part) => (isHtml(part) ? part.__html__() : escapeText(text(part))))));
}
