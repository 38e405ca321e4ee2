/** All tests of Jinja, by name: what follows `is`. */
import type { Engine } from '../runtime/contract.ts';
import { modulo } from '../values/arithmetic.ts';
import { type AnyFunction, CallableObject, named, passEnvironment, withParameters } from '../values/callable.ts';
import { isDict } from '../values/dicts.ts';
import { isFloat, isInt, isNumeric } from '../values/float.ts';
import { isHtml, Markup } from '../values/markup.ts';
import { str } from '../values/printing.ts';
import { DictView, Range } from '../values/sequences.ts';
import { STR_METHODS } from '../values/str-methods.ts';
import { contains, equals, isMapLike, iterableOf, order } from '../values/truth.ts';
import { StrictUndefined, Undefined } from '../values/undefined.ts';

const isCase = (name: 'islower' | 'isupper') => (value: unknown) => Boolean(STR_METHODS[name]?.(str(value)));

const divisible = (value: unknown, by: unknown) => equals(modulo(value, by), 0);

const equal = (a: unknown, b: unknown) => equals(a, b);
const unequal = (a: unknown, b: unknown) => !equals(a, b);
const less = (a: unknown, b: unknown) => order(a, b, '<') < 0;
const lessOrEqual = (a: unknown, b: unknown) => order(a, b, '<=') <= 0;
const greater = (a: unknown, b: unknown) => order(a, b, '>') > 0;
const greaterOrEqual = (a: unknown, b: unknown) => order(a, b, '>=') >= 0;

const isSequence = (value: unknown) => {
  if (value instanceof Undefined) return !(value instanceof StrictUndefined);
  return (
    typeof value === 'string' ||
    Array.isArray(value) ||
    value instanceof Markup ||
    value instanceof Range ||
    isDict(value) ||
    (isMapLike(value) && iterableOf(value) !== undefined && !(value instanceof DictView))
  );
};

/** Python's small numbers and texts are the same objects wherever they come from. */
const isSame = (a: unknown, b: unknown) => a === b;

const both = (names: readonly string[], test: AnyFunction) =>
  names.map((name) => [name, named(['other'], test)] as const);

export const DEFAULT_TESTS: Readonly<Record<string, AnyFunction>> = withParameters({
  boolean: (value: unknown) => typeof value === 'boolean',
  // Undefined too: its class has a __call__, which says what is missing.
  callable: (value: unknown) =>
    typeof value === 'function' || value instanceof CallableObject || value instanceof Undefined,
  defined: (value: unknown) => !(value instanceof Undefined),
  divisibleby: named(['num'], divisible),
  escaped: (value: unknown) => isHtml(value),
  even: (value: unknown) => divisible(value, 2),
  false: (value: unknown) => value === false,
  filter: passEnvironment((engine: Engine, name: unknown) => engine.filters.has(str(name))),
  float: isFloat,
  in: named(['seq'], (value: unknown, container: unknown) => contains(container, value)),
  integer: (value: unknown) => isInt(value) && typeof value !== 'boolean',
  iterable: (value: unknown) => iterableOf(value) !== undefined,
  lower: isCase('islower'),
  mapping: isDict,
  none: (value: unknown) => value === null,
  number: isNumeric,
  odd: (value: unknown) => equals(modulo(value, 2), 1),
  sameas: named(['other'], isSame),
  sequence: isSequence,
  string: (value: unknown) => typeof value === 'string' || value instanceof Markup,
  test: passEnvironment((engine: Engine, name: unknown) => engine.tests.has(str(name))),
  true: (value: unknown) => value === true,
  undefined: (value: unknown) => value instanceof Undefined,
  upper: isCase('isupper'),
  ...Object.fromEntries([
    ...both(['eq', '==', 'equalto'], equal),
    ...both(['ne', '!='], unequal),
    ...both(['lt', '<', 'lessthan'], less),
    ...both(['le', '<='], lessOrEqual),
    ...both(['gt', '>', 'greaterthan'], greater),
    ...both(['ge', '>='], greaterOrEqual),
  ]),
});
