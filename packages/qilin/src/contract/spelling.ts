/** How users spell names: the two styles of them, and how near one is to another, for "did you mean". Pure. */

/** `limitRequestLine` becomes `limit_request_line`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The steps from one text to another: a letter added, left out, replaced, or swapped with its neighbour (optimal string
 * alignment, the restricted form of Damerau and Levenshtein's distance).
 */
export function distance(from: string, to: string): number {
  let older: number[] = [];
  let old: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    [older, old, row] = [old, row, [i]];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        at(old, j) + 1,
        at(row, j - 1) + 1,
        at(old, j - 1) + (same ? 0 : 1),
        swapped ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(row, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

/** All of `names`, nearest first; equally near ones in alphabetical order. */
export function nearestFirst(wanted: string, names: Iterable<string>): string[] {
  const lower = wanted.toLowerCase();
  return [...names]
    .map((name) => ({ name, away: distance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.away - b.away || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}
