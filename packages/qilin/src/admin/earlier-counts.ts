/** The counts of the arbiter before this one, which an upgrade hands on, so that no counter goes down. Pure. */
import { type Fields, isCount, isObject } from '../contract/fields.ts';
import {
  FIGURE_NAMES,
  type FigureName,
  type Figures,
  figureOf,
  type Histogram,
  type Labels,
  type Sample,
} from './figures.ts';

/** By name, as far as they could be read: it may be of another version. */
export type EarlierCounts = ReadonlyMap<FigureName, readonly Sample[] | Histogram>;

/** What is handed on of all figures. */
export function countsOf(figures: Figures): Fields {
  return Object.fromEntries(FIGURE_NAMES.filter(isCounted).map((name) => [name, figures[name]]));
}

/** What was handed on, from whoever: read, not believed. */
export function readCounts(said: unknown): EarlierCounts {
  if (!isObject(said)) return new Map();
  const found = FIGURE_NAMES.filter(isCounted).flatMap((name) => {
    const value = figureOf(name).kind === 'histogram' ? readHistogram(said[name]) : readSamples(said[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Map(found);
}

export function addCounts(figures: Figures, earlier: EarlierCounts): Figures {
  const sums = [...earlier].map(([name, before]) => [name, add(figures[name], before)]);
  return { ...figures, ...Object.fromEntries(sums) };
}

const isCounted = (name: FigureName): boolean => ['counter', 'histogram'].includes(figureOf(name).kind);

type Value = readonly Sample[] | Histogram;

const areSamples = (value: Value): value is readonly Sample[] => Array.isArray(value);

function add(now: Value, before: Value): Value {
  if (areSamples(now)) return areSamples(before) ? addSamples(now, before) : now;
  if (areSamples(before) || String(before.bounds) !== String(now.bounds)) return now;
  const buckets = now.buckets.map((count, index) => count + (before.buckets[index] ?? 0));
  return { bounds: now.bounds, buckets, sum: now.sum + before.sum };
}

function addSamples(now: readonly Sample[], before: readonly Sample[]): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of [...now, ...before]) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}

function readSamples(said: unknown): readonly Sample[] | undefined {
  if (!Array.isArray(said)) return undefined;
  const samples = said.map((one: unknown) =>
    isObject(one) && isLabels(one['labels']) && isCount(one['value'])
      ? { labels: one['labels'], value: one['value'] }
      : undefined,
  );
  return samples.every((sample) => sample !== undefined) ? samples : undefined;
}

const isLabels = (said: unknown): said is Labels =>
  isObject(said) && Object.values(said).every((text) => typeof text === 'string');

function readHistogram(said: unknown): Histogram | undefined {
  if (!isObject(said)) return undefined;
  const { bounds, buckets, sum } = said;
  return areCounts(bounds) && areCounts(buckets) && isCount(sum) ? { bounds, buckets, sum } : undefined;
}

const areCounts = (said: unknown): said is readonly number[] => Array.isArray(said) && said.every(isCount);
