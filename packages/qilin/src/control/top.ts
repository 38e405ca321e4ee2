/** What `qilinctl top` shows: the workers as they are, and what they have done since the look before. Pure; what is not there is a dash. */
import { type Fields, isCount, isObject } from '../contract/fields.ts';
import { quantile } from '../contract/quantile.ts';
import type { Milliseconds, Seconds } from '../contract/units.ts';
import { mebibytes, objectsIn, statusLines, table, told } from './present.ts';

/** By which key the workers are sorted, the largest first; as they are told without one. */
export const SORT_KEYS = { c: 'cpu', m: 'memory', l: 'lag', r: 'rate', p: 'p99' } as const;
export type SortKey = keyof typeof SORT_KEYS;
export const isSortKey = (key: string): key is SortKey => Object.hasOwn(SORT_KEYS, key);

/** As of a sign of life. */
interface Sample {
  readonly at: Milliseconds;
  readonly cpu: Seconds;
  readonly requests: number;
  readonly buckets: readonly number[];
}

interface Rates {
  /** Percent of a core, requests a second. */
  readonly cpu?: number;
  readonly rate?: number;
  readonly p50?: Seconds;
  readonly p99?: Seconds;
}

/** Shorter ones are the same sign of life, told twice. */
const LEAST_INTERVAL: Milliseconds = 200;

/** Remembers the samples of each worker, by its pid. */
export class Watched {
  #known = new Map<unknown, { readonly sample: Sample; readonly rates: Rates }>();

  /** The rates of each worker, since the sign of life before its last. */
  look(workers: readonly Fields[], now: Milliseconds): ReadonlyMap<unknown, Rates> {
    const next = workers.flatMap((worker) => {
      const sample = sampleOf(worker, now);
      if (sample === undefined) return [];
      const before = this.#known.get(worker['pid']);
      if (before === undefined) return [[worker['pid'], { sample, rates: {} }] as const];
      if (sample.at - before.sample.at < LEAST_INTERVAL) return [[worker['pid'], before] as const];
      return [[worker['pid'], { sample, rates: ratesBetween(before.sample, sample, boundsOf(worker)) }] as const];
    });
    this.#known = new Map(next);
    return new Map(next.map(([pid, { rates }]) => [pid, rates]));
  }
}

function sampleOf(worker: Fields, now: Milliseconds): Sample | undefined {
  const { silentSeconds, cpuSeconds, requests } = worker;
  if (!isCount(silentSeconds) || !isCount(cpuSeconds)) return undefined;
  const buckets = isObject(worker['durations']) ? worker['durations']['buckets'] : undefined;
  return {
    at: now - silentSeconds * 1000,
    cpu: cpuSeconds,
    requests: isCount(requests) ? requests : 0,
    buckets: Array.isArray(buckets) ? buckets.filter(isCount) : [],
  };
}

function boundsOf({ durations }: Fields): readonly Seconds[] {
  const bounds = isObject(durations) ? durations['bounds'] : undefined;
  return Array.isArray(bounds) ? bounds.filter(isCount) : [];
}

function ratesBetween(before: Sample, now: Sample, bounds: readonly Seconds[]): Rates {
  const seconds = (now.at - before.at) / 1000;
  const counts = now.buckets.map((count, index) => Math.max(0, count - (before.buckets[index] ?? 0)));
  const [p50, p99] = [quantile(0.5, counts, bounds), quantile(0.99, counts, bounds)];
  return {
    cpu: ((now.cpu - before.cpu) / seconds) * 100,
    rate: (now.requests - before.requests) / seconds,
    ...(p50 !== undefined && { p50 }),
    ...(p99 !== undefined && { p99 }),
  };
}

const HEADINGS = [
  'PID',
  'GEN',
  'STATE',
  'CPU %',
  'RSS MiB',
  'LAG s',
  'REQ/s',
  'IN FLIGHT',
  'P50 ms',
  'P99 ms',
  'CONNS',
  'STUCK AT',
];
const KEYS = 'sort by c cpu, m memory, l lag, r requests, p p99 · + - scale · R reload · q quit';

interface Look {
  readonly sort: SortKey | undefined;
  /** What the last key brought. */
  readonly message: string;
  /** Of the terminal. */
  readonly columns: number;
  readonly rows: number;
}

/** A whole screen, no line longer than it is wide, and no more of them than fit. */
export function topText(
  status: Fields,
  watched: Watched,
  now: Milliseconds,
  { sort, message, columns, rows }: Look,
): string {
  const workers = objectsIn(status['workers']);
  const rates = watched.look(workers, now);
  const ratesOf = ({ pid }: Fields): Rates => rates.get(pid) ?? {};
  const sorted =
    sort === undefined
      ? workers
      : workers.toSorted((a, b) => sizeOf(sort, b, ratesOf(b)) - sizeOf(sort, a, ratesOf(a)));
  const cells = sorted.map((worker) => row(worker, ratesOf(worker)));
  const lines = [
    ...statusLines(status, now),
    '',
    ...table([HEADINGS, ...cells], 'right')
      .trimEnd()
      .split('\n'),
  ];
  const room = Math.max(1, rows - 3);
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`] : lines;
  return [...shown, '', message === '' ? KEYS : message].map((line) => line.slice(0, columns)).join('\n');
}

function sizeOf(key: SortKey, worker: Fields, rates: Rates): number {
  const values = { c: rates.cpu, m: worker['residentBytes'], l: worker['lagSeconds'], r: rates.rate, p: rates.p99 };
  const value = values[key];
  return isCount(value) ? value : -1;
}

const fixed = (value: number | undefined, digits: number): string =>
  value === undefined ? '-' : value.toFixed(digits);
const milliseconds = (time: Seconds | undefined): string => fixed(time === undefined ? undefined : time * 1000, 1);

const row = (worker: Fields, { cpu, rate, p50, p99 }: Rates): readonly string[] => [
  told(worker['pid']),
  told(worker['generation']),
  told(worker['state']),
  fixed(cpu, 1),
  mebibytes(worker['residentBytes']),
  told(worker['lagSeconds']),
  fixed(rate, 0),
  told(worker['inFlight']),
  milliseconds(p50),
  milliseconds(p99),
  told(worker['connections']),
  typeof worker['stuckAt'] === 'string' ? worker['stuckAt'] : '',
];
