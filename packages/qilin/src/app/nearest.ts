/** Orders names by how near they are to one that does not exist, for "did you mean". Pure. */

/** Characters to insert, delete or replace to get from one name to the other. */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** All of `names`, nearest first; equally near ones in alphabetical order. */
export function nearestFirst(wanted: string, names: Iterable<string>): string[] {
  const lower = wanted.toLowerCase();
  return [...names]
    .map((name) => ({ name, away: distance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.away - b.away || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}
