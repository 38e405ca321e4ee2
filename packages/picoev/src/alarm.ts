/** An end for a process whose event loop no longer turns, by the kernel's own clock. */
import { addon } from './addon.ts';

/** A day is more than anybody waits for. */
const LONGEST = 86_400;

/**
 * Has the kernel end this process by SIGALRM after `seconds` and `grace`, unless it is called again before: no thread, and no
 * turn of the event loop, is needed for it. Each call replaces the one before. Time in which the process was stopped, or the
 * machine asleep, does not count as grace: that is given in one piece when it runs again.
 *
 * @param seconds whole seconds, at most a day; 0 calls it off
 * @param grace whole seconds, at least 1 and at most a day
 * @throws {RangeError} when they are not such numbers
 */
export function setAlarm(seconds: number, grace: number): void {
  check('seconds', seconds, 0);
  check('grace', grace, 1);
  addon().setAlarm(seconds, grace);
}

function check(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= LONGEST) return;
  throw new RangeError(`${name} of an alarm must be a whole number from ${least} to ${LONGEST} (got ${value}).`);
}
