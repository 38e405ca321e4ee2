/** What the log says of an app that was late. */
import type { Log } from '../contract/log.ts';
import type { Seconds } from '../contract/units.ts';
import type { WorkerConfig } from '../contract/worker-config.ts';

type Limit = 'responseTimeout' | 'requestTimeout';

/** The client was answered in its place. */
export function logUnanswered(
  log: Log,
  method: string | undefined,
  target: string | undefined,
  config: Pick<WorkerConfig, Limit>,
  limit: Limit,
): void {
  log.warning(`No answer to ${method} ${target} within ${config[limit]} s (${limit}): 503`);
}

/** Its answer had begun. */
export function logCut(log: Log, method: string | undefined, target: string | undefined, limit: Seconds): void {
  log.warning(`The answer to ${method} ${target} was not complete within ${limit} s (requestTimeout): cut`);
}
