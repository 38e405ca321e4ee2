/** How long a worker that leaves waits for the next request of its silent connections. */
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';

/** The first request of who was accepted at last is on its way, also where `keepalive` is 0. */
const FIRST_REQUEST: Milliseconds = 2_000;

export const lastPatience = (keepalive: Seconds): Milliseconds => Math.max(toMilliseconds(keepalive), FIRST_REQUEST);
