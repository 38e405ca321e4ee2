/** How many workers there are to be: by a table of what is seen, and in a day's load. */
import { describe, expect, test } from 'vitest';
import { autoscale, type Sample, type Scaling, UNSCALED } from '../../src/arbiter/autoscale.ts';

const BOUNDS = { min: 2, max: 8 };
const seen: Sample = { count: 4, busy: 0.5, lag: 0, isSteady: true };

/** Samples each second for so many seconds; the number that comes of it, and how it was. */
function after(seconds: number, sample: Sample, from: Scaling = UNSCALED): { count: number; scaling: Scaling } {
  let state = { count: sample.count, scaling: from };
  const start = from.at === 0 ? 1_000 : from.at;
  for (let second = 1; second <= seconds && state.count === sample.count; second += 1) {
    state = autoscale(state.scaling, sample, BOUNDS, start + second * 1_000);
  }
  return state;
}

describe('what is seen, and what comes of it', () => {
  test.each<[string, number, Partial<Sample>, number]>([
    ['half busy, as long as one likes', 600, {}, 4],
    ['busy: as many as make it 60 %', 10, { busy: 0.8 }, 6],
    ['busy, but not for long', 5, { busy: 0.8 }, 4],
    ['busier than it can be: twice as many at most', 10, { count: 2, busy: 1 }, 4],
    ['busy at the upper bound', 600, { count: 8, busy: 1 }, 8],
    ['late', 10, { busy: 0.6, lag: 200 }, 5],
    ['late and idle: the machine has no time', 50, { count: 2, busy: 0.1, lag: 900 }, 2],
    ['calm for less than a minute', 59, { busy: 0.3 }, 4],
    ['calm for a minute', 70, { busy: 0.3 }, 3],
    ['calm, but late', 600, { busy: 0.3, lag: 150 }, 4],
    ['calm at the lower bound', 600, { count: 2, busy: 0 }, 2],
    ['a reload is under way', 600, { busy: 1, isSteady: false }, 4],
    ['none is wanted', 600, { count: 0, busy: 0 }, 0],
    ['fewer than the lower bound', 1, { count: 1, busy: 0 }, 2],
    ['more than the upper bound', 1, { count: 9, isSteady: false }, 8],
  ])('%s', (_, seconds, sample, count) => {
    expect(after(seconds, { ...seen, ...sample }).count).toBe(count);
  });

  test('a burst of a second brings nobody', () => {
    const { scaling } = after(30, seen);
    const burst = autoscale(scaling, { ...seen, busy: 1 }, BOUNDS, scaling.at + 1_000);
    expect(burst.count).toBe(4);
    expect(after(60, seen, burst.scaling).count).toBe(4);
  });

  test('what brings one does not take it away again, nor the other way round', () => {
    for (let load = 0; load <= 8; load += 0.05) {
      let count = 2;
      let scaling = UNSCALED;
      const counts: number[] = [];
      for (let now = 1_000; now < 1_200_000; now += 1_000) {
        const step = autoscale(scaling, { ...seen, count, busy: Math.min(1, load / count) }, BOUNDS, now);
        if (step.count !== count) counts.push(step.count);
        ({ count, scaling } = step);
      }
      // Up, for as long as the load hides behind workers that are full, and not down again.
      expect(counts, `load ${load}`).toEqual([...counts].sort((a, b) => a - b));
    }
  });
});

/** Workers' worth of load at a second of the day: a night, a morning, a peak at noon with noise, an evening; and a flash at 18 h. */
function loadAt(second: number, random: () => number): number {
  const hour = second / 3_600;
  const tide = Math.max(0, Math.sin(((hour - 6) / 16) * Math.PI));
  const flash = hour >= 18 && hour < 18.1 ? 2.5 : 0;
  return Math.max(0.05, (0.3 + 4.2 * tide ** 2 + flash) * (0.8 + 0.4 * random()));
}

test('a day: it follows the load, settles, and does not flap', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let count = BOUNDS.min;
  let ready = count;
  let scaling = UNSCALED;
  let [changes, turns, direction, full, workerSeconds] = [0, 0, 0, 0, 0];
  let lastTurn = Number.NEGATIVE_INFINITY;
  let [boots, shortestTurn] = [0, Number.POSITIVE_INFINITY];
  for (let second = 1; second <= 86_400; second += 1) {
    const load = loadAt(second, random);
    const busy = Math.min(1, load / ready);
    // A new worker takes two seconds to be there.
    if (ready !== count) boots += 1;
    if (boots >= 2) [ready, boots] = [count, 0];
    const sample = { count, busy, lag: load > ready ? 300 : 5, isSteady: ready === count };
    const step = autoscale(scaling, sample, BOUNDS, second * 1_000);
    scaling = step.scaling;
    if (step.count !== count) {
      changes += 1;
      const turned = Math.sign(step.count - count);
      if (turned !== direction) {
        turns += 1;
        shortestTurn = Math.min(shortestTurn, second - lastTurn);
        lastTurn = second;
      }
      direction = turned;
      if (step.count < count) ready = step.count;
      count = step.count;
    }
    if (load > ready) full += 1;
    workerSeconds += ready;
  }
  // Up in the morning, down, up at 18 h, down, with a few steps back for the noise.
  expect(changes).toBeLessThan(40);
  expect(turns).toBeLessThan(12);
  expect(shortestTurn).toBeGreaterThan(60);
  // Short of workers for a minute of the day, and with much fewer than the most of them.
  expect(full).toBeLessThan(60);
  expect(workerSeconds / 86_400).toBeLessThan(5);
  expect(count).toBe(BOUNDS.min);
});
