/** Looking at regular times, never before what has come meanwhile is heard: an event loop that was held up runs its timers first. */
import type { Milliseconds } from '../contract/units.ts';

/** @returns ends it */
export function lookBehindNews(look: () => void, interval: Milliseconds): () => void {
  const timer = setInterval(() => setImmediate(look), interval);
  return () => clearInterval(timer);
}
