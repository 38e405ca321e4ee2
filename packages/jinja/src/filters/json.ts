/** JSON as Python's `json.dumps` writes it: a space behind `:` and `,`, and ASCII only. */
import { spend, textOf } from '../values/budget.ts';
import { dictEntries, isDict } from '../values/dicts.ts';
import { Float, floatText, isNumeric } from '../values/float.ts';
import { typeName } from '../values/kinds.ts';
import { Markup } from '../values/markup.ts';
import { str } from '../values/printing.ts';
import { order } from '../values/truth.ts';

/** @throws TypeError for what JSON has not */
export function toJson(value: unknown, indent: number | null, sortsKeys: boolean): string {
  const seen: object[] = [];
  const write = (item: unknown, level: number): string => {
    if (typeof item === 'string') return quote(item);
    if (item instanceof Markup) return quote(item.value);
    if (item === null) return 'null';
    if (typeof item === 'boolean') return String(item);
    if (isNumeric(item)) return jsonNumber(item);
    if (typeof item !== 'object') throw unserializable(item);
    spend(1);
    if (seen.includes(item)) throw new RangeError('Circular reference detected');
    seen.push(item);
    const text = writeObject(item, level);
    seen.pop();
    return text;
  };
  const writeObject = (item: object, level: number): string => {
    if (Array.isArray(item))
      return wrap(
        '[',
        item.map((one) => write(one, level + 1)),
        ']',
        level,
      );
    if (isDict(item)) {
      const pairs = sortsKeys ? dictEntries(item).toSorted(([a], [b]) => order(a, b)) : dictEntries(item);
      const entries = pairs.map(([key, one]) => [keyText(key), one] as const);
      return wrap(
        '{',
        entries.map(([key, one]) => `${quote(key)}: ${write(one, level + 1)}`),
        '}',
        level,
      );
    }
    if ('toJSON' in item && typeof item.toJSON === 'function') return write(item.toJSON(), level);
    throw unserializable(item);
  };
  const wrap = (open: string, parts: readonly string[], close: string, level: number): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return open + parts.join(', ') + close;
    const line = `\n${' '.repeat(textOf(indent * (level + 1)))}`;
    textOf(line.length * parts.length);
    return `${open}${line}${parts.join(`,${line}`)}\n${' '.repeat(indent * level)}${close}`;
  };
  return write(value, 0);
}

const unserializable = (item: unknown) => new TypeError(`Object of type ${typeName(item)} is not JSON serializable`);

const NON_FINITE: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

function jsonNumber(value: number | bigint | boolean | Float): string {
  if (value instanceof Float) return floatText(value.value);
  const text = str(value);
  return NON_FINITE[text] ?? text;
}

const keyText = (key: unknown): string => {
  if (typeof key === 'boolean' || key === null) return String(key);
  if (typeof key === 'string' || key instanceof Markup || isNumeric(key)) return str(key);
  throw new TypeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
};

/** `JSON.stringify`'s escapes are Python's but for what is beyond ASCII. */
const quote = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) =>
    c === '\u007f' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
