/** A template's tokens, one at a time: whitespace control, raw blocks and comments are gone from them. */
import { TemplateSyntaxError } from '../errors.ts';
import { reprText } from '../values/text.ts';
import {
  FLOAT,
  IDENTIFIER,
  INTEGER,
  type LexerRules,
  NAME,
  OPERATOR,
  STRING,
  type Tag,
  WHITESPACE,
} from './lexer-rules.ts';
import { parseFloatLiteral, parseInteger, parseText } from './literals.ts';
import type { Syntax } from './settings.ts';
import type { Source } from './source.ts';
import { OPERATORS, type Operator, type Token } from './tokens.ts';

/** A token, or undefined for what gives none. */
type Found = Token | undefined;

const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

export class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #syntax: Syntax;
  readonly #rules: LexerRules;
  #offset = 0;
  /** Whether what comes next begins a line, as far as the tags before it tell. */
  #isLineStart = true;
  #open: { readonly closes: string }[] = [];

  constructor(source: Source, syntax: Syntax, rules: LexerRules) {
    this.#source = source;
    this.#text = !syntax.keepTrailingNewline && source.text.endsWith('\n') ? source.text.slice(0, -1) : source.text;
    this.#syntax = syntax;
    this.#rules = rules;
  }

  *tokens(): Generator<Token, void> {
    while (this.#offset < this.#text.length) {
      const start = this.#offset;
      const { root } = this.#rules;
      root.lastIndex = start;
      const match = root.exec(this.#text);
      const tag = match ? this.#rules.tags.find((name) => match.groups?.[name] !== undefined) : undefined;
      if (!match || !tag) {
        yield* this.#data(this.#text.slice(start), start);
        this.#offset = this.#text.length;
        return;
      }
      const sign = match.groups?.[`${tag}Sign`] ?? '';
      yield* this.#data(this.#lstripped(this.#text.slice(start, match.index), sign, tag), start);
      this.#advance(match.index + match[0].length);
      yield* this.#tag(tag, match.index);
    }
  }

  #advance(offset: number): void {
    this.#offset = offset;
    this.#isLineStart = this.#text[offset - 1] === '\n';
  }

  *#data(text: string, offset: number): Generator<Token, void> {
    if (text !== '') yield { type: 'data', text: this.#newlines(text), offset };
  }

  #newlines(text: string): string {
    const { newlineSequence } = this.#syntax;
    return newlineSequence === '\n' ? text : text.replaceAll('\n', newlineSequence);
  }

  /** The text before a tag without the whitespace that the tag's sign, or `lstripBlocks`, takes away. */
  #lstripped(text: string, sign: string, tag: Tag, isLineStart = this.#isLineStart): string {
    if (sign === '-') return text.trimEnd();
    if (sign === '+' || !this.#syntax.lstripBlocks || tag === 'variable') return text;
    const line = text.lastIndexOf('\n') + 1;
    return (line > 0 || isLineStart) && /^\s*$/.test(text.slice(line)) ? text.slice(0, line) : text;
  }

  *#tag(tag: Tag, offset: number): Generator<Token, void> {
    switch (tag) {
      case 'comment':
        // Jinja looks for the end only where there is text left.
        if (this.#offset === this.#text.length) return;
        this.#skipPast(this.#rules.commentEnd, 'Missing end of comment tag', offset);
        return;
      case 'lineComment':
        this.#rules.lineCommentEnd.lastIndex = this.#offset;
        this.#advance(this.#rules.lineCommentEnd.exec(this.#text)?.index ?? this.#text.length);
        return;
      case 'raw': {
        const start = this.#offset;
        if (start === this.#text.length) return;
        const isLineStart = this.#isLineStart;
        const end = this.#skipPast(this.#rules.rawEnd, 'Missing end of raw directive', offset);
        const text = this.#text.slice(start, end.index);
        yield* this.#data(this.#lstripped(text, end.groups?.['sign'] ?? '', tag, isLineStart), start);
        return;
      }
      case 'variable':
        yield { type: 'variable_begin', text: '', offset };
        yield* this.#expression(this.#rules.variableEnd, 'variable_end');
        return;
      default:
        yield { type: 'block_begin', text: '', offset };
        yield* this.#expression(tag === 'block' ? this.#rules.blockEnd : this.#rules.lineStatementEnd, 'block_end');
    }
  }

  #skipPast(pattern: RegExp, problem: string, offset: number): RegExpExecArray {
    pattern.lastIndex = this.#offset;
    const end = pattern.exec(this.#text);
    if (!end) throw new TemplateSyntaxError(problem, this.#source.place(offset));
    this.#advance(end.index + end[0].length);
    return end;
  }

  *#expression(end: RegExp, type: 'variable_end' | 'block_end'): Generator<Token, void> {
    this.#open = [];
    for (;;) {
      const start = this.#offset;
      const ending = this.#open.length === 0 ? this.#match(end) : undefined;
      if (ending !== undefined) {
        yield { type, text: ending, offset: start };
        return;
      }
      if (start >= this.#text.length) return;
      const token = this.#inner(start);
      if (token) yield token;
    }
  }

  /** What a sticky pattern finds here; the lexer goes on behind it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#advance(this.#offset + found.length);
    return found;
  }

  #inner(offset: number): Found {
    if (this.#match(WHITESPACE) !== undefined) return undefined;
    let text = this.#match(FLOAT);
    if (text !== undefined) return { type: 'float', text, value: parseFloatLiteral(text), offset };
    text = this.#match(INTEGER);
    if (text !== undefined) return { type: 'integer', text, value: parseInteger(text), offset };
    text = this.#match(NAME);
    if (text !== undefined) {
      if (!IDENTIFIER.test(text)) this.#fail('Invalid character in identifier', offset);
      return { type: 'name', text, offset };
    }
    text = this.#match(STRING);
    if (text !== undefined) return { type: 'string', text, value: this.#textLiteral(text, offset), offset };
    text = this.#match(OPERATOR);
    const operator = OPERATORS.find((one) => one === text);
    if (operator === undefined) {
      const character = String.fromCodePoint(this.#text.codePointAt(offset) ?? 0);
      return this.#fail(`unexpected char ${reprText(character)} at ${offset}`, offset);
    }
    this.#balance(operator, offset);
    return { type: operator, text: operator, offset };
  }

  #textLiteral(text: string, offset: number): string {
    try {
      return parseText(this.#newlines(text.slice(1, -1)));
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error), offset);
    }
  }

  #balance(operator: Operator, offset: number): void {
    const closes = CLOSES[operator];
    if (closes !== undefined) this.#open.push({ closes });
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = this.#open.pop();
      if (!expected) this.#fail(`unexpected '${operator}'`, offset);
      if (expected && expected.closes !== operator) {
        this.#fail(`unexpected '${operator}', expected '${expected.closes}'`, offset);
      }
    }
  }

  #fail(message: string, offset: number): never {
    throw new TemplateSyntaxError(message, this.#source.place(offset));
  }
}
