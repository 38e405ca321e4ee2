/** What Python would call a value's type. */
import { isPlain } from './dicts.ts';
import { Float } from './float.ts';
import { Markup } from './markup.ts';
import { DictView, Once, Range, Tuple } from './sequences.ts';

export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'number':
      return Number.isSafeInteger(value) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'function':
      return 'function';
    case 'undefined':
      return 'Undefined';
    case 'symbol':
      return 'symbol';
  }
  return value === null || value === undefined ? 'NoneType' : objectName(value);
}

function objectName(value: object): string {
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map || isPlain(value)) return 'dict';
  if (value instanceof Set) return 'set';
  if (value instanceof Markup) return 'Markup';
  if (value instanceof Date) return 'datetime';
  if (value instanceof Once) return 'generator';
  if (value instanceof Range) return 'range';
  if (value instanceof DictView) return `dict_${value.kind}`;
  return value.constructor?.name || 'object';
}

/** As Jinja names an object in its messages. */
export const describeType = (value: unknown): string => (value === null ? 'None' : `${typeName(value)} object`);
