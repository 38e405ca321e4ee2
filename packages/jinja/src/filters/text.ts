/** Filters of text. */

import { FilterArgumentError } from '../errors.ts';
import type { EvalContext } from '../runtime/calls.ts';
import type { Engine } from '../runtime/contract.ts';
import { add, modulo } from '../values/arithmetic.ts';
import { attributeOf, stripTags } from '../values/attributes.ts';
import { textOf } from '../values/budget.ts';
import { type AnyFunction, named, passEnvironment, passEvalContext, withKeywords } from '../values/callable.ts';
import { isInt } from '../values/float.ts';
import { typeName } from '../values/kinds.ts';
import { isHtml, Markup } from '../values/markup.ts';
import { markupOf, str } from '../values/printing.ts';
import { tuple } from '../values/sequences.ts';
import { asText, capitalized, joinBy, splitLines } from '../values/str-methods.ts';
import { sliceText, textLength } from '../values/text.ts';
import { truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';
import { wrapLine } from './wrap.ts';

/** Text of a value: markup stays markup. */
export const softText = (value: unknown): string | Markup =>
  typeof value === 'string' || value instanceof Markup ? value : str(value);

/** Calls a method of a text, as Python would on `str` or `Markup`. */
export function textMethod(text: string | Markup, name: string, ...args: readonly unknown[]): unknown {
  const method = attributeOf(text, name);
  if (typeof method !== 'function') throw new TypeError(`str has no method ${name}`);
  return method(...args);
}

/** The text changed, markup if it was. */
const mapText = (value: unknown, change: (text: string) => string): string | Markup => {
  const text = softText(value);
  return text instanceof Markup ? new Markup(change(text.value)) : change(text);
};

const WORD_START = /([-\s({[<]+)/;

const title = (value: unknown) =>
  String(softText(value))
    .split(WORD_START)
    .filter((word) => word !== '')
    .map(capitalized)
    .join('');

const replace = passEvalContext(
  named(
    ['old', 'new', 'count'],
    function replace(evalContext: EvalContext, value: unknown, old: unknown, by: unknown, count?: unknown): unknown {
      if (old === undefined || by === undefined) throw new TypeError('replace() missing required arguments');
      const limit = count ?? -1;
      if (!evalContext.autoescape) return textMethod(str(value), 'replace', str(old), str(by), limit);
      const mustEscape = isHtml(old) || (isHtml(by) && !isHtml(value));
      const text = mustEscape ? markupOf(value) : softText(value);
      return textMethod(text, 'replace', softText(old), softText(by), limit);
    },
  ),
);

const indent = named(
  ['width', 'first', 'blank'],
  (value: unknown, width: unknown = 4, first: unknown = false, blank: unknown = false) => {
    const isMarkup = value instanceof Markup;
    if (value instanceof Undefined) value.fail();
    if (!isMarkup && typeof value !== 'string') throw new TypeError(`a ${typeName(value)} has no lines to indent`);
    const by =
      typeof width === 'string' || width instanceof Markup
        ? String(width)
        : ' '.repeat(textOf(Math.max(0, Number(width))));
    const lines = splitLines(`${asText(value)}\n`);
    textOf(lines.length * by.length);
    const shown = truth(blank)
      ? lines.join(`\n${by}`)
      : lines.map((line, i) => (i > 0 && line !== '' ? by + line : line)).join('\n');
    const text = truth(first) ? by + shown : shown;
    return isMarkup ? new Markup(text) : text;
  },
);

const truncate = passEnvironment(
  named(
    ['length', 'killwords', 'end', 'leeway'],
    (
      engine: Engine,
      value: unknown,
      length: unknown = 255,
      killWords: unknown = false,
      end: unknown = '...',
      leeway?: unknown,
    ) => {
      const text = softText(value);
      if (!isInt(length)) throw new TypeError(`the length must be an int, not ${typeName(length)}`);
      const most = Number(length);
      const ending = str(end);
      const room = leeway === undefined || leeway === null ? engine.policies.truncateLeeway : Number(leeway);
      if (most < textLength(ending)) throw new RangeError(`expected length >= ${textLength(ending)}, got ${most}`);
      if (room < 0) throw new RangeError(`expected leeway >= 0, got ${room}`);
      const whole = String(text);
      if (whole.length <= most + room || textLength(whole) <= most + room) return text;
      const cut = sliceText(whole, 0, most - textLength(ending));
      const space = truth(killWords) ? -1 : cut.lastIndexOf(' ');
      const kept = space < 0 ? cut : cut.slice(0, space);
      return text instanceof Markup ? add(new Markup(kept), end) : kept + ending;
    },
  ),
);

const wordwrap = passEnvironment(
  named(
    ['width', 'break_long_words', 'wrapstring', 'break_on_hyphens'],
    (
      engine: Engine,
      value: unknown,
      width: unknown = 79,
      breaksWords: unknown = true,
      by?: unknown,
      breaksHyphens: unknown = true,
    ) => {
      if (value instanceof Undefined) value.fail();
      const separator = by === undefined || by === null ? engine.newlineSequence : str(by);
      const rules = { width: Number(width), breaksWords: truth(breaksWords), breaksHyphens: truth(breaksHyphens) };
      const lines = splitLines(asText(value));
      return joinBy(
        separator,
        lines.map((line) => joinBy(separator, wrapLine(line, rules))),
      );
    },
  ),
);

const format = withKeywords((value: unknown, ...rest: unknown[]) => {
  const keywords = rest.pop();
  const hasKeywords = typeof keywords === 'object' && keywords !== null && Object.keys(keywords).length > 0;
  if (rest.length > 0 && hasKeywords) {
    throw new FilterArgumentError("can't handle positional and keyword arguments at the same time");
  }
  return modulo(softText(value), hasKeywords ? keywords : tuple(rest));
});

export const TEXT_FILTERS: Readonly<Record<string, AnyFunction>> = {
  capitalize: (value: unknown) => mapText(value, capitalized),
  center: named(['width'], (value: unknown, width: unknown = 80) => textMethod(softText(value), 'center', width)),
  format,
  indent,
  lower: (value: unknown) => mapText(value, (text) => text.toLowerCase()),
  replace,
  string: softText,
  striptags: (value: unknown) => stripTags(isHtml(value) ? value.__html__() : str(value)),
  title,
  trim: named(['chars'], (value: unknown, chars: unknown = null) => textMethod(softText(value), 'strip', chars)),
  truncate,
  upper: (value: unknown) => mapText(value, (text) => text.toUpperCase()),
  wordcount: (value: unknown) => (String(softText(value)).match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []).length,
  wordwrap,
};
