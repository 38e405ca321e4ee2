/** When a worker has done its share: after `maxRequests`, or at `maxAge`. A random part of each jitter is added. */
import { type Seconds, toMilliseconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';

type Retire = (reason: string) => void;

/** Node's timers overflow at 31 bits of milliseconds, and fire at once. Age and jitter together may be longer. */
const LONGEST_AGE: Seconds = 2_147_000;

/** To be called once with each request. Retires with the last one of the share. */
export function requestShare({ maxRequests, maxRequestsJitter }: WorkerConfig, retire: Retire): () => void {
  if (maxRequests === 0) return () => {};
  const limit = maxRequests + Math.floor(Math.random() * (maxRequestsJitter + 1));
  let requests = 0;
  return () => {
    requests += 1;
    if (requests === limit) retire(`it has served ${limit} requests (maxRequests)`);
  };
}

/** Retires when the worker, which begins to serve now, has done so for long enough. */
export function beginAge({ maxAge, maxAgeJitter }: WorkerConfig, retire: Retire): void {
  if (maxAge === 0) return;
  const limit = Math.min(maxAge + Math.random() * maxAgeJitter, LONGEST_AGE);
  setTimeout(() => retire(`it has served for ${limit.toFixed(1)} s (maxAge)`), toMilliseconds(limit)).unref();
}
