/** In what Flask 3.1 answers otherwise than Flask 2.2: recorded.json, written by record.ts. */
import { readFileSync } from 'node:fs';
import type { Change } from './compare.ts';

export interface Recorded {
  /** Of whom: `{ flask: '3.1.3', werkzeug: '3.1.8' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** By area and name of the case; null for a step to which both answer alike. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, readonly (Change | null)[]>>>>;
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8'));

export const { versions } = recorded;

/** The answers to a case's steps; undefined where the case follows Flask 2.2 in all. */
export const recordedFor = (area: string, name: string): readonly (Change | null)[] | undefined =>
  recorded.answers[area]?.[name];
