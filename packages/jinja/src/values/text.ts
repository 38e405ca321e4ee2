/** Python's text is a sequence of code points, JavaScript's of UTF-16 units: what differs by it. */

const SURROGATE = /[\ud800-\udfff]/;

/** The characters of a text as Python counts them. */
export const characters = (text: string): string[] => (SURROGATE.test(text) ? [...text] : text.split(''));

/** `len()` of a text. */
export const textLength = (text: string): number => (SURROGATE.test(text) ? [...text].length : text.length);

/** A part of a text, counted in characters. */
export const sliceText = (text: string, start: number, end?: number): string =>
  SURROGATE.test(text) ? [...text].slice(start, end).join('') : text.slice(start, end);

/** Orders texts by code points: below 0, 0 or above. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** What Python does not print as it is: control, format, private and unassigned characters, separators but the space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** `repr()` of a text. */
export function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = '';
  for (const character of text) {
    const named = NAMED[character];
    if (named !== undefined) shown += named;
    else if (character === quote) shown += `\\${quote}`;
    else if (character !== ' ' && UNPRINTABLE.test(character)) shown += escapeCharacter(character);
    else shown += character;
  }
  return quote + shown + quote;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Whether `str.isprintable()` says yes. */
export const isPrintable = (text: string): boolean =>
  [...text].every((character) => character === ' ' || !UNPRINTABLE.test(character));

/** Python's whitespace, as `str.strip()` and `str.split()` know it. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
