/** The encoded forms that may lie beside a file. */
import { CodingChoice } from '../content-coding.ts';

/** A coding, and the ending of its file's name. */
export const NEIGHBOURS = [
  { coding: 'br', ending: '.br' },
  { coding: 'zstd', ending: '.zst' },
  { coding: 'gzip', ending: '.gz' },
] as const;

export const neighbourChoice = new CodingChoice(NEIGHBOURS.map(({ coding }) => coding));
