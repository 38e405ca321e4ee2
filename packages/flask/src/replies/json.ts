/** JSON as Flask writes it: keys sorted, beyond ASCII escaped, dates as HTTP dates. Flask's `DefaultJSONProvider`. */

import { markNumber, parseWithBigints, unmarkNumbers, unsafeIntegerIn } from '../base/integers.ts';
import { httpDate } from '../http/dates.ts';
import { wholeResponse } from '../http/whole-response.ts';

const JSON_HEADERS = Object.freeze({ 'content-type': 'application/json' });

/** Flask's `app.json`; replace it to read or write JSON in another way. */
export class JSONProvider {
  /** The same data is always the same text, which caches like; default true. */
  sortKeys = true;
  /** `ü` as `\u00fc`; default true. */
  ensureAscii = true;
  /** Without line breaks and spaces; by default except in debug mode. */
  compact: boolean | undefined = undefined;
  /** An integer beyond 2^53 is read as a bigint; by default it is an error, since a number would be another one. */
  bigints = false;
  readonly #isDebug: () => boolean;

  constructor(isDebug: () => boolean) {
    this.#isDebug = isDebug;
  }

  /** A bigint is written as the integer that it is. @throws TypeError for what JSON does not have: undefined, a function, a cycle */
  dumps(value: unknown, indent?: number): string {
    const marked: string | undefined = JSON.stringify(this.sortKeys ? sorted(value) : value, asFlask, indent);
    if (marked === undefined) throw new TypeError(`A value of type ${typeof value} is not JSON serializable.`);
    const text = unmarkNumbers(marked);
    return this.ensureAscii ? escapeBeyondAscii(text) : text;
  }

  /** @throws SyntaxError for what is no JSON, and unless `bigints` is set for an integer that a number would round */
  loads(text: string): unknown {
    if (this.bigints) return parseWithBigints(text);
    const unsafe = unsafeIntegerIn(text);
    if (unsafe === undefined) return JSON.parse(text);
    throw new SyntaxError(
      `The integer ${unsafe} is beyond 2^53, which a number cannot hold: send it as a string, or set app.json.bigints.`,
    );
  }

  /** A response of type application/json; several values become a list. */
  response(...values: readonly unknown[]): Response {
    const value = values.length > 1 ? values : (values[0] ?? null);
    const isCompact = this.compact ?? !this.#isDebug();
    return wholeResponse(`${this.dumps(value, isCompact ? undefined : 2)}\n`, { headers: JSON_HEADERS });
  }
}

/** A bigint has no place in `JSON.stringify`. It has called `toJSON` on a date before it asks here: the date itself is still in its holder. */
function asFlask(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return markNumber(value.toString());
  if (typeof value !== 'string' || typeof this !== 'object' || this === null) return value;
  const original: unknown = Reflect.get(this, key);
  return original instanceof Date && !Number.isNaN(original.getTime()) ? httpDate(original) : value;
}

/** The same value with the keys of its plain objects in order; itself where they are already. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.some(isObject) ? value.map(sorted) : value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(value);
  if (isInOrder(entries) && !entries.some(([, member]) => isObject(member))) return value;
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isInOrder = (entries: readonly (readonly [string, unknown])[]): boolean =>
  entries.every(([name], index) => index === 0 || (entries[index - 1]?.[0] ?? '') <= name);

function escapeBeyondAscii(text: string): string {
  return text.replace(/[^\0-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
