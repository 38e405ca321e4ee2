/** Dicts: plain objects, whose keys are texts, and Maps, whose keys are anything. */

import { isNumeric, toNumber } from './float.ts';
import { isPlain, type PlainDict } from './plain.ts';
import { Tuple } from './sequences.ts';

export { isPlain };

export type Dict = PlainDict | Map<unknown, unknown>;

export const isDict = (value: unknown): value is Dict => value instanceof Map || isPlain(value);

export const dictKeys = (dict: Dict): unknown[] => (dict instanceof Map ? [...dict.keys()] : Object.keys(dict));

export const dictValues = (dict: Dict): unknown[] => (dict instanceof Map ? [...dict.values()] : Object.values(dict));

export const dictEntries = (dict: Dict): [unknown, unknown][] =>
  dict instanceof Map ? [...dict.entries()] : Object.entries(dict);

export const dictSize = (dict: Dict): number => (dict instanceof Map ? dict.size : Object.keys(dict).length);

/** Whether a text keeps its place among a plain object's keys, and names nothing of its prototype. */
const isOrdinaryKey = (key: unknown): key is string =>
  typeof key === 'string' && key !== '__proto__' && !/^(0|[1-9]\d{0,9})$/.test(key);

/** @throws TypeError for what can be no key: a list, a dict */
export function checkHashable(key: unknown): void {
  if (key instanceof Tuple) key.forEach(checkHashable);
  else if (Array.isArray(key) || isDict(key) || key instanceof Set) {
    const type = Array.isArray(key) ? 'list' : key instanceof Set ? 'set' : 'dict';
    throw new TypeError(`unhashable type: '${type}'`);
  }
}

/** A dict of these entries: a plain object if it can hold them in their order, else a Map. */
export function makeDict(entries: Iterable<readonly [unknown, unknown]>): Dict {
  const list = [...entries];
  if (list.every(([key]) => isOrdinaryKey(key))) return Object.fromEntries(list);
  const map = new Map<unknown, unknown>();
  for (const [key, value] of list) {
    checkHashable(key);
    map.set(sameKey(map, key), value);
  }
  return map;
}

/** The key that a Map has already for a number: `1`, `1.0` and `True` are one. */
function sameKey(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (map.has(key) || !isNumeric(key)) return key;
  for (const own of map.keys()) if (isNumeric(own) && toNumber(own) === toNumber(key)) return own;
  return key;
}
