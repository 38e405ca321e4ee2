/** Filters that run others: `map`, `select` and their kin; and those of any value. */
import { FilterArgumentError } from '../errors.ts';
import { callFilter, callTest } from '../runtime/calls.ts';
import type { Context } from '../runtime/context.ts';
import type { Engine } from '../runtime/contract.ts';
import { isPromise } from '../runtime/drive.ts';
import { attributeOf } from '../values/attributes.ts';
import {
  type AnyFunction,
  type Keywords,
  named,
  passContext,
  passEnvironment,
  withKeywords,
} from '../values/callable.ts';
import { DICT_METHODS } from '../values/container-methods.ts';
import { isPlain } from '../values/dicts.ts';
import { str } from '../values/printing.ts';
import { Once } from '../values/sequences.ts';
import { toList, truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';
import { type Getter, getter } from './attributes.ts';
import { pprint } from './pprint.ts';

/** Positional arguments and keywords of a function that takes both. */
function split(rest: readonly unknown[]): readonly [readonly unknown[], Record<string, unknown>] {
  const keywords = rest.at(-1);
  return [rest.slice(0, -1), typeof keywords === 'object' && keywords !== null ? { ...keywords } : {}];
}

const orNull = (keywords: Keywords): Keywords | null => (Object.keys(keywords).length === 0 ? null : keywords);

function mapper(context: Context, args: readonly unknown[], keywords: Record<string, unknown>): Getter {
  if (args.length === 0 && Object.hasOwn(keywords, 'attribute')) {
    const { attribute, default: otherwise = null, ...rest } = keywords;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw new FilterArgumentError(`Unexpected keyword argument '${unknown}'`);
    return getter(context.engine, attribute, undefined, otherwise);
  }
  if (args.length === 0) throw new FilterArgumentError('map requires a filter argument');
  const [name, ...more] = args;
  return (item) => callFilter(context, str(name), [item, ...more], orNull(keywords), context.autoescape);
}

/** Items that are promises are waited for, all at once. */
const settled = (items: readonly unknown[]): Once | Promise<Once> =>
  items.some(isPromise) ? Promise.all(items).then((values) => new Once(values)) : new Once(items);

const map = passContext(
  withKeywords((context: Context, value: unknown, ...rest: readonly unknown[]) => {
    const [args, keywords] = split(rest);
    if (!truth(value)) return new Once([]);
    return settled(toList(value).map(mapper(context, args, keywords)));
  }),
);

/** @param keeps Whether items are kept for which the test says yes, or those for which it says no */
const chooser = (keeps: boolean, byAttribute: boolean) =>
  passContext(
    withKeywords((context: Context, value: unknown, ...rest: readonly unknown[]) => {
      const [args, keywords] = split(rest);
      if (!truth(value)) return new Once([]);
      if (byAttribute && args.length === 0) throw new FilterArgumentError('Missing parameter for attribute name');
      const get = byAttribute ? getter(context.engine, args[0]) : (item: unknown) => item;
      const [name, ...more] = byAttribute ? args.slice(1) : args;
      const test = (item: unknown) =>
        name === undefined ? item : callTest(context, str(name), [item, ...more], orNull(keywords), context.autoescape);
      return new Once(toList(value).filter((item) => truth(test(get(item))) === keeps));
    }),
  );

const attr = passEnvironment(
  named(['name'], (engine: Engine, value: unknown, name: unknown) => {
    const key = str(name);
    if (value instanceof Undefined) return value.attribute();
    if (engine.access.sandbox) return engine.access.attribute(value, key);
    // A dict's attributes are its methods; its keys are none.
    const isKey = isPlain(value) && !Object.hasOwn(DICT_METHODS, key);
    const found = isKey ? undefined : attributeOf(value, key);
    return found === undefined ? engine.undefined({ object: { value }, name: key }) : found;
  }),
);

const otherwise = named(
  ['default_value', 'boolean'],
  (value: unknown, instead: unknown = '', boolean: unknown = false) =>
    value instanceof Undefined || (truth(boolean) && !truth(value)) ? instead : value,
);

export const CHOOSING_FILTERS: Readonly<Record<string, AnyFunction>> = {
  attr,
  d: otherwise,
  default: otherwise,
  map,
  pprint,
  reject: chooser(false, false),
  rejectattr: chooser(false, true),
  select: chooser(true, false),
  selectattr: chooser(true, true),
};
