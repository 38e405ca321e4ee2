/**
 * How many workers there should be (`workers: { min, max }`), by how busy those are that there are, and how long it takes them to look at
 * what comes. Pure. Invariant: what brings one worker more is so far from what takes one away that neither follows from the other.
 */
import type { Milliseconds } from '../contract/units.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What is seen of the workers that serve, each second or so. */
export interface Sample {
  /** Workers that are wanted now. */
  readonly count: number;
  /** What part of the time they have worked, on average: 0 to 1. */
  readonly busy: number;
  /** For how long what comes waits until it is looked at: how late their event loops are, on average. */
  readonly lag: Milliseconds;
  /** All that are wanted serve, and no reload or upgrade is under way: only then is anything changed. */
  readonly isSteady: boolean;
}

export interface Scaling {
  /** Work, in workers' worth, and lag, both smoothed. */
  readonly load: number;
  readonly lag: Milliseconds;
  readonly at: Milliseconds;
  /** When the number changed last. */
  readonly changedAt: Milliseconds;
  /** Since when one worker fewer would do; null while it would not. */
  readonly calmSince: Milliseconds | null;
}

/** Busier than that they get another; and so late, unless they are idle, when not they are short of time but the machine is. */
const BUSY = 0.75;
const LATE: Milliseconds = 100;
const NOT_IDLE = 0.5;
/** Less than that the rest would be, where one leaves, for so long. */
const CALM = 0.55;
const CALM_FOR: Milliseconds = 60_000;
/** What a new number needs to show in the samples. */
const SETTLES_IN: Milliseconds = 5_000;
/** Of the smoothing: a burst of a second is none. */
const MEMORY: Milliseconds = 3_000;
/** How busy workers are to be after more have come. */
const AIM = 0.6;

export const UNSCALED: Scaling = { load: 0, lag: 0, at: 0, changedAt: 0, calmSince: null };

export interface Scaled {
  readonly scaling: Scaling;
  /** Workers that are to be wanted from now on. */
  readonly count: number;
}

/** 0 is the operator's word that none shall serve (WINCH, `scale 0`): it stays. */
export function autoscale(before: Scaling, sample: Sample, bounds: Bounds, now: Milliseconds): Scaled {
  const { count } = sample;
  if (count === 0) return { scaling: { ...UNSCALED, at: now, changedAt: now }, count };
  const seen = smooth(before, sample, now);
  const inside = Math.min(bounds.max, Math.max(bounds.min, count));
  if (inside !== count) return changed(seen, inside, now);
  if (!sample.isSteady) return { scaling: { ...seen, calmSince: null, changedAt: now }, count };
  const more = moreThan(seen, count, bounds.max);
  if (more > count) return now - seen.changedAt < SETTLES_IN ? { scaling: seen, count } : changed(seen, more, now);
  const isCalm = count > bounds.min && seen.load <= CALM * (count - 1) && seen.lag < LATE;
  const calmSince = isCalm ? (seen.calmSince ?? now) : null;
  if (calmSince !== null && now - calmSince >= CALM_FOR) return changed(seen, count - 1, now);
  return { scaling: { ...seen, calmSince }, count };
}

function smooth(before: Scaling, { count, busy, lag }: Sample, now: Milliseconds): Scaling {
  const weight = before.at === 0 ? 1 : 1 - Math.exp((before.at - now) / MEMORY);
  return {
    ...before,
    load: before.load + weight * (busy * count - before.load),
    lag: before.lag + weight * (lag - before.lag),
    at: now,
    changedAt: before.at === 0 ? now : before.changedAt,
  };
}

/** As many as have the load at `AIM`, and at most twice as many: what they have had to leave waiting is not known. */
function moreThan({ load, lag }: Scaling, count: number, max: number): number {
  const busy = load / count;
  if (busy < BUSY && (lag < LATE || busy < NOT_IDLE)) return count;
  return Math.min(max, 2 * count, Math.max(count + 1, Math.ceil(load / AIM)));
}

const changed = (scaling: Scaling, count: number, now: Milliseconds): Scaled => ({
  scaling: { ...scaling, changedAt: now, calmSince: null },
  count,
});
