/** Tells the error log which line of JavaScript blocks the event loop of this worker, or of one of its threads. */
import type { Stall } from '@qilin/picoev';
import type { LogSettings } from '../contract/log.ts';
import { createLog } from '../observe/error-log.ts';

/** With a log of its own: the worker's may be what was interrupted, in the middle of a line. */
export function tellStall({ stalledFor, stack }: Stall, settings: LogSettings, whose = 'The event loop'): void {
  const log = createLog(settings);
  log.critical(`${whose} has been blocked for ${(stalledFor / 1000).toFixed(1)} s. It is at:\n${stack}`);
  log.close();
}
