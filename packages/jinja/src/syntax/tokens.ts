/** The tokens of a template, and how messages call them. */

/** An operator's type is the operator. */
export type TokenType =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'eof'
  | Operator;

export type Operator = (typeof OPERATORS)[number];

/** Longest first. */
export const OPERATORS = [
  '//',
  '**',
  '==',
  '!=',
  '>=',
  '<=',
  '+',
  '-',
  '/',
  '*',
  '%',
  '~',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '>',
  '<',
  '=',
  '.',
  ':',
  '|',
  ',',
  ';',
] as const;

export interface Token {
  readonly type: TokenType;
  /** As written; of data and names, their text. */
  readonly text: string;
  /** A literal's value. */
  readonly value?: unknown;
  readonly offset: number;
}

const DESCRIPTIONS: Readonly<Partial<Record<TokenType, string>>> = {
  block_begin: 'begin of statement block',
  block_end: 'end of statement block',
  variable_begin: 'begin of print statement',
  variable_end: 'end of print statement',
  data: 'template data / text',
  eof: 'end of template',
};

export const describeType = (type: TokenType): string => DESCRIPTIONS[type] ?? type;

export const describeToken = ({ type, text }: Token): string => (type === 'name' ? text : describeType(type));
