/** What becomes of a worker's settings in one of its threads. */

import type { WorkerConfig } from '../../contract/worker-config.ts';

/**
 * `workerConnections` is the worker's: each thread has its share, and one that is full leaves what waits to the others. So is
 * `heapLimit`.
 *
 * @param index of the thread's place, from 0
 */
export function threadConfig(config: WorkerConfig, index: number): WorkerConfig {
  const { workerConnections, threads, heapLimit } = config;
  const share = Math.floor(workerConnections / threads) + (index < workerConnections % threads ? 1 : 0);
  return {
    ...config,
    workerClass: engineOf(config),
    threads: 1,
    workerConnections: share,
    heapLimit: heapLimit / threads,
  };
}

function engineOf({ threadEngine, certfile }: WorkerConfig): 'picoev' | 'async' {
  if (threadEngine !== 'auto') return threadEngine;
  return certfile === null ? 'picoev' : 'async';
}
