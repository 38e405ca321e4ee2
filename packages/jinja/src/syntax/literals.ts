/** The values of literals: numbers with underscores and bases, texts with Python's escapes. */
import { float, int } from '../values/float.ts';

export function parseInteger(text: string): number | bigint {
  return int(
    BigInt(
      text
        .replaceAll('_', '')
        .toLowerCase()
        .replace(/^0+(?=\d)/, ''),
    ),
  );
}

export const parseFloatLiteral = (text: string): unknown => float(Number(text.replaceAll('_', '')));

const ESCAPE = /\\(?:\n|([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;

const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * A text literal's value, its quotes taken off.
 * @throws RangeError for an escape that is cut short
 */
export const parseText = (text: string): string =>
  text.includes('\\')
    ? text.replace(ESCAPE, (whole, octal?: string, x?: string, u?: string, U?: string, other?: string) => {
        if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
        const hex = x ?? u ?? U;
        if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
        if (other === undefined) return '';
        if (other === 'x' || other === 'u' || other === 'U' || other === 'N')
          throw new RangeError(`truncated \\${other} escape`);
        return SIMPLE[other] ?? whole;
      })
    : text;
