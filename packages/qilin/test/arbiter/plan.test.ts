import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/arbiter/plan.ts';
import { backoff } from '../../src/contract/backoff.ts';
import { FleetWorld, wanted } from './fleet-world.ts';

const types = (actions: readonly Action[]) => actions.map(({ type }) => type);

function serving(count: number, limits = {}): FleetWorld {
  const world = new FleetWorld(wanted(count, limits));
  world.boot();
  return world;
}

describe('start', () => {
  it('spawns as many workers as are wanted', () => {
    const world = new FleetWorld(wanted(3));
    expect(types(world.log)).toEqual(['spawn', 'spawn', 'spawn']);
    world.boot();
    expect(world.pass(60_000)).toEqual([]);
  });

  it('with preloadApp boots one alone, and the rest once it is ready', () => {
    const world = new FleetWorld(wanted(3, { preloadApp: true }));
    expect(types(world.log)).toEqual(['spawn']);
    expect(types(world.boot())).toEqual(['spawn', 'spawn']);
  });

  it.each([3, 4])('ends with status %i when a worker exits before any was ready', (status) => {
    const world = new FleetWorld(wanted(2));
    expect(types(world.exit(1, status))).toEqual(['quit']);
    world.bury();
    expect(world.exitStatus).toBe(status);
  });
});

describe('a worker that crashes', () => {
  it('is replaced at once the first time, then after 1 s, 2 s, 4 s … at most 30 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map(backoff)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    const world = serving(2);
    expect(types(world.exit(1))).toEqual(['spawn']);
    expect(types(world.exit(3))).toEqual([]);
    expect(types(world.pass(750))).toEqual([]);
    expect(types(world.pass(250))).toEqual(['spawn']);
  });

  it('counts as the first again after a worker has been ready for 10 s', () => {
    const world = serving(2);
    world.exit(1);
    world.boot();
    world.pass(10_000);
    expect(types(world.exit(2))).toEqual(['spawn']);
  });

  it('together with all others is one failure', () => {
    const world = serving(4);
    world.exit(1);
    world.boot();
    for (const age of [2, 3, 4, 5]) world.exit(age);
    expect(world.fleet.failures).toBe(2);
    expect(types(world.pass(1_000))).toEqual(['spawn', 'spawn', 'spawn', 'spawn']);
  });
});

describe('timeout', () => {
  it('aborts a silent worker, spawns its successor, and kills it half a second later', () => {
    const world = serving(2, { timeout: 2_000 });
    const actions = world.pass(2_750, (age) => age !== 1);
    expect(actions).toMatchObject([{ type: 'abort', age: 1 }, { type: 'spawn' }, { type: 'kill', age: 1 }]);
    expect(world.exit(1)).toEqual([]);
  });

  it('of 0 lets a worker be silent for ever', () => {
    expect(serving(1, { timeout: 0 }).pass(600_000, () => false)).toEqual([]);
  });

  it('does not count the time in which the arbiter itself was stopped', () => {
    const world = serving(2, { timeout: 2_000 });
    world.pass(1_000);
    world.now += 60_000;
    expect(world.event({ type: 'tick' })).toEqual([]);
    expect(types(world.pass(3_000, () => false))).toContain('abort');
  });

  it.each([
    { timeout: 2_000, limit: 60_000 },
    { timeout: 90_000, limit: 90_000 },
  ])('of $timeout ms gives a worker $limit ms to boot, silent or not', ({ timeout, limit }) => {
    for (const isHealthy of [() => true, () => false]) {
      const world = new FleetWorld(wanted(1, { timeout }));
      expect(world.pass(limit - 250, isHealthy)).toEqual([]);
      expect(types(world.pass(250, isHealthy))).toContain('abort');
    }
  });

  it('counts from the moment at which a worker is ready', () => {
    const world = new FleetWorld(wanted(1, { timeout: 2_000 }));
    world.pass(30_000, () => false);
    world.boot();
    expect(world.pass(1_750, () => false)).toEqual([]);
    expect(types(world.pass(250, () => false))).toContain('abort');
  });
});

describe('reload', () => {
  it('keeps the old workers until all new ones are ready, then drains them', () => {
    const world = serving(2);
    expect(types(world.event({ type: 'reload', wanted: wanted(3) }))).toEqual(['spawn', 'spawn', 'spawn']);
    world.event({ type: 'ready', age: 3 });
    world.event({ type: 'ready', age: 4 });
    expect(world.ages('draining')).toEqual([]);
    world.event({ type: 'ready', age: 5 });
    world.pass(250);
    expect(world.ages('draining')).toEqual([1, 2]);
    expect(world.ages('ready')).toEqual([3, 4, 5]);
  });

  it('is called off when a new worker fails to boot: the old settings and workers stay', () => {
    const world = serving(2);
    world.event({ type: 'reload', wanted: wanted(4) });
    world.event({ type: 'ready', age: 3 });
    world.exit(4);
    world.pass(250);
    expect(world.fleet).toMatchObject({ candidate: null, generation: 1, count: 2 });
    expect(world.ages('draining')).toEqual([3, 5, 6]);
    world.bury();
    expect(world.pass(60_000)).toEqual([]);
    expect(world.ages('ready')).toEqual([1, 2]);
  });

  it('replaces one that is still under way, and returns to what served before both', () => {
    const world = serving(1);
    world.event({ type: 'reload', wanted: wanted(5) });
    world.event({ type: 'reload', wanted: wanted(2) });
    expect(world.ages('draining')).toEqual([2, 3, 4, 5, 6]);
    world.exit(7);
    expect(world.fleet).toMatchObject({ candidate: null, generation: 1, count: 1 });
  });
});

describe('scale', () => {
  it('up spawns, down drains the oldest', () => {
    const world = serving(2);
    expect(types(world.event({ type: 'scale', count: 3 }))).toEqual(['spawn']);
    world.boot();
    expect(world.event({ type: 'scale', count: 2 })).toMatchObject([{ type: 'drain', age: 1 }]);
  });

  it('down while a worker boots ends that one first', () => {
    const world = serving(2);
    world.event({ type: 'scale', count: 3 });
    expect(world.event({ type: 'scale', count: 2 })).toMatchObject([{ type: 'drain', age: 3 }]);
  });

  it('to 0 leaves an arbiter without workers', () => {
    const world = serving(2);
    world.event({ type: 'scale', count: 0 });
    world.bury();
    expect(world.pass(60_000)).toEqual([]);
    expect(world.exitStatus).toBeUndefined();
  });
});

describe('maxRequests', () => {
  it('drains a worker that asks for it only when its successor is ready', () => {
    const world = serving(2);
    expect(types(world.event({ type: 'retire', age: 2, failed: false }))).toEqual(['spawn']);
    expect(world.pass(20_000)).toEqual([]);
    expect(world.event({ type: 'ready', age: 3 })).toMatchObject([{ type: 'drain', age: 2 }]);
  });
});

describe('shutdown', () => {
  it('on TERM drains all, kills who is late, and exits with 0 when the last is gone', () => {
    const world = serving(2, { gracefulTimeout: 5_000 });
    expect(types(world.event({ type: 'goal', goal: 'drain' }))).toEqual(['drain', 'drain']);
    expect(types(world.exit(1))).toEqual([]);
    expect(types(world.pass(7_000))).toEqual(['kill']);
    world.exit(2);
    expect(world.exitStatus).toBe(0);
  });

  it('on INT ends all at once, also those that drain; TERM after it changes nothing', () => {
    const world = serving(2);
    world.event({ type: 'goal', goal: 'drain' });
    expect(types(world.event({ type: 'goal', goal: 'stop' }))).toEqual(['quit', 'quit']);
    expect(world.event({ type: 'goal', goal: 'drain' })).toEqual([]);
    expect(types(world.pass(2_000))).toEqual(['kill', 'kill']);
  });
});

/** What may happen to a server, in any order. */
const happening = fc.oneof(
  fc.record({ type: fc.constant('pass' as const), duration: fc.integer({ min: 250, max: 5_000 }) }),
  fc.record({ type: fc.constant('ready' as const), pick: fc.nat(20) }),
  fc.record({ type: fc.constant('crash' as const), pick: fc.nat(20) }),
  fc.record({ type: fc.constant('retire' as const), pick: fc.nat(20) }),
  fc.record({ type: fc.constant('reload' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('scale' as const), count: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ type: fc.constant('bury' as const) }),
);

function happen(world: FleetWorld, what: typeof happening extends fc.Arbitrary<infer T> ? T : never): void {
  const age =
    'pick' in what ? world.fleet.workers[what.pick % Math.max(1, world.fleet.workers.length)]?.age : undefined;
  if (what.type === 'pass') world.pass(what.duration);
  if (what.type === 'bury') world.bury();
  if (what.type === 'reload') world.event({ type: 'reload', wanted: wanted(what.count) });
  if (what.type === 'scale') world.event({ type: 'scale', count: what.count });
  if (what.type === 'ready' && age !== undefined) world.event({ type: 'ready', age });
  if (what.type === 'retire' && age !== undefined) world.event({ type: 'retire', age, failed: false });
  if (what.type === 'crash' && age !== undefined) world.exit(age);
}

describe('whatever happens', () => {
  it('a server that started comes to rest with the workers that are wanted', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (story) => {
        const world = serving(2);
        for (const what of story) happen(world, what);
        for (let round = 0; round < 5; round++) {
          world.pass(35_000);
          world.boot();
          world.pass(250);
          world.bury();
        }
        expect(world.ages('ready')).toHaveLength(world.fleet.count);
        expect(world.fleet.workers).toHaveLength(world.fleet.count);
        expect(world.fleet.candidate).toBeNull();
      }),
    );
  });

  it('a worker that serves is told to leave only when enough others do', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (story) => {
        const world = serving(2);
        for (const what of story) {
          const before = world.log.length;
          const served = new Set(world.ages('ready', 'retiring'));
          happen(world, what);
          const drained = world.log.slice(before).filter((action) => action.type === 'drain' && served.has(action.age));
          if (drained.length === 0) continue;
          const left = world.ages('ready', 'retiring').length;
          const crashed = what.type === 'crash' ? 1 : 0;
          expect(left + crashed).toBeGreaterThanOrEqual(Math.min(world.fleet.count, 1));
        }
      }),
    );
  });

  it('after TERM nothing is spawned, and the server ends', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (story) => {
        const world = serving(2);
        for (const what of story) happen(world, what);
        world.event({ type: 'goal', goal: 'drain' });
        const before = world.log.length;
        world.pass(1_000);
        world.bury();
        expect(types(world.log.slice(before))).not.toContain('spawn');
        expect(world.exitStatus).toBe(0);
      }),
    );
  });
});
