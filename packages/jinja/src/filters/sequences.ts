/** Filters of sequences that keep, cut and order their items. */
import { FilterArgumentError } from '../errors.ts';
import type { EvalContext } from '../runtime/calls.ts';
import type { Context } from '../runtime/context.ts';
import type { Engine } from '../runtime/contract.ts';
import { add } from '../values/arithmetic.ts';
import { listOf } from '../values/budget.ts';
import { type AnyFunction, named, passContext, passEnvironment, passEvalContext } from '../values/callable.ts';
import { checkHashable, dictEntries, isDict } from '../values/dicts.ts';
import { isNumeric, toNumber } from '../values/float.ts';
import { typeName } from '../values/kinds.ts';
import { isHtml, Markup } from '../values/markup.ts';
import { markupOf, str } from '../values/printing.ts';
import { Group, Once, tuple } from '../values/sequences.ts';
import { joinBy } from '../values/str-methods.ts';
import { characters } from '../values/text.ts';
import { equals, iterableOf, iterate, lengthOf, order, toList, truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';
import { type Getter, getter, getters, ignoreCase } from './attributes.ts';
import { softText, textMethod } from './text.ts';

/** Sorts as Python does: stable, in reverse too. */
function sorted(items: readonly unknown[], key: Getter, reverse: boolean): unknown[] {
  const list = items.map((item) => ({ item, key: key(item) }));
  list.sort((a, b) => (reverse ? order(b.key, a.key) : order(a.key, b.key)));
  return list.map(({ item }) => item);
}

const postprocess = (caseSensitive: unknown) => (truth(caseSensitive) ? undefined : ignoreCase);

const sort = passEnvironment(
  named(
    ['reverse', 'case_sensitive', 'attribute'],
    (
      engine: Engine,
      value: unknown,
      reverse: unknown = false,
      caseSensitive: unknown = false,
      attribute: unknown = null,
    ) => sorted(toList(value), getters(engine, attribute, postprocess(caseSensitive)), truth(reverse)),
  ),
);

const dictsort = named(
  ['case_sensitive', 'by', 'reverse'],
  (value: unknown, caseSensitive: unknown = false, by: unknown = 'key', reverse: unknown = false) => {
    if (by !== 'key' && by !== 'value') throw new FilterArgumentError('You can only sort by either "key" or "value"');
    if (value instanceof Undefined) value.fail();
    if (!isDict(value)) throw new TypeError(`'${typeName(value)}' object has no attribute 'items'`);
    const change = postprocess(caseSensitive) ?? ((item: unknown) => item);
    const key = (pair: unknown) => change(toList(pair)[by === 'key' ? 0 : 1]);
    return sorted(dictEntries(value).map(tuple), key, truth(reverse));
  },
);

/** The items whose key no item before them has. */
function* withoutRepeats(value: unknown, key: Getter): Generator<unknown> {
  const seen = new Set<unknown>();
  const others: unknown[] = [];
  for (const item of iterate(value)) {
    const found = key(item);
    // `1`, `1.0` and `True` are one, `1` and `'1'` are two.
    const plain = isNumeric(found) && !Number.isNaN(toNumber(found)) ? toNumber(found) : found;
    if (typeof plain === 'string' || (typeof plain === 'number' && Math.abs(plain) <= Number.MAX_SAFE_INTEGER)) {
      if (seen.has(plain)) continue;
      seen.add(plain);
    } else {
      checkHashable(found);
      if (others.some((other) => equals(other, found))) continue;
      others.push(found);
    }
    yield item;
  }
}

const unique = passEnvironment(
  named(
    ['case_sensitive', 'attribute'],
    (engine: Engine, value: unknown, caseSensitive: unknown = false, attribute: unknown = null) => {
      const key = getter(engine, attribute, postprocess(caseSensitive));
      return new Once(withoutRepeats(value, key));
    },
  ),
);

const extreme = (isBetter: (order: number) => boolean) =>
  passEnvironment(
    named(
      ['case_sensitive', 'attribute'],
      (engine: Engine, value: unknown, caseSensitive: unknown = false, attribute: unknown = null) => {
        const key = getter(engine, attribute, postprocess(caseSensitive));
        const list = toList(value);
        if (list.length === 0) return engine.undefined({ hint: 'No aggregated item, sequence was empty.' });
        return list.reduce((best, item) => (isBetter(order(key(item), key(best))) ? item : best));
      },
    ),
  );

const groupby = passEnvironment(
  named(
    ['attribute', 'default', 'case_sensitive'],
    (engine: Engine, value: unknown, attribute: unknown, otherwise: unknown = null, caseSensitive: unknown = false) => {
      const change = postprocess(caseSensitive);
      const key = getter(engine, attribute, change, otherwise);
      const plain = getter(engine, attribute, undefined, otherwise);
      const groups: { key: unknown; items: unknown[] }[] = [];
      for (const item of sorted(toList(value), key, false)) {
        const last = groups.at(-1);
        if (last && equals(last.key, key(item))) last.items.push(item);
        else groups.push({ key: key(item), items: [item] });
      }
      return groups.map(({ key: found, items }) => {
        const group = new Group();
        group.push(change ? plain(items[0]) : found, items);
        return group;
      });
    },
  ),
);

const batch = named(['linecount', 'fill_with'], (value: unknown, size: unknown, fill: unknown = null) => {
  const count = listOf(Number(size));
  const rows: unknown[][] = [];
  for (const item of iterate(value)) {
    const last = rows.at(-1);
    if (last && last.length < count) last.push(item);
    else rows.push([item]);
  }
  const last = rows.at(-1);
  if (fill !== null && last) while (last.length < count) last.push(fill);
  return new Once(rows);
});

const slice = named(['slices', 'fill_with'], (value: unknown, slices: unknown, fill: unknown = null) => {
  const list = toList(value);
  const count = listOf(Number(slices));
  const size = Math.floor(list.length / count);
  const longer = list.length % count;
  const columns: unknown[][] = [];
  for (let i = 0, start = 0; i < count; i++) {
    const end = start + size + (i < longer ? 1 : 0);
    const column: unknown[] = list.slice(start, end);
    if (fill !== null && i >= longer) column.push(fill);
    columns.push(column);
    start = end;
  }
  return new Once(columns);
});

const join = passEvalContext(
  named(
    ['d', 'attribute'],
    ({ environment, autoescape }: EvalContext, value: unknown, separator: unknown = '', attribute: unknown = null) => {
      const items = attribute === null ? toList(value) : toList(value).map(getter(environment, attribute));
      if (!autoescape) return joinBy(str(separator), items.map(str));
      if (isHtml(separator)) return textMethod(softText(separator), 'join', items.map(softText));
      if (!items.some(isHtml)) return joinBy(str(separator), items.map(str));
      return textMethod(
        markupOf(separator),
        'join',
        items.map((item) => (isHtml(item) ? item : str(item))),
      );
    },
  ),
);

const reverse = (value: unknown) => {
  if (typeof value === 'string') return characters(value).reverse().join('');
  if (value instanceof Markup) return new Markup(characters(value.value).reverse().join(''));
  if (value instanceof Undefined) return new Once(toList(value));
  const iterable = iterableOf(value);
  if (!iterable) throw new FilterArgumentError('argument must be iterable');
  return new Once([...iterable].reverse());
};

const length = (value: unknown) => {
  const found = lengthOf(value);
  if (found === undefined) throw new TypeError(`object of type '${typeName(value)}' has no len()`);
  return found;
};

const first = passEnvironment((engine: Engine, value: unknown) => {
  for (const item of iterate(value)) return item;
  return engine.undefined({ hint: 'No first item, sequence was empty.' });
});

const last = passEnvironment((engine: Engine, value: unknown) => {
  if (value instanceof Once || value instanceof Set)
    throw new TypeError(`'${typeName(value)}' object is not reversible`);
  const list = toList(value);
  return list.length > 0 ? list.at(-1) : engine.undefined({ hint: 'No last item, sequence was empty.' });
});

const random = passContext((context: Context, value: unknown) => {
  const list = toList(value);
  if (list.length === 0) return context.engine.undefined({ hint: 'No random item, sequence was empty.' });
  return list[Math.floor(Math.random() * list.length)];
});

const sum = passEnvironment(
  named(['attribute', 'start'], (engine: Engine, value: unknown, attribute: unknown = null, start: unknown = 0) => {
    const items = attribute === null ? toList(value) : toList(value).map(getter(engine, attribute));
    if (typeof start === 'string') throw new TypeError("sum() can't sum strings [use ''.join(seq) instead]");
    return items.reduce(add, start);
  }),
);

const items = (value: unknown) => {
  if (value instanceof Undefined) return new Once([]);
  if (!isDict(value)) throw new TypeError('Can only get item pairs from a mapping.');
  return new Once(dictEntries(value).map(tuple));
};

export const SEQUENCE_FILTERS: Readonly<Record<string, AnyFunction>> = {
  batch,
  count: length,
  dictsort,
  first,
  groupby,
  items,
  join,
  last,
  length,
  list: (value: unknown) => [...toList(value)],
  max: extreme((compared) => compared > 0),
  min: extreme((compared) => compared < 0),
  random,
  reverse,
  slice,
  sort,
  sum,
  unique,
};
