/** The queues in which clients wait: for how long, and taking out who waits longest. */
import { addon } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';

/**
 * @returns for how many milliseconds what has come on a connection, in this turn of this thread's event loop, has waited to be looked at: as
 * the kernel tells of TCP (Linux; within its tick, 4 ms), counted from what came last. Elsewhere the most that it can be, the time for which the loop has
 * been busy since it looked the time before.
 */
export function measureQueue(): (fd: number) => number {
  const queue = addon().measureQueue();
  return (fd) => queue.of(fd);
}

/**
 * Takes the connection that has waited longest out of a listening socket's queue, whoever else accepts from that.
 *
 * @returns its descriptor, non-blocking, which is the caller's; undefined where none waits, or there is no descriptor for it
 */
export function takeConnection(listener: number): number | undefined {
  requireInteger('listener', listener, 0, INT_MAX);
  return addon().acceptOne(listener);
}
