/** What a worker that leaves does for the last of its clients. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';

/** The first request of who was accepted at last is on its way, also where `keepalive` is 0. */
const FIRST_REQUEST: Milliseconds = 2_000;

/** Who finds no place waits so long for one: others may come all the while. */
const FOR_A_PLACE: Milliseconds = 1_000;
const LOOK_EVERY: Milliseconds = 5;

/** How long it waits for the next request of silent connections. */
export const lastPatience = (keepalive: Seconds): Milliseconds => Math.max(toMilliseconds(keepalive), FIRST_REQUEST);

/**
 * Resolves when nothing waits in the listening sockets' queues. Where the arbiter has closed its own sockets, the kernel resets
 * what is in a queue when the last worker closes its.
 * @param acceptRest Accepts what there is room for, and returns how many still wait.
 */
export async function emptyQueues(acceptRest: () => number): Promise<void> {
  const until = performance.now() + FOR_A_PLACE;
  while (acceptRest() > 0 && performance.now() < until) await pause(LOOK_EVERY);
}
