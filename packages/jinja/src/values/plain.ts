/** What is a plain object: a dict of Python's. */

export type PlainDict = Record<string, unknown>;

/** An object literal's or JSON's object, from whatever realm; not an instance of a class. */
export function isPlain(value: unknown): value is PlainDict {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isForeignObjectPrototype(prototype);
}

const isForeignObjectPrototype = (prototype: object) =>
  Object.getPrototypeOf(prototype) === null &&
  Object.hasOwn(prototype, 'constructor') &&
  Object.hasOwn(prototype, 'hasOwnProperty');
