/** The kinds of settings that are amounts of memory. As text bytes, or with K, M or G for powers of 1024: `512M`. */
import { bad, type Checked, good, type Kind } from './kinds.ts';
import type { MemoryLimits } from './memory-limit.ts';

const UNITS = [
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
] as const;

/** `80%` of the memory limit that holds. */
export type Percentage = `${number}%`;

interface SizeRange {
  /** Bytes. Less would be a number of something else: 512 are meant to be megabytes. */
  readonly min: number;
}

/** 0, a number of bytes, or one of these words, which stands for itself. */
function size<const Word extends string>(
  { min }: SizeRange,
  word: { readonly is: (text: string) => text is Word; readonly says: string; readonly placeholder: string },
): Kind<number | Word, number | string> {
  const fits = (value: number): boolean => value === 0 || (Number.isSafeInteger(value) && value >= min);
  const read = (text: string): Checked<number | Word> => {
    if (word.is(text)) return good(text);
    const value = sizeOf(text);
    return value !== undefined && fits(value) ? good(value) : bad(text);
  };
  return {
    expected: `0, ${word.says}, or a number of bytes of at least ${sizeText(min)}, such as 512M or 2G`,
    placeholder: `BYTES|${word.placeholder}`,
    repeatable: false,
    schema: { anyOf: [{ const: 0 }, { type: 'integer', minimum: min }, { type: 'string', minLength: 1 }] },
    parse: (texts) => read(texts.at(-1) ?? ''),
    check: (value) => {
      if (typeof value === 'string') return read(value);
      return typeof value === 'number' && fits(value) ? good(value) : bad(value);
    },
    print: (value) => [typeof value === 'string' ? value : sizeText(value)],
  };
}

/** 0, a size, or `auto`. */
export const autoSize = (range: SizeRange): Kind<number | 'auto', number | string> =>
  size(range, { is: (text): text is 'auto' => text === 'auto', says: '"auto"', placeholder: 'auto' });

/** 0, a size, or a part of the memory limit. */
export const sizeOrPart = (range: SizeRange): Kind<number | Percentage, number | string> =>
  size(range, { is: isPercentage, says: 'a percentage from 1% to 100%', placeholder: 'N%' });

function isPercentage(text: string): text is Percentage {
  const digits = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text)?.[1];
  return digits !== undefined && Number(digits) >= 1 && Number(digits) <= 100;
}

/** Bytes: of the limit that holds for the server, or else of the machine's memory. */
export function partOf(part: Percentage, { group, machine }: MemoryLimits): number {
  return Math.floor(((group ?? machine) * Number(part.slice(0, -1))) / 100);
}

function sizeOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (UNITS.find(([name]) => name === unit.toUpperCase())?.[1] ?? 1);
}

/** As it is read again. */
function sizeText(bytes: number): string {
  const [name, factor] = UNITS.find(([, each]) => bytes > 0 && bytes % each === 0) ?? ['', 1];
  return `${bytes / factor}${name}`;
}
