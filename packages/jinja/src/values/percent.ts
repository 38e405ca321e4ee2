/** `'%s is %.2f' % values`. */

import { textOf } from './budget.ts';
import { isDict } from './dicts.ts';
import { isInt, isNumeric, toNumber } from './float.ts';
import { formatValue, WIDEST } from './format-spec.ts';
import { typeName } from './kinds.ts';
import { repr, str } from './printing.ts';
import { Tuple } from './sequences.ts';
import { characters, textLength } from './text.ts';
import { dictGet } from './truth.ts';
import { Undefined } from './undefined.ts';

const CONVERSION =
  /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d*)(?:\.(?<precision>\*|\d*))?[hlL]?(?<type>.)?/gsu;

/** @param show How `%s` shows a value: `str`, or HTML where the format is markup. */
export function percentFormat(format: string, values: unknown, show: (value: unknown) => string = str): string {
  const list: readonly unknown[] = values instanceof Tuple ? values : [values];
  let next = 0;
  const take = () => {
    if (next >= list.length) throw new TypeError('not enough arguments for format string');
    return list[next++];
  };
  let usesKeys = false;
  const text = format.replace(CONVERSION, (...found) => {
    const groups: Readonly<Record<string, string | undefined>> = found.at(-1);
    const { key, type } = groups;
    if (type === undefined) throw new RangeError('incomplete format');
    if (type === '%') return '%';
    const size = (text: string | undefined) => (text === '*' ? Number(take()) : text ? Number(text) : undefined);
    const width = size(groups['width']);
    const precision = groups['precision'] === '' ? 0 : size(groups['precision']);
    if ((precision ?? 0) > WIDEST) throw new RangeError('precision too big');
    textOf(precision ?? 0);
    if (key !== undefined) usesKeys = true;
    const value = key === undefined ? take() : keyed(values, key);
    return convert(value, type, groups['flags'] ?? '', width, precision, show);
  });
  if (next < list.length && !usesKeys && !isDict(values) && !(Array.isArray(values) && !(values instanceof Tuple))) {
    throw new TypeError('not all arguments converted during string formatting');
  }
  return text;
}

function keyed(values: unknown, key: string): unknown {
  if (!isDict(values)) throw new TypeError('format requires a mapping');
  const value = dictGet(values, key);
  if (value === undefined) throw new RangeError(repr(key));
  return value;
}

function convert(
  value: unknown,
  type: string,
  flags: string,
  width: number | undefined,
  precision: number | undefined,
  show: (value: unknown) => string,
): string {
  const isLeft = flags.includes('-');
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const zero = flags.includes('0') && !isLeft ? '0' : '';
  const pad = isLeft ? '<' : '>';
  if ('sra'.includes(type)) {
    const shown = type === 's' ? show(value) : show(repr(value));
    const cut = precision === undefined ? shown : characters(shown).slice(0, precision).join('');
    return formatValue(cut, `${pad}${width ?? ''}`);
  }
  if (type === 'c') {
    const character = typeof value === 'string' ? value : isInt(value) ? String.fromCodePoint(Number(value)) : '';
    if (textLength(character) !== 1) throw new TypeError('%c requires int or char');
    return formatValue(show(character), `${pad}${width ?? ''}`);
  }
  if (value instanceof Undefined) value.fail();
  if (!isNumeric(value)) {
    const kind = 'diu'.includes(type) ? `%${type} format: a real number is required` : 'must be real number';
    throw new TypeError(`${kind}, not ${typeName(value)}`);
  }
  const align = isLeft ? '<' : zero ? '' : '>';
  const alternate = flags.includes('#') ? '#' : '';
  if ('diu'.includes(type)) {
    const whole = isInt(value) ? BigInt(value) : BigInt(Math.trunc(toNumber(value)));
    const digits = formatValue(whole < 0n ? -whole : whole, 'd').padStart(precision ?? 0, '0');
    const signed = (whole < 0n ? '-' : sign) + digits;
    if (zero && precision === undefined) return formatValue(whole, `${sign}0${width ?? ''}d`);
    return formatValue(signed, `${pad}${width ?? ''}`);
  }
  if ('oxX'.includes(type)) {
    if (!isInt(value)) throw new TypeError(`%${type} format: an integer is required, not float`);
    return formatValue(
      typeof value === 'boolean' ? Number(value) : value,
      `${align}${sign}${alternate}${zero}${width ?? ''}${type}`,
    );
  }
  if (!'eEfFgG'.includes(type))
    throw new RangeError(`unsupported format character '${type}' (0x${type.charCodeAt(0).toString(16)})`);
  return formatValue(value, `${align}${sign}${alternate}${zero}${width ?? ''}.${precision ?? 6}${type}`);
}
