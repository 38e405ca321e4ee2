/** How long a worker may take to load its app. */
import type { Milliseconds } from './units.ts';

const LEAST: Milliseconds = 60_000;

/**
 * A worker that boots is given at least a minute, whatever `timeout` says: it serves nobody yet, and to load a large app on
 * a busy machine can take longer than a request ever should.
 * @param timeout 0 for ever, which it then is here too
 */
export const bootLimit = (timeout: Milliseconds): Milliseconds => (timeout === 0 ? 0 : Math.max(timeout, LEAST));
