/** Quantiles of a histogram. Pure; in the browser too. */
import type { Seconds } from './units.ts';

/** Between the bounds of its bucket in proportion, as Prometheus estimates it; the last bound for what is beyond. Undefined for none. */
export function quantile(part: number, counts: readonly number[], bounds: readonly Seconds[]): Seconds | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    const upper = bounds[index];
    if (upper === undefined) break;
    const lower = bounds[index - 1] ?? 0;
    if (below + count >= part * total) return lower + ((part * total - below) / count) * (upper - lower);
    below += count;
  }
  return bounds.at(-1);
}
