/** The patterns by which a template of an environment's syntax is cut. Each is sticky but `root`, which searches. */
import type { Syntax } from './settings.ts';
import { OPERATORS } from './tokens.ts';

/** What a match of `root` begins. */
export type Tag = 'raw' | 'comment' | 'block' | 'variable' | 'lineStatement' | 'lineComment';

export interface LexerRules {
  /** Finds the next tag: a named group says which, its sign follows in the group of that name with `Sign`. */
  readonly root: RegExp;
  readonly tags: readonly Tag[];
  readonly commentEnd: RegExp;
  readonly blockEnd: RegExp;
  readonly variableEnd: RegExp;
  readonly rawEnd: RegExp;
  readonly lineStatementEnd: RegExp;
  readonly lineCommentEnd: RegExp;
}

const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** At the beginning of a line: `^` would match after other separators too. */
const LINE_START = '(?<![^\\n])';

export function lexerRules(syntax: Syntax): LexerRules {
  const { lineStatementPrefix, lineCommentPrefix } = syntax;
  const blockStart = quote(syntax.blockStartString);
  const blockEnd = quote(syntax.blockEndString);
  const commentEnd = quote(syntax.commentEndString);
  const variableEnd = quote(syntax.variableEndString);
  const trim = syntax.trimBlocks ? '\\n?' : '';
  const tags: [number, Tag, string][] = [
    [syntax.variableStartString.length, 'variable', quote(syntax.variableStartString)],
    [syntax.commentStartString.length, 'comment', quote(syntax.commentStartString)],
    [syntax.blockStartString.length, 'block', blockStart],
  ];
  if (lineStatementPrefix !== null) {
    tags.push([lineStatementPrefix.length, 'lineStatement', `${LINE_START}[ \\t\\v]*${quote(lineStatementPrefix)}`]);
  }
  if (lineCommentPrefix !== null) {
    tags.push([
      lineCommentPrefix.length,
      'lineComment',
      `(?:${LINE_START}|(?<=\\S))[^\\S\\r\\n]*${quote(lineCommentPrefix)}`,
    ]);
  }
  // The longest prefix wins; among equals the later in Jinja's alphabet of token names, which is this order.
  const order: readonly Tag[] = ['variable', 'lineStatement', 'lineComment', 'comment', 'block'];
  tags.sort(([a, x], [b, y]) => b - a || order.indexOf(x) - order.indexOf(y));
  const raw = `(?<raw>${blockStart}(?<rawSign>-|\\+|)\\s*raw\\s*(?:-${blockEnd}\\s*|${blockEnd}))`;
  const end = (text: string) => `(?:\\+${text}|-${text}\\s*|${text}${trim})`;
  return {
    root: new RegExp([raw, ...tags.map(([, tag, text]) => `(?<${tag}>${text}(?<${tag}Sign>-|\\+|))`)].join('|'), 'gu'),
    tags: ['raw', ...tags.map(([, tag]) => tag)],
    commentEnd: new RegExp(end(commentEnd), 'gu'),
    blockEnd: new RegExp(end(blockEnd), 'yu'),
    variableEnd: new RegExp(`-${variableEnd}\\s*|${variableEnd}`, 'yu'),
    rawEnd: new RegExp(`${blockStart}(?<sign>-|\\+|)\\s*endraw\\s*${end(blockEnd)}`, 'gu'),
    lineStatementEnd: /\s*(?:\n|$)/y,
    lineCommentEnd: /\n|$/g,
  };
}

export const WHITESPACE = /\s+/y;
export const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
export const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
export const NAME = /[\p{L}\p{M}\p{N}\p{Pc}]+/uy;
export const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
export const STRING = /'(?:[^'\\]*(?:\\[\s\S][^'\\]*)*)'|"(?:[^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
export const OPERATOR = new RegExp(OPERATORS.map(quote).join('|'), 'y');
