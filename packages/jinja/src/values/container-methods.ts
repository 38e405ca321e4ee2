/** The methods of `list`, `tuple` and `dict`: each gets its object first. */

import { listOf } from './budget.ts';
import { type AnyFunction, type Keywords, named, withKeywords } from './callable.ts';
import { type Dict, dictEntries, dictKeys, dictValues, isDict, makeDict } from './dicts.ts';
import { isInt } from './float.ts';
import { Markup } from './markup.ts';
import { repr } from './printing.ts';
import { DictView, tuple } from './sequences.ts';
import { dictGet, equals, isMapLike, iterate, order, toList, truth } from './truth.ts';

const position = (index: unknown, length: number) => {
  if (!isInt(index)) throw new TypeError('an index must be an integer');
  const at = Number(index);
  return at < 0 ? at + length : at;
};

function pop(list: unknown[], index: unknown = -1): unknown {
  const at = position(index, list.length);
  if (list.length === 0) throw new RangeError('pop from empty list');
  if (at < 0 || at >= list.length) throw new RangeError('pop index out of range');
  return list.splice(at, 1)[0];
}

function indexOf(list: readonly unknown[], value: unknown): number {
  const index = list.findIndex((item) => equals(item, value));
  if (index < 0) throw new RangeError(`${repr(value)} is not in list`);
  return index;
}

const countOf = (list: readonly unknown[], value: unknown) => list.filter((item) => equals(item, value)).length;

function sortInPlace(list: unknown[], key: unknown = null, reverse: unknown = false): null {
  const keyOf = typeof key === 'function' ? (item: unknown): unknown => key(item) : (item: unknown) => item;
  const direction = truth(reverse) ? -1 : 1;
  list.sort((a, b) => direction * order(keyOf(a), keyOf(b)));
  return null;
}

export const TUPLE_METHODS: Readonly<Record<string, AnyFunction>> = { count: countOf, index: indexOf };

export const LIST_METHODS: Readonly<Record<string, AnyFunction>> = {
  ...TUPLE_METHODS,
  append: (list: unknown[], value: unknown) => {
    list.push(value);
    return null;
  },
  clear: (list: unknown[]) => {
    list.length = 0;
    return null;
  },
  copy: (list: readonly unknown[]) => [...list],
  extend: (list: unknown[], values: unknown) => {
    const more = toList(values);
    listOf(list.length + more.length);
    for (const value of [...more]) list.push(value);
    return null;
  },
  insert: (list: unknown[], index: unknown, value: unknown) => {
    list.splice(Math.max(0, position(index, list.length)), 0, value);
    return null;
  },
  pop,
  remove: (list: unknown[], value: unknown) => {
    list.splice(indexOf(list, value), 1);
    return null;
  },
  reverse: (list: unknown[]) => {
    list.reverse();
    return null;
  },
  sort: named(['key', 'reverse'], sortInPlace),
};

/** The key that a Map has for one equal to this, or this. */
function ownKey(dict: Map<unknown, unknown>, key: unknown): unknown {
  if (dict.has(key)) return key;
  const text = key instanceof Markup ? key.value : key;
  if (dict.has(text)) return text;
  for (const own of dict.keys()) if (equals(own, key)) return own;
  return key;
}

function store(dict: Dict, key: unknown, value: unknown): void {
  if (dict instanceof Map) dict.set(ownKey(dict, key), value);
  else {
    const name = key instanceof Markup ? key.value : key;
    if (typeof name !== 'string') throw new TypeError(`a plain object's keys are texts, not ${repr(key)}`);
    Object.defineProperty(dict, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

function remove(dict: Dict, key: unknown): void {
  if (dict instanceof Map) dict.delete(ownKey(dict, key));
  else Reflect.deleteProperty(dict, String(key));
}

/** The pairs of what `dict(x)` and `update(x)` accept: a dict, or pairs. */
export const pairsOf = (value: unknown): [unknown, unknown][] => {
  // Of an instance of a class nothing but what it gives by itself: its fields are not its items.
  if (isDict(value)) return dictEntries(value);
  if (isMapLike(value)) return [...iterate(value)].map((key) => [key, value.get(key)]);
  return [...iterate(value)].map((pair) => {
    const [key, item] = toList(pair);
    return [key, item];
  });
};

function update(dict: Dict, other: unknown, keywords: Keywords): null {
  if (other !== undefined) for (const [key, value] of pairsOf(other)) store(dict, key, value);
  for (const [key, value] of Object.entries(keywords)) store(dict, key, value);
  return null;
}

function popKey(dict: Dict, key: unknown, ...otherwise: unknown[]): unknown {
  const value = dictGet(dict, key);
  if (value === undefined) {
    if (otherwise.length > 0) return otherwise[0];
    throw new RangeError(repr(key));
  }
  remove(dict, key);
  return value;
}

export const DICT_METHODS: Readonly<Record<string, AnyFunction>> = {
  clear: (dict: Dict) => {
    for (const key of dictKeys(dict)) remove(dict, key);
    return null;
  },
  copy: (dict: Dict) => makeDict(dictEntries(dict)),
  get: (dict: Dict, key: unknown, otherwise: unknown = null) =>
    dictGet(dict, key) ?? (hasNone(dict, key) ? null : otherwise),
  items: (dict: Dict) => new DictView('items', dictEntries(dict).map(tuple)),
  keys: (dict: Dict) => new DictView('keys', dictKeys(dict)),
  pop: popKey,
  popitem: (dict: Dict) => {
    const last = dictEntries(dict).at(-1);
    if (!last) throw new RangeError("'popitem(): dictionary is empty'");
    remove(dict, last[0]);
    return tuple(last);
  },
  setdefault: (dict: Dict, key: unknown, otherwise: unknown = null) => {
    const value = dictGet(dict, key);
    if (value !== undefined) return value;
    store(dict, key, otherwise);
    return otherwise;
  },
  update: withKeywords((dict: Dict, ...args: unknown[]) => {
    const keywords = args.pop();
    return update(dict, args[0], isKeywords(keywords) ? keywords : {});
  }),
  values: (dict: Dict) => new DictView('values', dictValues(dict)),
};

const hasNone = (dict: Dict, key: unknown) => dictGet(dict, key) === null;

const isKeywords = (value: unknown): value is Keywords => typeof value === 'object' && value !== null;
