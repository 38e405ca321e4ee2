/** `pprint`: a value's `repr`, over several lines where one would be too long. */
import { dictEntries, isDict } from '../values/dicts.ts';
import { repr } from '../values/printing.ts';
import { Group, Tuple } from '../values/sequences.ts';
import { order } from '../values/truth.ts';

const WIDTH = 80;

export const pprint = (value: unknown): string => show(value, 0, 0);

/** Dicts are sorted by their keys where those can be compared. */
function sortedEntries(value: object): [unknown, unknown][] {
  const entries = isDict(value) ? dictEntries(value) : [];
  try {
    return entries.toSorted(([a], [b]) => order(a, b));
  } catch {
    return entries;
  }
}

function flat(value: unknown): string {
  if (isDict(value))
    return `{${sortedEntries(value)
      .map(([key, item]) => `${flat(key)}: ${flat(item)}`)
      .join(', ')}}`;
  if (value instanceof Group) return repr(value);
  if (value instanceof Tuple) return value.length === 1 ? `(${flat(value[0])},)` : `(${value.map(flat).join(', ')})`;
  return Array.isArray(value) ? `[${value.map(flat).join(', ')}]` : repr(value);
}

/** @param indent Where the value begins @param rest How much must follow it on its last line */
function show(value: unknown, indent: number, rest: number): string {
  const line = flat(value);
  if (line.length <= WIDTH - indent - rest) return line;
  const separator = `,\n${' '.repeat(indent + 1)}`;
  if (isDict(value)) {
    const entries = sortedEntries(value);
    const parts = entries.map(([key, item], i) => {
      const name = flat(key);
      const isLast = i === entries.length - 1;
      return `${name}: ${show(item, indent + name.length + 3, isLast ? rest + 1 : 1)}`;
    });
    return `{${parts.join(separator)}}`;
  }
  if (!Array.isArray(value) || value instanceof Group) return line;
  const parts = value.map((item, i) => show(item, indent + 1, i === value.length - 1 ? rest + 1 : 1));
  return value instanceof Tuple ? `(${parts.join(separator)})` : `[${parts.join(separator)}]`;
}
