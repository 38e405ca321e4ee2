/** A dictionary whose keys may have several values: query arguments, form fields, uploaded files, cookies. */
import { toInteger } from '../base/integers.ts';
import { MissingKeyError } from './status-error.ts';

/** Turns a value into another type; it refuses by throwing, or by returning `undefined` or `NaN`. */
export type Convert<V, T> = (value: V) => T | undefined;

/** What can be read from a {@link MultiDict}: the type of `request.args`, as Werkzeug's `ImmutableMultiDict`. */
export type ReadonlyMultiDict<V> = Omit<MultiDict<V>, 'add' | 'set' | 'setList' | 'delete'>;

/**
 * An ordered dictionary with one or more values for each key. Mirrors Werkzeug's `MultiDict`; the conversions of `get`
 * are those of its `TypeConversionDict`.
 */
export class MultiDict<V> implements Iterable<[string, V]> {
  readonly #lists = new Map<string, V[]>();

  /** @param entries pairs in order; a key that appears again gets one more value */
  constructor(entries: Iterable<readonly [string, V]> = []) {
    for (const [key, value] of entries) this.add(key, value);
  }

  /**
   * The first value of `key`, as Werkzeug's `get(key, default, type)`.
   *
   * @param key the name asked for
   * @param fallback returned when the key is missing or `convert` refuses the value; `undefined` unless given
   * @param convert such as {@link int}
   * @example request.args.get('page', 1, int)
   */
  get(key: string): V | undefined;
  get<D>(key: string, fallback: D): V | D;
  get<T, D>(key: string, fallback: D, convert: Convert<V, T>): T | D;
  get(key: string, fallback?: unknown, convert?: Convert<V, unknown>): unknown {
    const list = this.#lists.get(key);
    if (list === undefined || list.length === 0) return fallback;
    if (convert === undefined) return list[0];
    const [first] = convertAll(list.slice(0, 1), convert);
    return first === undefined ? fallback : first;
  }

  /** All values of `key`, those that `convert` refuses left out. Mirrors Werkzeug's `getlist`. */
  getAll(key: string): V[];
  getAll<T>(key: string, convert: Convert<V, T>): T[];
  getAll(key: string, convert?: Convert<V, unknown>): unknown[] {
    const list = this.#lists.get(key) ?? [];
    return convert === undefined ? [...list] : convertAll(list, convert);
  }

  /** The same as {@link getAll}, by the name that Flask's users know. */
  getlist(key: string): V[];
  getlist<T>(key: string, convert: Convert<V, T>): T[];
  getlist(key: string, convert?: Convert<V, unknown>): unknown[] {
    return convert === undefined ? this.getAll(key) : this.getAll(key, convert);
  }

  /**
   * The first value of a key that must be there: `request.form['key']` of Flask.
   *
   * @throws {MissingKeyError} 400 when it is missing, as Werkzeug's `BadRequestKeyError`
   */
  require(key: string): V {
    const [first] = this.#lists.get(key) ?? [];
    if (first !== undefined) return first;
    throw new MissingKeyError(key);
  }

  has(key: string): boolean {
    return this.#lists.has(key);
  }

  /** The number of different keys. */
  get size(): number {
    return this.#lists.size;
  }

  keys(): IterableIterator<string> {
    return this.#lists.keys();
  }

  /** The first value of each key. */
  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Each key with its first value; Werkzeug's `items()`. */
  *entries(): IterableIterator<[string, V]> {
    for (const [key, list] of this.#lists) {
      const [first] = list;
      if (first !== undefined) yield [key, first];
    }
  }

  /** Each key with each of its values; Werkzeug's `items(multi=True)`. */
  *allEntries(): IterableIterator<[string, V]> {
    for (const [key, list] of this.#lists) {
      for (const value of list) yield [key, value];
    }
  }

  /** Iterates over each key with its first value. */
  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  /** Adds one more value for `key`. */
  add(key: string, value: V): void {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [value]);
    else list.push(value);
  }

  /** Makes `value` the only value of `key`. */
  set(key: string, value: V): void {
    this.#lists.set(key, [value]);
  }

  /** Makes `values` the values of `key`; Werkzeug's `setlist`. */
  setList(key: string, values: Iterable<V>): void {
    this.#lists.set(key, [...values]);
  }

  /** Forgets `key`; says whether it was there. */
  delete(key: string): boolean {
    return this.#lists.delete(key);
  }

  /**
   * A plain object: the first value of each key, or with `flat: false` a list of all its values. Mirrors `to_dict`.
   * A key such as `__proto__` becomes an ordinary property and changes no prototype.
   */
  toDict(options?: { readonly flat?: true }): Record<string, V>;
  toDict(options: { readonly flat: false }): Record<string, V[]>;
  toDict({ flat = true }: { readonly flat?: boolean } = {}): Record<string, V> | Record<string, V[]> {
    if (flat) return Object.fromEntries(this.entries());
    return Object.fromEntries([...this.#lists].map(([key, list]) => [key, [...list]]));
  }

  toJSON(): Record<string, V> {
    return this.toDict();
  }
}

function convertAll<V, T>(values: readonly V[], convert: Convert<V, T>): T[] {
  const converted: T[] = [];
  for (const value of values) {
    try {
      const result = convert(value);
      if (result !== undefined && !Number.isNaN(result)) converted.push(result);
    } catch {
      // A converter refuses by throwing, as Python's int() does: the value counts as missing.
    }
  }
  return converted;
}

/** Converter for whole numbers in decimal notation, as Python's `int`; anything else is refused, and what is beyond 2^53. */
export function int(value: string): number | undefined {
  return toInteger(value);
}

/** Converter for numbers in decimal notation, as Python's `float` without its `nan` and `inf`. */
export function float(value: string): number | undefined {
  return /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value) ? Number(value) : undefined;
}
