/** Where hits are counted, as the limiter sees it. */
import type { RateLimitItem } from './rate-limit-item.ts';

/**
 * `fixed-window`: from the first hit on, for as long as the limit says. `moving-window`: in the time before each hit, so that
 * there are never more, at the cost of an entry in the storage for each.
 */
export type Strategy = 'fixed-window' | 'moving-window';

/** A window after a hit. */
export interface WindowState {
  /** Whether there was room for the hit. */
  readonly allowed: boolean;
  readonly used: number;
  /** When the window is empty again, in seconds since 1970. */
  readonly expiresAt: number;
}

/** Counts hits, each at once. */
export interface Storage {
  /** @param cost how many hits it is; 0 looks only */
  hit(strategy: Strategy, key: string, item: RateLimitItem, cost: number): WindowState | Promise<WindowState>;
}
