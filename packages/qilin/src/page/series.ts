/** What the curves show: of each two looks one point, and the points of ten minutes. Pure. */
import { quantile } from '../contract/quantile.ts';
import type { Feed } from '../dashboard/feed.ts';

/** Per second, milliseconds, MiB; null where nothing is known. */
export interface Point {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly throughput: number | null;
  readonly errors: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly queue: number | null;
  readonly lag: number | null;
  readonly memory: number | null;
  /** Percent of a core. */
  readonly cpu: number | null;
}

export type Curve = Exclude<keyof Point, 'at'>;

const MEBIBYTE = 2 ** 20;
const MOST_POINTS = 600;
const GAP: Omit<Point, 'at'> = {
  throughput: null,
  errors: null,
  p50: null,
  p99: null,
  queue: null,
  lag: null,
  memory: null,
  cpu: null,
};

type Samples = readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
interface Histogram {
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
}

export const sumOf = (samples: Samples, isMeant: (labels: Readonly<Record<string, string>>) => boolean = () => true) =>
  samples.reduce((sum, { labels, value }) => (isMeant(labels) ? sum + value : sum), 0);

/** @param before Of the same arbiter. Counters may begin anew behind an upgrade that failed to hand them on: nothing goes below 0. */
export function pointOf(feed: Feed, before: Feed | undefined): Point {
  const { figures, status, at } = feed;
  const lags = status.workers.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  const resident = status.workers.reduce((sum, { residentBytes }) => sum + (residentBytes ?? 0), 0);
  const own = sumOf(figures.qilin_arbiter_resident_bytes);
  return {
    ...GAP,
    at: at / 1000,
    lag: lags.length === 0 ? null : Math.max(...lags) * 1000,
    memory: (resident + own) / MEBIBYTE,
    ...(before !== undefined && between(feed, before)),
  };
}

function between(now: Feed, before: Feed): Partial<Point> {
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0) return {};
  const perSecond = (count: (feed: Feed) => number) => Math.max(0, count(now) - count(before)) / seconds;
  const took = (part: number, name: 'qilin_request_duration_seconds' | 'qilin_queue_seconds') =>
    milliseconds(part, now.figures[name], before.figures[name]);
  return {
    throughput: perSecond(({ figures }) => sumOf(figures.qilin_requests)),
    errors: perSecond(({ figures }) => sumOf(figures.qilin_requests, ({ status }) => status === '5xx')),
    p50: took(0.5, 'qilin_request_duration_seconds'),
    p99: took(0.99, 'qilin_request_duration_seconds'),
    queue: took(0.99, 'qilin_queue_seconds'),
    cpu: perSecond(({ figures }) => sumOf(figures.qilin_cpu_seconds)) * 100,
  };
}

function milliseconds(part: number, now: Histogram, before: Histogram): number | null {
  const counts = now.buckets.map((count, index) => Math.max(0, count - (before.buckets[index] ?? 0)));
  const seconds = quantile(part, counts, now.bounds);
  return seconds === undefined ? null : seconds * 1000;
}

export class Series {
  #points: readonly Point[] = [];

  get points(): readonly Point[] {
    return this.#points;
  }

  add(point: Point): void {
    this.#points = [...this.#points.slice(1 - MOST_POINTS), point];
  }

  /** Nothing is known of now. @param at Milliseconds since the epoch. */
  addGap(at: number): void {
    this.add({ ...GAP, at: at / 1000 });
  }
}
