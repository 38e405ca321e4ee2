/** Attributes and methods of numbers and of dates. */
import type { AnyFunction } from './callable.ts';
import { Float, floatText, isInt, type Numeric, toNumber } from './float.ts';
import { dateText, dayText } from './printing.ts';
import { tuple } from './sequences.ts';
import { isoCalendar, strftime } from './strftime.ts';

type NumberAttribute = (value: Numeric) => number | bigint | AnyFunction | Float | undefined;

const onlyInt = (value: Numeric) => (isInt(value) ? (typeof value === 'boolean' ? Number(value) : value) : undefined);

export const NUMBER_ATTRIBUTES: Readonly<Record<string, NumberAttribute>> = Object.assign(Object.create(null), {
  real: (value: Numeric) => (typeof value === 'boolean' ? Number(value) : value),
  imag: (value: Numeric) => (isInt(value) ? 0 : new Float(0)),
  numerator: onlyInt,
  denominator: (value: Numeric) => (isInt(value) ? 1 : undefined),
  conjugate: (value: Numeric) => () => value,
  bit_length: (value: Numeric) =>
    isInt(value) ? () => (toNumber(value) === 0 ? 0 : BigInt(value).toString(2).replace('-', '').length) : undefined,
  is_integer: (value: Numeric) => (isInt(value) ? undefined : () => Number.isInteger(toNumber(value))),
  hex: (value: Numeric) => (isInt(value) ? undefined : () => floatText(toNumber(value))),
});

export const DATE_ATTRIBUTES: Readonly<Record<string, (date: Date) => unknown>> = {
  year: (date) => date.getUTCFullYear(),
  month: (date) => date.getUTCMonth() + 1,
  day: (date) => date.getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  second: (date) => date.getUTCSeconds(),
  microsecond: (date) => date.getUTCMilliseconds() * 1000,
  tzinfo: () => null,
  strftime: (date) => (format: unknown) => strftime(date, String(format)),
  isoformat:
    (date) =>
    (separator: unknown = 'T') =>
      dateText(date, String(separator)),
  date: (date) => () => new Day(date),
  timestamp: (date) => () => new Float(date.getTime() / 1000),
  weekday: (date) => () => (date.getUTCDay() + 6) % 7,
  isoweekday: (date) => () => date.getUTCDay() || 7,
  isocalendar: (date) => () => tuple(isoCalendar(date)),
  ctime: (date) => () => strftime(date, '%c'),
};

/** `datetime.date()`: prints as its day. */
class Day extends Date {
  override toString(): string {
    return dayText(this);
  }

  isoformat(): string {
    return dayText(this);
  }
}
