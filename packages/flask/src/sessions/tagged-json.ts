/** Lossless JSON for sessions: types that JSON lacks are wrapped in an object with one tag. */

import { Markup } from '../base/markup.ts';
import { httpDate, parseDate } from '../http/dates.ts';
import { numberToJson, parseJson, stringToJson } from './json-text.ts';
import { Uuid } from './uuid.ts';

/** How one type is written and read. Mirrors Flask's `JSONTag`. */
export interface JsonTag {
  /** What marks the type: `{[key]: …}`. Flask's own tags begin with a space. */
  readonly key: string;
  /** Whether a value is of the type. */
  check(value: unknown): boolean;
  /** The value in terms of JSON and other tagged types. */
  toJson(value: unknown): unknown;
  /** The value again. What is inside has been read already. Throws when it cannot be. */
  fromJson(json: unknown): unknown;
}

/** Defines a tag whose type guard types its writer. */
function tag<T>(
  key: string,
  check: (value: unknown) => value is T,
  toJson: (value: T) => unknown,
  fromJson: (json: unknown) => unknown,
): JsonTag {
  return {
    key,
    check,
    toJson: (value) => {
      if (!check(value)) throw new TypeError(`The tag "${key}" does not fit a ${typeof value}.`);
      return toJson(value);
    },
    fromJson,
  };
}

/** A frozen array is what a tuple is in Python: a list that cannot change. */
const TUPLE = tag(
  ' t',
  (value): value is readonly unknown[] => Array.isArray(value) && Object.isFrozen(value),
  (value) => [...value],
  (json) => Object.freeze(Array.isArray(json) ? json : [...stringOf(json)]),
);

const BYTES = tag(
  ' b',
  (value) => value instanceof Uint8Array,
  (value) => Buffer.from(value).toString('base64'),
  (json) => new Uint8Array(Buffer.from(stringOf(json), 'base64')),
);

const MARKUP = tag(
  ' m',
  (value) => value instanceof Markup,
  (value) => value.toString(),
  (json) => new Markup(stringOf(json)),
);

const UUID = tag(
  ' u',
  (value) => value instanceof Uuid,
  (value) => value.hex,
  (json) => new Uuid(stringOf(json)),
);

/** A date of HTTP: parts of a second are lost, as in Python. */
const DATETIME = tag(
  ' d',
  (value) => value instanceof Date,
  (value) => httpDate(value),
  (json) => parseDate(stringOf(json)) ?? null,
);

function stringOf(json: unknown): string {
  if (typeof json === 'string') return json;
  throw new TypeError(`A tagged value must be a string (got ${typeof json}).`);
}

/** Marks an object that would otherwise be taken for a tagged value. */
const DICT_KEY = ' di';

/** Deeper than this, a value is taken for one that contains itself. */
const MAX_DEPTH = 200;

/**
 * Writes and reads values losslessly. Mirrors Flask's `TaggedJSONSerializer`; what Python's types become:
 *
 * | Python | TypeScript |
 * |---|---|
 * | dict, list, str, bool, None | object, array, string, boolean, null |
 * | int | number; bigint where a number would round |
 * | float | number |
 * | tuple | frozen array |
 * | bytes | Uint8Array |
 * | Markup | Markup |
 * | UUID | Uuid |
 * | datetime | Date |
 */
export class TaggedJsonSerializer {
  readonly #tags: JsonTag[] = [TUPLE, BYTES, MARKUP, UUID, DATETIME];

  /**
   * Adds a type of the app's own, tried before those that are there.
   *
   * @throws {TypeError} when its key is taken; Flask's `register` raises KeyError
   */
  register(newTag: JsonTag): void {
    if (this.#isTagKey(newTag.key)) throw new TypeError(`The tag "${newTag.key}" is already registered.`);
    this.#tags.unshift(newTag);
  }

  #isTagKey(key: string): boolean {
    return key === DICT_KEY || this.#tags.some((known) => known.key === key);
  }

  /**
   * Compact JSON in ASCII with sorted keys, as Flask writes it.
   *
   * @throws {TypeError} for what has no tag: functions, symbols, instances of other classes, circular values
   */
  dumps(value: unknown): string {
    return this.#write(value, 0);
  }

  #write(value: unknown, depth: number): string {
    if (depth > MAX_DEPTH) throw new TypeError(`A session's value is circular or deeper than ${MAX_DEPTH} levels.`);
    const known = this.#tags.find((candidate) => candidate.check(value));
    if (known !== undefined) return `{${stringToJson(known.key)}:${this.#write(known.toJson(value), depth + 1)}}`;
    switch (typeof value) {
      case 'string':
        return stringToJson(value);
      case 'number':
      case 'bigint':
        return numberToJson(value);
      case 'boolean':
        return String(value);
      case 'undefined':
        return 'null';
      case 'object':
        return value === null ? 'null' : this.#writeObject(value, depth);
      default:
        throw new TypeError(`A session cannot hold a ${typeof value}.`);
    }
  }

  #writeObject(value: object, depth: number): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.#write(item, depth + 1)).join(',')}]`;
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#write(value.toJSON(), depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) {
      throw new TypeError(`A session cannot hold a ${value.constructor.name}: register a tag for it.`);
    }
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const [only] = members.length === 1 ? members : [];
    if (only !== undefined && this.#isTagKey(only[0])) {
      return `{${stringToJson(DICT_KEY)}:{${stringToJson(`${only[0]}__`)}:${this.#write(only[1], depth + 1)}}}`;
    }
    return `{${members.map(([key, member]) => `${stringToJson(key)}:${this.#write(member, depth + 1)}`).join(',')}}`;
  }

  /**
   * The reverse of {@link dumps}.
   *
   * @throws {SyntaxError} when it is no JSON
   * @throws {TypeError} when a tagged value is not what its tag says
   */
  loads(text: string): unknown {
    return parseJson(text, (object) => this.#untag(object));
  }

  #untag(object: Record<string, unknown>): unknown {
    const [only, ...others] = Object.entries(object);
    if (only === undefined || others.length > 0) return object;
    const [key, json] = only;
    if (key === DICT_KEY) return untagDict(json);
    const known = this.#tags.find((candidate) => candidate.key === key);
    return known === undefined ? object : known.fromJson(json);
  }
}

function untagDict(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new TypeError('A tagged dict must be an object.');
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key.slice(0, -2), value]));
}
