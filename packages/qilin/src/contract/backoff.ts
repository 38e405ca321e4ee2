/** When something that ended unasked is tried again: a worker by the arbiter, a thread by its worker. */
import type { Milliseconds } from './units.ts';

/**
 * What was ready for so long is well: should it end, it is replaced at once, and the failures before it no longer count. Only
 * what fails at its start, or right after it, would fail again the same way, and cost a start each time.
 */
export const WELL_AFTER: Milliseconds = 1_000;

const BACKOFF_FIRST: Milliseconds = 1_000;
const BACKOFF_LONGEST: Milliseconds = 30_000;

/** Pause before the next try after `failures` failed starts in a row: the first is free, then 1 s, 2 s, 4 s … 30 s. */
export function backoff(failures: number): Milliseconds {
  return failures <= 1 ? 0 : Math.min(BACKOFF_FIRST * 2 ** (failures - 2), BACKOFF_LONGEST);
}
