/** The tokens of a template, looked at one or two at a time. */
import { TemplateAssertionError, TemplateSyntaxError } from '../errors.ts';
import type { Source } from './source.ts';
import { describeToken, describeType, type Token, type TokenType } from './tokens.ts';

/** A type, or a name by its text: `name:endif`. */
export type Wanted = TokenType | `name:${string}`;

export const describeWanted = (wanted: Wanted): string =>
  isNamed(wanted) ? wanted.slice('name:'.length) : describeType(wanted);

const isNamed = (wanted: Wanted): wanted is `name:${string}` => wanted.startsWith('name:');

export class TokenStream {
  readonly source: Source;
  readonly #tokens: Iterator<Token, void>;
  #current: Token;
  #pushed: Token | undefined;
  #lastOffset = 0;

  constructor(source: Source, tokens: Iterator<Token, void>) {
    this.source = source;
    this.#tokens = tokens;
    this.#current = this.#pull();
  }

  get current(): Token {
    return this.#current;
  }

  #pull(): Token {
    const next = this.#tokens.next();
    // The end is where the last token begins, as Jinja counts lines.
    if (next.done) return { type: 'eof', text: '', offset: this.#lastOffset };
    this.#lastOffset = next.value.offset;
    return next.value;
  }

  /** The token after the current one. */
  look(): Token {
    this.#pushed ??= this.#pull();
    return this.#pushed;
  }

  /** Goes on. @returns the token that was current */
  next(): Token {
    const token = this.#current;
    this.#current = this.#pushed ?? this.#pull();
    this.#pushed = undefined;
    return token;
  }

  test(...wanted: readonly Wanted[]): boolean {
    return wanted.some((one) => matches(this.#current, one));
  }

  looksAt(wanted: Wanted): boolean {
    return matches(this.look(), wanted);
  }

  skipIf(wanted: Wanted): boolean {
    if (!this.test(wanted)) return false;
    this.next();
    return true;
  }

  expect(wanted: Wanted): Token {
    if (this.test(wanted)) return this.next();
    const expected = describeWanted(wanted);
    if (this.#current.type === 'eof') this.fail(`unexpected end of template, expected '${expected}'.`);
    return this.fail(`expected token '${expected}', got '${describeToken(this.#current)}'`);
  }

  fail(message: string, offset: number = this.#current.offset): never {
    throw new TemplateSyntaxError(message, this.source.place(offset));
  }

  /** For what is well written and yet cannot be. */
  refuse(message: string, offset: number = this.#current.offset): never {
    throw new TemplateAssertionError(message, this.source.place(offset));
  }
}

const matches = (token: Token, wanted: Wanted): boolean =>
  isNamed(wanted) ? token.type === 'name' && token.text === wanted.slice('name:'.length) : token.type === wanted;
