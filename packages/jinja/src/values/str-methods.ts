/** The methods of `str` that templates may call: each gets the text first. */
import { currentBudget, textOf } from './budget.ts';
import { type AnyFunction, named } from './callable.ts';
import { isInt } from './float.ts';
import { typeName } from './kinds.ts';
import { Markup } from './markup.ts';
import { Tuple, tuple } from './sequences.ts';
import { characters, isPrintable, SPACE, sliceText, textLength } from './text.ts';
import { toList, truth } from './truth.ts';
import { Undefined } from './undefined.ts';

/** Text out of an argument. @throws TypeError when it is none */
export function asText(value: unknown, what = 'argument'): string {
  if (value instanceof Undefined) value.fail();
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.value;
  throw new TypeError(`${what} must be str, not ${typeName(value)}`);
}

function asInt(value: unknown): number {
  if (isInt(value)) return Number(value);
  throw new TypeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);
const SPACES = new RegExp(`[${SPACE}]+`);
const ALL_SPACE = new RegExp(`^[${SPACE}]+$`);

export const stripLeft = (text: string, chars?: unknown): string => {
  if (chars === undefined || chars === null) return text.replace(LEADING_SPACE, '');
  const set = new Set(characters(asText(chars)));
  const list = characters(text);
  let start = 0;
  while (start < list.length && set.has(list[start] ?? '')) start++;
  return list.slice(start).join('');
};

export const stripRight = (text: string, chars?: unknown): string => {
  if (chars === undefined || chars === null) {
    let end = text.length;
    while (end > 0 && ALL_SPACE.test(text[end - 1] ?? '')) end--;
    return text.slice(0, end);
  }
  const set = new Set(characters(asText(chars)));
  const list = characters(text);
  let end = list.length;
  while (end > 0 && set.has(list[end - 1] ?? '')) end--;
  return list.slice(0, end).join('');
};

export const strip = (text: string, chars?: unknown): string => stripRight(stripLeft(text, chars), chars);

/** `str.title()`: a letter after a letter is small, any other large. */
export const titled = (text: string): string =>
  text.replace(/\p{L}[\p{L}\p{M}]*/gu, (word) => {
    const [first = '', ...rest] = word;
    return first.toUpperCase() + rest.join('').toLowerCase();
  });

export const capitalized = (text: string): string =>
  sliceText(text, 0, 1).toUpperCase() + sliceText(text, 1).toLowerCase();

/** `str.split(sep, maxsplit)`. */
export function splitText(text: string, separator?: unknown, most: unknown = -1): string[] {
  const limit = asInt(most);
  if (separator === undefined || separator === null) return splitSpaces(text, limit);
  const by = asText(separator);
  if (by === '') throw new RangeError('empty separator');
  const parts = text.split(by);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(by)];
}

function splitSpaces(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = stripLeft(text);
  while (rest !== '') {
    const gap = limit >= 0 && parts.length >= limit ? null : SPACES.exec(rest);
    if (!gap) {
      // What is left when enough was split keeps its spaces.
      parts.push(limit >= 0 && parts.length >= limit ? rest : stripRight(rest));
      break;
    }
    parts.push(rest.slice(0, gap.index));
    rest = stripLeft(rest.slice(gap.index));
  }
  return parts;
}

function splitRight(text: string, separator?: unknown, most: unknown = -1): string[] {
  const limit = asInt(most);
  if (limit < 0) return splitText(text, separator);
  const flip = (part: string) => characters(part).reverse().join('');
  const by = separator === undefined || separator === null ? separator : flip(asText(separator));
  return splitText(flip(text), by, limit).map(flip).reverse();
}

/** Line ends of Python's that are not JavaScript's. */
const LINE_SEPARATORS = '\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE_END = new RegExp(`\\r\\n|[\\n\\r\\v\\f${LINE_SEPARATORS}]`);

export function splitLines(text: string, keepEnds: unknown = false): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '') {
    const end = LINE_END.exec(rest);
    if (!end) {
      lines.push(rest);
      break;
    }
    const stop = end.index + end[0].length;
    lines.push(rest.slice(0, truth(keepEnds) ? stop : end.index));
    rest = rest.slice(stop);
  }
  return lines;
}

/** The part of a text that `start` and `end` name, and where it begins, counted in characters. */
function part(text: string, start: unknown, end: unknown): readonly [string, number] {
  const length = textLength(text);
  const clamp = (value: unknown, otherwise: number) => {
    if (value === undefined || value === null) return otherwise;
    const index = asInt(value);
    return Math.min(length, index < 0 ? Math.max(0, index + length) : index);
  };
  const from = clamp(start, 0);
  return [characters(text).slice(from, clamp(end, length)).join(''), from];
}

function findIn(text: string, sub: unknown, start: unknown, end: unknown, fromRight: boolean): number {
  const [within, offset] = part(text, start, end);
  const index = fromRight ? within.lastIndexOf(asText(sub)) : within.indexOf(asText(sub));
  return index < 0 ? -1 : offset + textLength(within.slice(0, index));
}

function indexIn(text: string, sub: unknown, start: unknown, end: unknown, fromRight: boolean): number {
  const index = findIn(text, sub, start, end, fromRight);
  if (index < 0) throw new RangeError('substring not found');
  return index;
}

function hasAffix(text: string, affix: unknown, start: unknown, end: unknown, atEnd: boolean): boolean {
  const [within] = part(text, start, end);
  const any = affix instanceof Tuple ? affix : [affix];
  return any.some((one) => (atEnd ? within.endsWith(asText(one)) : within.startsWith(asText(one))));
}

function fill(text: string, width: unknown, char: unknown, side: 'left' | 'right' | 'both'): string {
  const missing = asInt(width) - textLength(text);
  if (missing <= 0) return text;
  textOf(asInt(width));
  const by = char === undefined ? ' ' : asText(char);
  if (textLength(by) !== 1) throw new TypeError('The fill character must be exactly one character long');
  if (side === 'left') return by.repeat(missing) + text;
  if (side === 'right') return text + by.repeat(missing);
  const left = Math.floor(missing / 2) + (missing & asInt(width) & 1);
  return by.repeat(left) + text + by.repeat(missing - left);
}

/** Asks before a text grows by being replaced; what is found is counted only where the bound is near. */
function checkReplaced(text: string, search: string, insert: string): void {
  if (!currentBudget() || insert.length <= search.length) return;
  const found = search === '' ? text.length + 1 : text.split(search).length - 1;
  textOf(text.length + found * (insert.length - search.length));
}

/** `str.replace(old, new, count)`. */
export function replaceText(text: string, old: unknown, by: unknown, count: unknown = -1): string {
  const search = asText(old);
  const insert = asText(by);
  const limit = asInt(count ?? -1);
  checkReplaced(text, search, insert);
  if (limit < 0) {
    if (search !== '') return text.replaceAll(search, () => insert);
    return (
      insert +
      characters(text)
        .map((character) => character + insert)
        .join('')
    );
  }
  if (search === '') {
    const list = characters(text);
    const shown = list.map((character, i) => (i < limit ? insert : '') + character).join('');
    return list.length < limit ? shown + insert : shown;
  }
  const parts = splitText(text, search, limit);
  return parts.join(insert);
}

const countIn = (text: string, sub: unknown, start: unknown, end: unknown): number => {
  const [within] = part(text, start, end);
  const search = asText(sub);
  return search === '' ? textLength(within) + 1 : within.split(search).length - 1;
};

const hasCase = (text: string) => /[\p{Lu}\p{Ll}\p{Lt}]/u.test(text);

function isTitle(text: string): boolean {
  let isAfterLetter = false;
  for (const character of text) {
    const isUpper = /[\p{Lu}\p{Lt}]/u.test(character);
    const isLower = /\p{Ll}/u.test(character);
    if ((isUpper && isAfterLetter) || (isLower && !isAfterLetter)) return false;
    isAfterLetter = isUpper || isLower;
  }
  return hasCase(text);
}

function expandTabs(text: string, size: unknown = 8): string {
  const width = asInt(size);
  let column = 0;
  let shown = '';
  for (const character of text) {
    if (character === '\t') {
      const spaces = width > 0 ? width - (column % width) : 0;
      textOf(shown.length + spaces);
      shown += ' '.repeat(spaces);
      column += spaces;
    } else {
      shown += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
  }
  return shown;
}

function zeroFill(text: string, width: unknown): string {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const missing = asInt(width) - textLength(text);
  textOf(asInt(width));
  return missing <= 0 ? text : sign + '0'.repeat(missing) + text.slice(sign.length);
}

const swapCase = (text: string) =>
  [...text].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('');

const cut = (text: string, separator: unknown, fromRight: boolean) => {
  const by = asText(separator);
  if (by === '') throw new RangeError('empty separator');
  const index = fromRight ? text.lastIndexOf(by) : text.indexOf(by);
  if (index < 0) return tuple(fromRight ? ['', '', text] : [text, '', '']);
  return tuple([text.slice(0, index), by, text.slice(index + by.length)]);
};

/** Texts with another between them. */
export function joinBy(separator: string, parts: readonly string[]): string {
  textOf(parts.reduce((length, part) => length + part.length + separator.length, 0));
  return parts.join(separator);
}

const every = (pattern: RegExp) => (text: string) => pattern.test(text);

/** By name; `format` and `format_map` are elsewhere, since they look into objects. */
export const STR_METHODS: Readonly<Record<string, AnyFunction>> = {
  capitalize: capitalized,
  casefold: (text: string) => text.replaceAll('ß', 'ss').toLowerCase(),
  center: named(['width', 'fillchar'], (text: string, width: unknown, char?: unknown) =>
    fill(text, width, char, 'both'),
  ),
  count: (text: string, sub: unknown, start?: unknown, end?: unknown) => countIn(text, sub, start, end),
  encode: (text: string) => new TextEncoder().encode(text),
  endswith: (text: string, affix: unknown, start?: unknown, end?: unknown) => hasAffix(text, affix, start, end, true),
  expandtabs: named(['tabsize'], expandTabs),
  find: (text: string, sub: unknown, start?: unknown, end?: unknown) => findIn(text, sub, start, end, false),
  index: (text: string, sub: unknown, start?: unknown, end?: unknown) => indexIn(text, sub, start, end, false),
  isalnum: every(/^[\p{L}\p{Nd}\p{Nl}\p{No}]+$/u),
  isalpha: every(/^\p{L}+$/u),
  isascii: (text: string) => [...text].every((character) => character < '\x80'),
  isdecimal: every(/^\p{Nd}+$/u),
  isdigit: every(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u),
  isidentifier: every(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u),
  islower: (text: string) => hasCase(text) && !/[\p{Lu}\p{Lt}]/u.test(text),
  isnumeric: every(/^\p{N}+$/u),
  isprintable: isPrintable,
  isspace: every(ALL_SPACE),
  istitle: isTitle,
  isupper: (text: string) => hasCase(text) && !/[\p{Ll}\p{Lt}]/u.test(text),
  join: (text: string, items: unknown) =>
    joinBy(
      text,
      toList(items).map((item, i) => asText(item, `sequence item ${i}: expected`)),
    ),
  ljust: (text: string, width: unknown, char?: unknown) => fill(text, width, char, 'right'),
  lower: (text: string) => text.toLowerCase(),
  lstrip: stripLeft,
  partition: (text: string, separator: unknown) => cut(text, separator, false),
  removeprefix: (text: string, prefix: unknown) =>
    text.startsWith(asText(prefix)) ? text.slice(asText(prefix).length) : text,
  removesuffix: (text: string, suffix: unknown) =>
    asText(suffix) !== '' && text.endsWith(asText(suffix)) ? text.slice(0, -asText(suffix).length) : text,
  replace: replaceText,
  rfind: (text: string, sub: unknown, start?: unknown, end?: unknown) => findIn(text, sub, start, end, true),
  rindex: (text: string, sub: unknown, start?: unknown, end?: unknown) => indexIn(text, sub, start, end, true),
  rjust: (text: string, width: unknown, char?: unknown) => fill(text, width, char, 'left'),
  rpartition: (text: string, separator: unknown) => cut(text, separator, true),
  rsplit: named(['sep', 'maxsplit'], splitRight),
  rstrip: stripRight,
  split: named(['sep', 'maxsplit'], splitText),
  splitlines: named(['keepends'], splitLines),
  startswith: (text: string, affix: unknown, start?: unknown, end?: unknown) =>
    hasAffix(text, affix, start, end, false),
  strip,
  swapcase: swapCase,
  title: titled,
  upper: (text: string) => text.toUpperCase(),
  zfill: zeroFill,
};
