/** JSON text as Python's `json` writes and reads it: ASCII only, integers of any size, NaN and the infinities. */
import { randomUUID } from 'node:crypto';

/** Numbers that `JSON.parse` would refuse or round travel through it as strings with this unguessable mark. */
let lazyMark: string | undefined;

/** Made at first use: Workers give no random values to a module that is being loaded. */
function markOf(): string {
  lazyMark ??= randomUUID();
  return lazyMark;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Whether a text may have such a number in it at all: most have none. */
const UNUSUAL = /\d{16}|NaN|Infinity/;

/** Writes a string as Python does with `ensure_ascii`. */
export function stringToJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Writes a number; NaN and the infinities as Python does. A large whole number gets the point of a float, because
 * without it would be read as an integer of unlimited size.
 */
export function numberToJson(value: number | bigint): string {
  const digits = String(value);
  const isLarge = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge && !digits.includes('e') ? `${digits}.0` : digits;
}

/**
 * Reads JSON; an integer that a number cannot hold becomes a `bigint`.
 *
 * @param revive called with each object once its members are read; what it returns takes the object's place
 * @throws {SyntaxError} when it is no JSON
 */
export function parseJson(text: string, revive: (object: Record<string, unknown>) => unknown): unknown {
  const marked = UNUSUAL.test(text);
  const unguessable = marked ? markOf() : '';
  return JSON.parse(marked ? text.replace(TOKEN, mark) : text, (_key, value: unknown) => {
    if (typeof value === 'string')
      return marked && value.startsWith(unguessable) ? unmark(value.slice(unguessable.length)) : value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return revive(Object.fromEntries(Object.entries(value)));
  });
}

function mark(token: string): string {
  if (token.startsWith('"')) return token;
  const isInteger = /^-?\d+$/.test(token);
  const survives = isInteger ? Number.isSafeInteger(Number(token)) : !/^-?[IN]/.test(token);
  return survives ? token : `"${markOf()}${token}"`;
}

function unmark(token: string): number | bigint {
  return /^-?\d+$/.test(token) ? BigInt(token) : Number(token);
}
