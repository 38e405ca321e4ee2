/** `str()` and `repr()`, and the HTML of any value. */
import { spend } from './budget.ts';
import { dictEntries, isDict } from './dicts.ts';
import { Float, floatText, numberText } from './float.ts';
import { typeName } from './kinds.ts';
import { escapeText, isHtml, Markup } from './markup.ts';
import { DictView, Once, Range, Tuple } from './sequences.ts';
import { reprText } from './text.ts';
import { Undefined } from './undefined.ts';

/** `str(value)`. */
export function str(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return value.toString();
    case 'undefined':
      return '';
    case 'object':
      if (value === null) return 'None';
      if (value instanceof Markup) return value.value;
      if (value instanceof Undefined) return value.toText();
      if (value instanceof Date) return value.toString === Date.prototype.toString ? dateText(value) : String(value);
      return repr(value);
  }
  return repr(value);
}

/** `repr(value)`. */
export function repr(value: unknown, seen: readonly object[] = []): string {
  if (typeof value === 'string') return reprText(value);
  if (typeof value === 'function') return `<function ${value.name || '<lambda>'}>`;
  if (typeof value !== 'object' || value === null) return typeof value === 'symbol' ? String(value) : str(value);
  spend(1);
  if (seen.includes(value)) return Array.isArray(value) ? '[...]' : '{...}';
  return reprObject(value, [...seen, value]);
}

function reprObject(value: object, seen: readonly object[]): string {
  const inner = (item: unknown) => repr(item, seen);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Markup) return `Markup(${reprText(value.value)})`;
  if (value instanceof Tuple) return value.length === 1 ? `(${inner(value[0])},)` : `(${value.map(inner).join(', ')})`;
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (isDict(value))
    return `{${dictEntries(value)
      .map(([key, item]) => `${inner(key)}: ${inner(item)}`)
      .join(', ')}}`;
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(inner).join(', ')}}`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Range) {
    const step = value.step === 1 ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  if (value instanceof DictView) return `dict_${value.kind}([${value.items.map(inner).join(', ')}])`;
  if (value instanceof Once) return '<generator object>';
  if (value instanceof Date) return reprDate(value);
  return hostText(value);
}

/** An instance of an app's class: its own `toString`, or its class's name. */
function hostText(value: object): string {
  const text = 'toString' in value && typeof value.toString === 'function' ? value.toString : Object.prototype.toString;
  return text === Object.prototype.toString ? `<${typeName(value)} object>` : String(text.call(value));
}

const two = (number: number) => String(number).padStart(2, '0');

const fraction = (date: Date) => {
  const milliseconds = date.getUTCMilliseconds();
  return milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0')}000`;
};

/** A date's day as `2024-01-31`, in UTC as all of a date here. */
export const dayText = (date: Date): string =>
  `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;

/** `str()` of a naive datetime, in UTC. */
export const dateText = (date: Date, separator = ' '): string =>
  `${dayText(date)}${separator}${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${fraction(date)}`;

function reprDate(date: Date): string {
  const parts = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
  ];
  if (date.getUTCSeconds() || date.getUTCMilliseconds()) parts.push(date.getUTCSeconds());
  if (date.getUTCMilliseconds()) parts.push(date.getUTCMilliseconds() * 1000);
  return `datetime.datetime(${parts.join(', ')})`;
}

/** HTML of any value: markup stays as it is. */
export function escapeToHtml(value: unknown): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Markup) return value.value;
  return isHtml(value) ? value.__html__() : escapeText(str(value));
}

/** `markupsafe.escape()`. */
export const markupOf = (value: unknown): Markup => (value instanceof Markup ? value : new Markup(escapeToHtml(value)));
