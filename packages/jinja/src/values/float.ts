/**
 * Python's `int` and `float` in JavaScript. A safe integer of type `number` is an int, a bigint is one beyond 2^53; every
 * other `number` is a float. A float that happens to be whole (`4 / 2`) is an instance of `Float`, so that it prints `2.0`.
 */

/** A float with a whole value. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    return floatText(this.value);
  }

  toJSON(): number {
    return this.value;
  }
}

/** A value that is a number to Python: `True` is 1. */
export type Numeric = number | bigint | boolean | Float;

export const isNumeric = (value: unknown): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Float;

/** An int, or a bool, which Python counts as one. */
export const isInt = (value: unknown): value is number | bigint | boolean =>
  typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint' || typeof value === 'boolean';

/** A float of any kind. */
export const isFloat = (value: unknown): value is number | Float =>
  typeof value === 'number' ? !Number.isSafeInteger(value) : value instanceof Float;

/** The nearest JavaScript number. */
export const toNumber = (value: Numeric): number => (value instanceof Float ? value.value : Number(value));

/** A float of this value. */
export const float = (value: number): number | Float => (Number.isSafeInteger(value) ? new Float(value) : value);

/** An int of this value: a number as long as it is safe. */
export const int = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** `repr()` of a float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= 16 || (exponent < -4 && value !== 0)) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const text = exponent < -6 ? value.toFixed(20) : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** `str()` of any number. */
export function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '0' : String(value);
  return floatText(value);
}
