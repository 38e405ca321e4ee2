/** Truth, length, iteration, equality, order and membership, as Python has them. */
import { currentBudget, listOf, spend } from './budget.ts';
import { type Dict, dictEntries, dictKeys, dictSize, isDict } from './dicts.ts';
import { Float, isNumeric, type Numeric } from './float.ts';
import { typeName } from './kinds.ts';
import { Markup } from './markup.ts';
import { DictView, Once, Range, Tuple } from './sequences.ts';
import { characters, compareText, textLength } from './text.ts';
import { Undefined } from './undefined.ts';

/** `bool(value)`. */
export function truth(value: unknown): boolean {
  if (typeof value !== 'object') return typeof value === 'function' || Boolean(value) || Number.isNaN(value);
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Undefined) {
    value.check();
    return false;
  }
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Once) return true;
  return lengthOf(value) !== 0;
}

/** `len(value)`; undefined when it has none. */
export function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return textLength(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Markup) return textLength(value.value);
  if (value instanceof Undefined) {
    value.check();
    return 0;
  }
  if (isDict(value)) return dictSize(value);
  if (value instanceof DictView) return value.items.length;
  if (value instanceof Range) return value.length;
  if (Symbol.iterator in value) {
    if ('size' in value && typeof value.size === 'number') return value.size;
    if ('length' in value && typeof value.length === 'number') return value.length;
  }
  return undefined;
}

const isIterable = (value: object): value is Iterable<unknown> =>
  Symbol.iterator in value && typeof value[Symbol.iterator] === 'function';

/** What `for` goes through; undefined when the value is not iterable. */
export function iterableOf(value: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return characters(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Markup) return characters(value.value);
  if (value instanceof Undefined) {
    value.check();
    return [];
  }
  if (isDict(value)) return dictKeys(value);
  if (!isIterable(value)) return undefined;
  return isMapLike(value) && 'keys' in value && typeof value.keys === 'function' ? toIterable(value.keys()) : value;
}

const toIterable = (value: unknown): Iterable<unknown> =>
  typeof value === 'object' && value !== null && isIterable(value) ? value : [];

/** What `for` goes through, or the error that Python raises. */
export function iterate(value: unknown): Iterable<unknown> {
  const iterable = iterableOf(value);
  if (iterable) return iterable;
  throw new TypeError(`'${typeName(value)}' object is not iterable`);
}

/** `list(value)`, or the array itself. */
export function toList(value: unknown): readonly unknown[] {
  const iterable = iterate(value);
  if (Array.isArray(iterable)) {
    spend(iterable.length);
    return iterable;
  }
  if (!currentBudget()) return [...iterable];
  const list: unknown[] = [];
  for (const item of iterable) {
    if (list.push(item) % 1024 === 0) listOf(list.length);
  }
  return list;
}

/** `a == b`: no coercion but among numbers. */
export function equals(a: unknown, b: unknown): boolean {
  if (a === b) return !Number.isNaN(a);
  if (typeof a === 'string' && typeof b === 'string') return false;
  if (isNumeric(a) && isNumeric(b)) return numericOrder(a, b) === 0;
  if (a instanceof Undefined || b instanceof Undefined) return undefinedEquals(a, b);
  if (a instanceof Markup) return equals(a.value, b);
  if (b instanceof Markup) return equals(a, b.value);
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a instanceof Tuple !== b instanceof Tuple || a.length !== b.length) return false;
    spend(a.length);
    return a.every((item, i) => item === b[i] || equals(item, b[i]));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item));
  if (a instanceof Range && b instanceof Range) return equals([...a], [...b]);
  if (a instanceof DictView && b instanceof DictView) return viewEquals(a, b);
  return isDict(a) && isDict(b) && dictEquals(a, b);
}

function undefinedEquals(a: unknown, b: unknown): boolean {
  if (a instanceof Undefined) a.check();
  if (b instanceof Undefined) b.check();
  return a instanceof Undefined && b instanceof Undefined && a.constructor === b.constructor;
}

/** Keys and items are sets; values are equal to nothing. */
const viewEquals = (a: DictView, b: DictView): boolean =>
  a.kind !== 'values' &&
  b.kind !== 'values' &&
  a.items.length === b.items.length &&
  a.items.every((item) => b.items.some((other) => equals(item, other)));

function dictEquals(a: Dict, b: Dict): boolean {
  spend(1);
  if (dictSize(a) !== dictSize(b)) return false;
  return dictEntries(a).every(([key, value]) => {
    const other = dictGet(b, key);
    return other !== undefined && (other === value || equals(other, value));
  });
}

/** A dict's value, undefined when it has none: keys are equal as Python has it, `1`, `1.0` and `True` alike. */
export function dictGet(dict: Dict, key: unknown): unknown {
  if (dict instanceof Map) {
    const found = dict.get(key);
    if (found !== undefined || dict.has(key) || dict.size === 0) return found;
    if (typeof key === 'string') {
      for (const [own, value] of dict) if (own instanceof Markup && own.value === key) return value;
      return undefined;
    }
    for (const [own, value] of dict) if (equals(own, key)) return value;
    return undefined;
  }
  const name = key instanceof Markup ? key.value : key;
  return typeof name === 'string' && Object.hasOwn(dict, name) ? dict[name] : undefined;
}

function numericOrder(a: Numeric, b: Numeric): number {
  const left = a instanceof Float ? a.value : typeof a === 'boolean' ? Number(a) : a;
  const right = b instanceof Float ? b.value : typeof b === 'boolean' ? Number(b) : b;
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

/**
 * Below 0, 0, above 0, or NaN as `a` is to `b`.
 * @throws TypeError when Python cannot order them
 */
export function order(a: unknown, b: unknown, operator = '<'): number {
  if (isNumeric(a) && isNumeric(b)) return numericOrder(a, b);
  if (a instanceof Undefined) a.fail();
  if (b instanceof Undefined) b.fail();
  const left = a instanceof Markup ? a.value : a;
  const right = b instanceof Markup ? b.value : b;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (Array.isArray(left) && Array.isArray(right) && left instanceof Tuple === right instanceof Tuple) {
    for (let i = 0; i < left.length && i < right.length; i++) {
      if (!equals(left[i], right[i])) return order(left[i], right[i], operator);
    }
    return left.length - right.length;
  }
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  throw new TypeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** `item in container`. */
export function contains(container: unknown, item: unknown): boolean {
  if (typeof container === 'string' || container instanceof Markup) {
    if (item instanceof Undefined) item.fail();
    if (typeof item !== 'string' && !(item instanceof Markup)) {
      throw new TypeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    return String(container).includes(String(item));
  }
  if (isDict(container)) return dictGet(container, item) !== undefined;
  if (container instanceof Set && container.has(item)) return true;
  if (container instanceof Range && typeof item === 'number') return container.has(item);
  if (hasMembership(container)) return container.has(item instanceof Markup ? item.value : item);
  const iterable = iterableOf(container);
  if (!iterable) throw new TypeError(`argument of type '${typeName(container)}' is not iterable`);
  for (const member of iterable) if (member === item || equals(member, item)) return true;
  return false;
}

/** An app's object that has keys, as FormData, Headers and URLSearchParams do. */
export interface MapLike {
  has(key: unknown): boolean;
  get(key: unknown): unknown;
}

export const isMapLike = (value: unknown): value is MapLike =>
  hasMembership(value) && 'get' in value && typeof value.get === 'function';

const hasMembership = (value: unknown): value is { has(key: unknown): boolean } =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Set) &&
  'has' in value &&
  typeof value.has === 'function';
