/** `'{} and {name.first!r:>10}'.format(…)`. */

import type { Keywords } from './callable.ts';
import { isDict } from './dicts.ts';
import { formatValue } from './format-spec.ts';
import { repr, str } from './printing.ts';
import { dictGet } from './truth.ts';

/** How the fields' `.name` and `[key]` are looked up: the sandbox has its own way. */
export interface FieldAccess {
  attribute(object: unknown, name: string): unknown;
  item(object: unknown, key: unknown): unknown;
}

interface Values {
  readonly args: readonly unknown[];
  readonly keywords: Keywords | ReadonlyMap<unknown, unknown>;
  readonly access: FieldAccess;
  /** Shows a value by its specification: as text, or escaped where the format is markup. */
  readonly show: (value: unknown, spec: string) => string;
}

/** Deeper nesting of `{…}` in specifications is an error, as in Python. */
const DEEPEST = 2;

export function strFormat(
  format: string,
  args: readonly unknown[],
  keywords: Keywords | ReadonlyMap<unknown, unknown>,
  access: FieldAccess,
  show: (value: unknown, spec: string) => string = formatValue,
): string {
  return expand(format, { args, keywords, access, show }, { next: 0, isManual: false }, DEEPEST);
}

interface Counter {
  next: number;
  isManual: boolean;
}

function expand(format: string, values: Values, counter: Counter, depth: number): string {
  if (depth < 0) throw new RangeError('Max string recursion exceeded');
  let shown = '';
  for (let i = 0; i < format.length; ) {
    const character = format[i];
    if (character !== '{' && character !== '}') {
      shown += character;
      i++;
    } else if (format[i + 1] === character) {
      shown += character;
      i += 2;
    } else {
      if (character === '}') throw new RangeError("Single '}' encountered in format string");
      const end = endOfField(format, i);
      shown += expandField(format.slice(i + 1, end), values, counter, depth);
      i = end + 1;
    }
  }
  return shown;
}

function endOfField(format: string, start: number): number {
  let open = 0;
  for (let i = start; i < format.length; i++) {
    if (format[i] === '{') open++;
    else if (format[i] === '}' && --open === 0) return i;
  }
  throw new RangeError(
    start === format.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string",
  );
}

const FIELD = /^([^!:[]*(?:\[[^\]]*\][^!:[]*)*)(?:!([^:]*))?(?::([\s\S]*))?$/;

function expandField(field: string, values: Values, counter: Counter, depth: number): string {
  const match = FIELD.exec(field);
  if (!match) throw new RangeError('unexpected character in format string');
  const [, path = '', conversion, spec = ''] = match;
  const value = fieldValue(path, values, counter);
  const wanted = expand(spec, values, counter, depth - 1);
  if (conversion === undefined) return values.show(value, wanted);
  if (conversion === 'r' || conversion === 'a') return values.show(repr(value), wanted);
  if (conversion === 's') return values.show(str(value), wanted);
  throw new RangeError(`Unknown conversion specifier '${conversion}'`);
}

function fieldValue(path: string, { args, keywords, access }: Values, counter: Counter): unknown {
  const [first = ''] = /^[^.[]*/.exec(path) ?? [];
  let value = firstValue(first, args, keywords, counter);
  let rest = path.slice(first.length);
  while (rest !== '') {
    const step = /^(?:\.([^.[]+)|\[([^\]]+)\])/.exec(rest);
    if (!step) throw new RangeError('Empty attribute in format string');
    const [whole, attribute, item = ''] = step;
    if (attribute === undefined) value = access.item(value, /^\d+$/.test(item) ? Number(item) : item);
    else value = access.attribute(value, attribute);
    rest = rest.slice(whole.length);
  }
  return value;
}

function firstValue(
  name: string,
  args: readonly unknown[],
  keywords: Keywords | ReadonlyMap<unknown, unknown>,
  counter: Counter,
): unknown {
  if (name === '' || /^\d+$/.test(name)) {
    if (name !== '') counter.isManual = true;
    else if (counter.isManual)
      throw new RangeError('cannot switch from manual field specification to automatic field numbering');
    const index = name === '' ? counter.next++ : Number(name);
    if (index >= args.length) throw new RangeError(`Replacement index ${index} out of range for positional args tuple`);
    return args[index];
  }
  const value = isDict(keywords) ? dictGet(keywords, name) : undefined;
  if (value === undefined) throw new RangeError(repr(name));
  return value;
}
