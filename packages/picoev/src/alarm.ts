/** An end for a process whose event loop no longer turns, by the kernel's own clock. */
import { addon } from './addon.ts';

/** alarm(2) takes an unsigned int; a day is more than anybody waits for. */
const LONGEST = 86_400;

/**
 * Has the kernel end this process by SIGALRM after so many seconds, unless it is called again before: no thread, and no
 * turn of the event loop, is needed for it. Each call replaces the one before.
 *
 * @param seconds whole seconds, at most a day; 0 calls it off
 * @throws {RangeError} when it is not such a number
 */
export function setAlarm(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > LONGEST) {
    throw new RangeError(`An alarm must be set to whole seconds from 0 to ${LONGEST} (got ${seconds}).`);
  }
  addon().setAlarm(seconds);
}
