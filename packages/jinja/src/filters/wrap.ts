/** Wraps a line as Python's textwrap does. */
import { SPACE } from '../values/text.ts';

interface WrapRules {
  readonly width: number;
  readonly breaksWords: boolean;
  readonly breaksHyphens: boolean;
}

/** A letter, as textwrap's pattern means it: a word character that is neither a digit nor `_`. */
const LETTER = '[^\\P{L}]';
const WORD_PUNCT = '[\\p{L}\\p{N}_!"\'&.,?]';

/** Where a line may be broken: at whitespace, at dashes, and within words with hyphens. */
const CHUNKS = new RegExp(
  `(\\s+|(?<=${WORD_PUNCT})-{2,}(?=[\\p{L}\\p{N}_])|\\S+?(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${LETTER}-))(?=${LETTER}-?${LETTER})|(?=\\s|$)|(?<=${WORD_PUNCT})(?=-{2,}[\\p{L}\\p{N}_])))`,
  'u',
);
const SPACES = /(\s+)/u;
const BLANK = new RegExp(`^[${SPACE}]*$`);

export function wrapLine(line: string, rules: WrapRules): string[] {
  if (rules.width <= 0) throw new RangeError(`invalid width ${rules.width} (must be > 0)`);
  const chunks = line
    .split(rules.breaksHyphens ? CHUNKS : SPACES)
    .filter((chunk) => chunk !== '')
    .reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if (BLANK.test(chunks.at(-1) ?? '') && lines.length > 0) chunks.pop();
    for (let next = chunks.at(-1); next !== undefined && length + next.length <= rules.width; next = chunks.at(-1)) {
      current.push(next);
      length += next.length;
      chunks.pop();
    }
    const next = chunks.at(-1);
    if (next !== undefined && next.length > rules.width) breakLong(chunks, current, length, rules);
    if (current.length > 0 && BLANK.test(current.at(-1) ?? '')) current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}

/** A chunk that no line holds: cut, or alone on its line. */
function breakLong(chunks: string[], current: string[], length: number, rules: WrapRules): void {
  const space = Math.max(1, rules.width - length);
  const chunk = chunks.at(-1) ?? '';
  if (rules.breaksWords) {
    let end = space;
    const hyphen = rules.breaksHyphens && chunk.length > space ? chunk.lastIndexOf('-', space - 1) : -1;
    if (hyphen > 0 && [...chunk.slice(0, hyphen)].some((c) => c !== '-')) end = hyphen + 1;
    current.push(chunk.slice(0, end));
    chunks[chunks.length - 1] = chunk.slice(end);
  } else if (current.length === 0) {
    chunks.pop();
    current.push(chunk);
  }
}
