/** Patterns of paths, of the setting `accessLogExclude`: `*` stands for any characters. Pure, and linear in the length of a path. */

export const PATH_PATTERN_EXPECTED = 'paths that begin with "/" or a star, such as /healthz or /static/*';

export const isPathPattern = (text: string): boolean => /^[/*][!-~]*$/.test(text) && !text.includes('?');

/** Whether a path, without its query, is one of those. */
export function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const wild = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'));
  return (path) => exact.has(path) || wild.some((pieces) => matches(path, pieces));
}

/** The first piece begins the path, the last one ends it, and the others follow each other between: each where it is found first. */
function matches(path: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= path.length - last.length;
}
