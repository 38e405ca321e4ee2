/** The functions that every template can call. */
import { SecurityError } from '../errors.ts';
import { GET_ATTRIBUTE, GET_ITEM } from '../values/attributes.ts';
import { CallableObject, named, passContext, passEnvironment, withKeywords } from '../values/callable.ts';
import { pairsOf } from '../values/container-methods.ts';
import { isPlain, makeDict } from '../values/dicts.ts';
import { isInt } from '../values/float.ts';
import { typeName } from '../values/kinds.ts';
import { Markup } from '../values/markup.ts';
import { repr } from '../values/printing.ts';
import { Range, type Tuple, tuple } from '../values/sequences.ts';
import { call } from './calls.ts';
import type { Context } from './context.ts';
import type { Engine } from './contract.ts';
import { lorem } from './lorem.ts';

/** The longest range of a sandbox. */
const LONGEST_RANGE = 100_000;

const range = passEnvironment((engine: Engine, ...args: readonly unknown[]): Range => {
  const numbers = args.map((arg) => {
    if (isInt(arg)) return Number(arg);
    throw new TypeError(`'${typeName(arg)}' object cannot be interpreted as an integer`);
  });
  const [first, second, step = 1] = numbers;
  if (first === undefined || numbers.length > 3)
    throw new TypeError(`range expected 1 to 3 arguments, got ${args.length}`);
  if (step === 0) throw new RangeError('range() arg 3 must not be zero');
  const made = second === undefined ? new Range(0, first, 1) : new Range(first, second, step);
  if (engine.access.sandbox && made.length > LONGEST_RANGE) {
    throw new SecurityError(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${LONGEST_RANGE}).`);
  }
  return made;
});

/** `namespace()`: a thing whose attributes `set` may change from within a loop. */
export class Namespace {
  readonly #values = new Map<string, unknown>();

  constructor(pairs: Iterable<readonly [unknown, unknown]>) {
    for (const [name, value] of pairs) this.#values.set(String(name), value);
  }

  [GET_ATTRIBUTE](name: string): unknown {
    return this.#values.get(name);
  }

  [GET_ITEM](): undefined {
    return undefined;
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  toString(): string {
    return `<Namespace ${repr(makeDict(this.#values))}>`;
  }
}

class Cycler {
  readonly #items: readonly unknown[];
  #position = 0;

  get items(): Tuple {
    return tuple(this.#items);
  }

  get pos(): number {
    return this.#position;
  }

  constructor(items: readonly unknown[]) {
    if (items.length === 0) throw new TypeError('at least one item has to be provided');
    this.#items = items;
  }

  reset(): null {
    this.#position = 0;
    return null;
  }

  get current(): unknown {
    return this.#items[this.#position];
  }

  next(): unknown {
    const value = this.current;
    this.#position = (this.#position + 1) % this.#items.length;
    return value;
  }
}

class Joiner extends CallableObject {
  readonly #separator: unknown;
  #isUsed = false;

  constructor(separator: unknown) {
    super();
    this.#separator = separator;
  }

  override invoke(): unknown {
    if (this.#isUsed) return this.#separator;
    this.#isUsed = true;
    return '';
  }
}

const withPairs = <T>(make: (pairs: [unknown, unknown][]) => T) =>
  withKeywords((...args: unknown[]) => {
    const keywords = args.pop();
    return make([...(args.length > 0 ? pairsOf(args[0]) : []), ...pairsOf(keywords)]);
  });

/** By name; an environment begins with a copy. */
export const DEFAULT_GLOBALS: Readonly<Record<string, unknown>> = {
  range,
  dict: withPairs((pairs) => makeDict(new Map(pairs))),
  namespace: withPairs((pairs) => new Namespace(pairs)),
  cycler: (...items: readonly unknown[]) => new Cycler(items),
  joiner: named(['sep'], (separator: unknown = ', ') => new Joiner(separator)),
  lipsum: named(['n', 'html', 'min', 'max'], (n = 5, html = true, min = 20, max = 100) => {
    const text = lorem(Number(n), Boolean(html), Number(min), Number(max));
    return html ? new Markup(text) : text;
  }),
};

/** What `{% debug %}` shows. */
export const debugText = (context: Context): string => {
  const filters = [...context.engine.filters.keys()].sort();
  const tests = [...context.engine.tests.keys()].sort();
  return repr({ context: context.all(), filters, tests });
};

export const gettextAlias = passContext(
  withKeywords((context: Context, ...args: unknown[]): unknown => {
    const keywords = args.pop();
    const gettext = context.resolve('gettext');
    if (gettext === undefined) return context.missing('gettext').fail();
    const named = isPlain(keywords) && Object.keys(keywords).length > 0 ? keywords : null;
    return call(context, gettext, args, named, context.autoescape);
  }),
);
