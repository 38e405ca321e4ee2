import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/arbiter/plan.ts';
import { backoff } from '../../src/contract/backoff.ts';
import { FleetWorld, wanted } from './fleet-world.ts';

const types = (actions: readonly Action[]) => actions.map(({ type }) => type);

/** A server whose workers have been ready for a while. */
function serving(count: number, limits = {}): FleetWorld {
  const world = new FleetWorld(wanted(count, limits));
  world.boot();
  world.pass(2_000);
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

  it('with a canary boots all at once, unless it is to take the place of another server', () => {
    expect(types(new FleetWorld(wanted(3, { canary: true })).log)).toEqual(['spawn', 'spawn', 'spawn']);
    const upgrade = new FleetWorld(wanted(3, { canary: true }), true);
    expect(types(upgrade.log)).toEqual(['spawn']);
    expect(types(upgrade.boot())).toEqual(['spawn', 'spawn']);
    upgrade.boot();
    upgrade.pass(2_000);
    // What fell later is not tried again one by one.
    for (const age of upgrade.ages('ready')) upgrade.event({ type: 'exited', age, fatalStatus: 3, code: null });
    expect(upgrade.ages('booting')).toHaveLength(3);
  });

  it.each([3, 4])('ends with status %i when a worker exits before any was ready', (status) => {
    const world = new FleetWorld(wanted(2));
    expect(types(world.exit(1, status))).toEqual(['quit']);
    world.bury();
    expect(world.exitStatus).toBe(status);
  });

  it('ends when a worker is not ready in time, and spawns none in its place', () => {
    const world = new FleetWorld(wanted(2));
    expect(types(world.pass(60_000))).toEqual(['abort', 'abort']);
    expect(types(world.exit(1))).toEqual([]);
    world.exit(2);
    expect(world.exitStatus).toBe(3);
  });

  it('is tried again, ever later, where the system starts no process', () => {
    const world = new FleetWorld(wanted(0));
    world.refuses = true;
    expect(types(world.event({ type: 'scale', to: 'more' }))).toEqual(['spawn', 'spawn']);
    expect(types(world.pass(1_000))).toEqual(['spawn']);
    expect(types(world.pass(1_750))).toEqual([]);
    world.refuses = false;
    expect(types(world.pass(250))).toEqual(['spawn']);
    world.boot();
    expect(world.ages('ready')).toHaveLength(1);
  });
});

describe('a hook before the spawn', () => {
  it('holds up its worker alone: others are watched, replaced, and told to leave meanwhile', () => {
    const world = serving(2, { timeout: 2_000 });
    world.prepares = true;
    world.exit(1);
    expect(world.ages('preparing')).toHaveLength(1);
    expect(types(world.pass(10_000, (age) => age !== 2))).toEqual(['abort', 'spawn', 'kill']);
    world.prepared();
    world.boot();
    expect(world.ages('ready')).toHaveLength(2);
  });

  it('of a worker that is not wanted any more is for nothing', () => {
    const world = serving(1);
    world.prepares = true;
    world.event({ type: 'scale', to: 'more' });
    expect(types(world.event({ type: 'scale', to: 'fewer' }))).toEqual(['drop']);
    world.event({ type: 'scale', to: 'more' });
    expect(types(world.event({ type: 'goal', goal: 'drain' }))).toEqual(['drain', 'drop']);
    world.bury();
    expect(world.exitStatus).toBe(0);
  });
});

describe('a worker that crashes', () => {
  it('is replaced at once however often, when it was ready for a second', () => {
    const world = serving(4);
    for (let crash = 0; crash < 20; crash++) {
      const [oldest = 0] = world.ages('ready');
      expect(types(world.exit(oldest))).toEqual(['spawn']);
      world.boot();
      world.pass(1_000);
    }
  });

  it('in its first second is replaced at once while others do well', () => {
    const world = serving(2);
    for (let crash = 0; crash < 20; crash++) {
      const newest = world.ages('ready').at(-1) ?? 0;
      expect(types(world.exit(newest))).toEqual(['spawn']);
      world.boot();
      world.pass(500);
    }
  });

  it('in its first second, when no other does well, is replaced at once, then after 1 s, 2 s, 4 s … at most 30 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map(backoff)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    const world = serving(1);
    expect(types(world.exit(1))).toEqual(['spawn']);
    world.boot();
    expect(types(world.exit(2))).toEqual(['spawn']);
    world.boot();
    expect(types(world.exit(3))).toEqual([]);
    expect(types(world.pass(750))).toEqual([]);
    expect(types(world.pass(250))).toEqual(['spawn']);
    world.boot();
    world.exit(4);
    expect(types(world.pass(1_750))).toEqual([]);
    expect(types(world.pass(250))).toEqual(['spawn']);
  });

  it('while it boots is tried again ever later, and holds up no other place', () => {
    const world = serving(3);
    const boots = () => world.ages('booting').at(-1) ?? 0;
    world.exit(1);
    expect(types(world.exit(boots()))).toEqual(['spawn']);
    expect(types(world.exit(boots()))).toEqual([]);
    expect(types(world.exit(2))).toEqual(['spawn']);
    expect(world.ages('booting')).toHaveLength(1);
    world.boot();
    expect(types(world.exit(3))).toEqual(['spawn']);
    expect(types(world.pass(1_000))).toEqual(['spawn']);
  });

  it('while it boots for an hour costs a start in 30 s', () => {
    const world = serving(3);
    world.exit(1);
    let starts = 0;
    for (let second = 0; second < 3_600; second++) {
      for (const age of world.ages('booting')) {
        world.exit(age);
        starts += 1;
      }
      world.pass(1_000);
    }
    expect(starts).toBeLessThan(3_600 / 30 + 10);
  });

  it('counts as the first again when a worker has been ready for a second since', () => {
    const world = serving(1);
    for (const age of [1, 2, 3]) {
      world.exit(age);
      if (age < 3) world.boot();
    }
    expect(world.fleet.failures).toBe(2);
    world.pass(1_000);
    world.boot();
    world.pass(1_000);
    expect(world.fleet.failures).toBe(0);
  });

  it('together with all others, at its start, is one failure', () => {
    const world = serving(4);
    for (const age of [1, 2, 3, 4]) world.exit(age);
    world.boot();
    for (const age of [5, 6, 7, 8]) world.exit(age);
    expect(world.fleet.failures).toBe(2);
    expect(types(world.pass(1_000))).toEqual(['spawn', 'spawn', 'spawn']);
    expect(world.ages('booting')).toHaveLength(4);
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

  it('does not count it against those that drain, that boot or that are new either', () => {
    const world = serving(2, { gracefulTimeout: 3_000, bootTimeout: 5_000 });
    world.event({ type: 'reload', wanted: wanted(2) });
    world.event({ type: 'scale', to: 'fewer' });
    world.now += 60_000;
    expect(world.event({ type: 'tick' })).toEqual([]);
    expect(world.fleet.candidate).not.toBeNull();
    expect(types(world.pass(4_000))).toEqual([]);
    expect(types(world.pass(1_000))).toEqual(['kill']);
  });

  it('of the boot gives a worker that long, silent or not', () => {
    for (const isHealthy of [() => true, () => false]) {
      const world = serving(1, { timeout: 2_000, bootTimeout: 5_000 });
      world.exit(1);
      expect(world.pass(4_750, isHealthy)).toEqual([]);
      expect(types(world.pass(250, isHealthy))).toEqual(['abort', 'spawn']);
    }
  });

  it('of the boot of 0 gives it for ever', () => {
    const world = new FleetWorld(wanted(1, { timeout: 2_000, bootTimeout: 0 }));
    expect(world.pass(600_000, () => false)).toEqual([]);
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
    expect(types(world.exit(4))).toContain('callOff');
    expect(world.fleet).toMatchObject({ candidate: null, serving: { number: 1, count: 2 } });
    expect(world.ages('draining')).toEqual([3, 5, 6]);
    world.bury();
    expect(world.pass(60_000)).toEqual([]);
    expect(world.ages('ready')).toEqual([1, 2]);
  });

  it('is called off when a new worker fails in its first second', () => {
    const world = serving(2);
    world.event({ type: 'reload', wanted: wanted(3) });
    world.event({ type: 'ready', age: 3 });
    world.pass(750);
    expect(types(world.exit(3))).toContain('callOff');
    expect(world.ages('ready')).toEqual([1, 2]);
  });

  it('is called off when the system starts no process for it', () => {
    const world = serving(2);
    world.refuses = true;
    const done = world.event({ type: 'reload', wanted: wanted(3) });
    expect(types(done)).toEqual(['spawn', 'spawn', 'spawn', 'callOff']);
    expect(world.ages('ready')).toEqual([1, 2]);
  });

  it('with a canary boots one worker first, and ends with that when it fails', () => {
    const world = serving(3, { canary: true });
    expect(types(world.event({ type: 'reload', wanted: wanted(3, { canary: true }) }))).toEqual(['spawn']);
    expect(types(world.boot())).toEqual(['spawn', 'spawn']);
    expect(types(world.boot())).toContain('commit');

    world.event({ type: 'reload', wanted: wanted(3, { canary: true }) });
    const [canary = 0] = world.ages('booting');
    const after = world.exit(canary);
    expect(types(after)).toEqual(['callOff']);
    expect(world.ages('ready')).toHaveLength(3);
  });

  it('that hangs holds up no successor: each worker that is killed meanwhile has its own in the same step', () => {
    const limits = { canary: true, bootTimeout: 10_000 };
    const world = serving(3, limits);
    world.pass(2_000);
    world.event({ type: 'reload', wanted: wanted(3, limits) });
    const [canary] = world.ages('booting');
    for (let kill = 0; kill < 3; kill++) {
      const [killed = 0] = world.ages('ready');
      expect(world.exit(killed)).toEqual([{ type: 'spawn', generation: 1 }]);
      expect(world.ages('ready')).toHaveLength(2);
      world.event({ type: 'ready', age: world.fleet.lastAge });
      expect(world.ages('ready')).toHaveLength(3);
      world.pass(1_250);
    }
    expect(world.ages('booting')).toEqual([canary]);
    expect(types(world.pass(10_000))).toContain('callOff');
    expect(world.ages('ready')).toHaveLength(3);
  });

  it('is called off when its workers make no progress: each that gets ready gives the others time', () => {
    const world = serving(1, { bootTimeout: 10_000 });
    world.event({ type: 'reload', wanted: wanted(2, { bootTimeout: 10_000, preloadApp: true }) });
    world.pass(9_000);
    world.event({ type: 'ready', age: 2 });
    world.pass(9_000);
    expect(world.fleet.candidate).not.toBeNull();
    expect(types(world.pass(1_000))).toContain('callOff');
    expect(world.ages('ready')).toContain(1);
  });

  it('is called off when its workers get ready and crash by turns for ever', () => {
    const world = serving(1, { bootTimeout: 10_000 });
    world.event({ type: 'reload', wanted: wanted(2, { bootTimeout: 10_000 }) });
    for (let turn = 0; turn < 10; turn++) {
      const [first = 0] = world.ages('booting');
      world.event({ type: 'ready', age: first });
      world.pass(1_500);
      world.exit(first);
    }
    expect(world.fleet.candidate).toBeNull();
  });

  it('replaces one that is still under way, and what served before both serves on', () => {
    const world = serving(1);
    world.event({ type: 'reload', wanted: wanted(5) });
    world.event({ type: 'reload', wanted: wanted(2) });
    expect(world.ages('draining')).toEqual([2, 3, 4, 5, 6]);
    world.exit(7);
    expect(world.fleet).toMatchObject({ candidate: null, serving: { number: 1, count: 1 } });
  });

  it('that hangs leaves the old generation complete: its workers are replaced by it', () => {
    const world = serving(2);
    world.event({ type: 'reload', wanted: wanted(3) });
    expect(world.exit(1)).toEqual([{ type: 'spawn', generation: 1 }]);
    expect(world.exit(2)).toEqual([{ type: 'spawn', generation: 1 }]);
    const [, , , ...replacing] = world.ages('booting');
    for (const age of replacing) world.event({ type: 'ready', age });
    expect(types(world.pass(59_750))).toEqual([]);
    expect(types(world.pass(250))).toContain('abort');
    expect(world.fleet.candidate).toBeNull();
    expect(world.ages('ready')).toEqual(replacing);
  });

  it('that is called off leaves the counts as signals have changed them meanwhile', () => {
    const world = serving(3);
    world.event({ type: 'reload', wanted: wanted(3) });
    expect(types(world.event({ type: 'scale', to: 'fewer' }))).toEqual(['drain', 'drain']);
    world.event({ type: 'scale', to: 'fewer' });
    world.exit(world.ages('booting')[0] ?? 0);
    expect(world.fleet).toMatchObject({ candidate: null, serving: { count: 1 } });
    world.event({ type: 'reload', wanted: wanted(3) });
    world.event({ type: 'scale', to: 'more' });
    world.exit(world.ages('booting')[0] ?? 0);
    expect(world.fleet).toMatchObject({ candidate: null, serving: { count: 2 } });
  });

  it('upon reload, with clients that never leave, ends the oldest of more generations than may drain', () => {
    const world = serving(2, { drainGenerations: 2 });
    for (let round = 0; round < 4; round++) {
      world.event({ type: 'reload', wanted: wanted(2, { drainGenerations: 2 }) });
      world.boot();
      world.pass(1_000);
    }
    expect(world.ages('ready')).toEqual([9, 10]);
    expect(world.ages('draining')).toEqual([5, 6, 7, 8]);
    expect(world.ages('quitting')).toEqual([1, 2, 3, 4]);
    world.bury();
    expect(world.ages('quitting')).toEqual([]);
  });
});

describe('scale', () => {
  it('up spawns, down drains the oldest', () => {
    const world = serving(2);
    expect(types(world.event({ type: 'scale', to: 'more' }))).toEqual(['spawn']);
    world.boot();
    expect(world.event({ type: 'scale', to: 'fewer' })).toMatchObject([{ type: 'drain', age: 1 }]);
  });

  it('down while a worker boots ends that one first', () => {
    const world = serving(2);
    world.event({ type: 'scale', to: 'more' });
    expect(world.event({ type: 'scale', to: 'fewer' })).toMatchObject([{ type: 'drain', age: 3 }]);
  });

  it('to 0 leaves an arbiter without workers, and down from there too', () => {
    const world = serving(2);
    world.event({ type: 'scale', to: 0 });
    world.bury();
    expect(world.pass(60_000)).toEqual([]);
    expect(world.event({ type: 'scale', to: 'fewer' })).toEqual([]);
    expect(world.exitStatus).toBeUndefined();
  });
});

describe('maxRequests', () => {
  it('drains a worker that asks for it only when its successor is ready', () => {
    const world = serving(2);
    expect(types(world.event({ type: 'retire', age: 2, cause: 'share' }))).toEqual(['spawn']);
    expect(world.pass(20_000)).toEqual([]);
    expect(world.event({ type: 'ready', age: 3 })).toMatchObject([{ type: 'drain', age: 2 }]);
  });
});

describe('workers that have done their share at the same time', () => {
  it('have successors one after the other, each drained when its own is there', () => {
    const world = serving(3);
    for (const age of [1, 2, 3]) world.event({ type: 'retire', age, cause: 'share' });
    expect(world.ages('booting')).toEqual([4]);
    expect(world.event({ type: 'ready', age: 4 })).toMatchObject([
      { type: 'spawn', generation: 1 },
      { type: 'drain', age: 1 },
    ]);
    expect(world.event({ type: 'ready', age: 5 })).toMatchObject([{ type: 'spawn' }, { type: 'drain', age: 2 }]);
    expect(world.event({ type: 'ready', age: 6 })).toMatchObject([{ type: 'drain', age: 3 }]);
  });

  it('serve on, all of them, where another one falls meanwhile', () => {
    const world = serving(3);
    world.event({ type: 'retire', age: 1, cause: 'memory' });
    world.event({ type: 'retire', age: 2, cause: 'memory' });
    world.exit(3);
    expect(types(world.event({ type: 'ready', age: 4 }))).toEqual(['spawn']);
    expect(world.ages('ready', 'retiring')).toEqual([1, 2, 4]);
  });
});

describe('maxMemory', () => {
  /** Each of these is beyond it as soon as it serves. Returns when each began to boot. */
  function outgrow(world: FleetWorld, duration: number): number[] {
    const begun: number[] = [];
    for (const end = world.now + duration; world.now < end; world.pass(250)) {
      for (const age of world.ages('booting')) {
        begun.push(world.now);
        world.event({ type: 'ready', age });
        world.event({ type: 'retire', age, cause: 'memory' });
      }
      world.bury();
    }
    return begun;
  }

  it('replaces a worker at once that had done well', () => {
    const world = serving(2);
    world.pass(5_000);
    expect(types(world.event({ type: 'retire', age: 2, cause: 'memory' }))).toEqual(['spawn']);
    expect(world.event({ type: 'ready', age: 3 })).toMatchObject([{ type: 'drain', age: 2 }]);
  });

  it('replaces workers ever later that are beyond it from their start, and never leaves fewer to serve', () => {
    const world = new FleetWorld(wanted(2));
    world.onRest = () => {
      if (world.fleet.started && world.ages('ready', 'retiring', 'booting').length < 2)
        throw new Error('too few serve');
    };
    const begun = outgrow(world, 300_000);
    expect(begun.length).toBeLessThan(40);
    expect(begun.filter((at) => at > 200_000).length).toBeLessThanOrEqual(8);
    expect(world.fleet.failures).toBeGreaterThan(5);
  });

  it('does so while another worker does well', () => {
    const world = serving(2);
    world.pass(60_000);
    world.event({ type: 'retire', age: 2, cause: 'memory' });
    expect(outgrow(world, 300_000).length).toBeLessThan(20);
  });

  it.each([
    ['is full', (world: FleetWorld, age: number) => world.event({ type: 'retire', age, cause: 'full' })],
    ['falls', (world: FleetWorld, age: number) => world.exit(age)],
  ])('replaces one at once that fills its memory within a second and %s, as often as that may be', (_, end) => {
    const world = serving(1);
    for (let turn = 0; turn < 20; turn++) {
      const age = world.fleet.lastAge;
      world.pass(500);
      world.event({ type: 'retire', age, cause: 'memory' });
      // In the pause it serves all the same.
      world.pass(250);
      end(world, age);
      expect(world.ages('booting')).toEqual([age + 1]);
      world.boot();
      world.bury();
    }
  });

  it('calls a reload off whose workers are beyond it from their start', () => {
    const world = serving(2);
    world.pass(5_000);
    world.event({ type: 'reload', wanted: wanted(2) });
    world.event({ type: 'ready', age: 3 });
    expect(world.event({ type: 'retire', age: 3, cause: 'memory' })).toContainEqual({
      type: 'callOff',
      reason: 'a new worker outgrew maxMemory in its first second',
    });
    expect(world.ages('ready')).toEqual([1, 2]);
  });
});

describe('no memory for a successor beside one that has outgrown its own', () => {
  const crowded = (count: number) => {
    const world = serving(count);
    world.crowds = true;
    return world;
  };

  it('lets it wait until that has left', () => {
    const world = crowded(2);
    world.event({ type: 'retire', age: 1, cause: 'memory' });
    world.event({ type: 'retire', age: 1, cause: 'full' });
    expect(world.ages('draining')).toEqual([1]);
    expect(world.pass(20_000)).toEqual([]);
    expect(world.exit(1)).toEqual([{ type: 'spawn', generation: 1 }]);
  });

  it('is asked about again with each tick', () => {
    const world = crowded(2);
    world.event({ type: 'retire', age: 1, cause: 'full' });
    expect(world.pass(1_000)).toEqual([]);
    world.crowds = false;
    expect(world.pass(250)).toEqual([{ type: 'spawn', generation: 1 }]);
  });

  it('has one that does not grow leave first, after 5 s, the oldest', () => {
    const world = crowded(3);
    for (const age of [2, 3]) world.event({ type: 'retire', age, cause: 'memory' });
    expect(world.pass(4_500)).toEqual([]);
    expect(types(world.pass(1_000))).toEqual(['drain']);
    expect(world.ages('draining')).toEqual([2]);
    expect(world.exit(2)).toEqual([]);
  });

  it('holds nobody up for longer than 5 s when nobody serves', () => {
    const world = crowded(1);
    world.event({ type: 'retire', age: 1, cause: 'full' });
    expect(world.pass(4_500)).toEqual([]);
    expect(world.pass(1_000)).toEqual([{ type: 'spawn', generation: 1 }]);
  });

  it('is nothing to one that has done its share, and to a reload', () => {
    const world = crowded(2);
    expect(types(world.event({ type: 'retire', age: 1, cause: 'share' }))).toEqual(['spawn']);
    world.boot();
    world.bury();
    world.event({ type: 'retire', age: 2, cause: 'full' });
    expect(types(world.event({ type: 'reload', wanted: wanted(2) }))).toEqual(['spawn', 'spawn']);
  });
});

describe('a worker that writes a snapshot of its heap', () => {
  function snapshotting(): FleetWorld {
    const world = serving(1, { gracefulTimeout: 10_000 });
    world.event({ type: 'retire', age: 1, cause: 'memory' });
    world.boot();
    world.event({ type: 'snapshot', age: 1 });
    expect(world.ages('snapshotting')).toEqual([1]);
    return world;
  }

  it('may be silent, and take longer than gracefulTimeout, but not for ever', () => {
    const world = snapshotting();
    expect(world.pass(599_000, (age) => age !== 1)).toEqual([]);
    expect(world.pass(2_000, (age) => age !== 1)).toEqual([
      { type: 'kill', age: 1, reason: 'it was still writing a snapshot of its heap' },
    ]);
  });

  it('has no longer than others at the end of the server', () => {
    const world = snapshotting();
    world.event({ type: 'goal', goal: 'drain' });
    expect(types(world.pass(13_000, () => false))).toContain('kill');
  });

  it('is ended at a quick stop', () => {
    const world = snapshotting();
    expect(world.event({ type: 'goal', goal: 'stop' })).toContainEqual(
      expect.objectContaining({ type: 'quit', age: 1 }),
    );
    expect(types(world.pass(3_000, () => false))).toContain('kill');
  });

  it('begun at the end of the server, changes nothing of its time', () => {
    const world = serving(1, { gracefulTimeout: 10_000 });
    world.event({ type: 'goal', goal: 'drain' });
    world.event({ type: 'snapshot', age: 1 });
    expect(types(world.pass(13_000, () => false))).toEqual(['kill']);
  });
});

describe('workers that are recycled faster than they boot', () => {
  /** Each that is ready asks for its successor at once, until none is left in that state. */
  const recycle = (world: FleetWorld) =>
    world.ages('ready').flatMap((age) => world.event({ type: 'retire', age, cause: 'share' }));

  it.each([true, false])(
    'serve until their successors are there, so that a reload is done (preloadApp %s)',
    (preloadApp) => {
      const world = serving(3, { preloadApp });
      recycle(world);
      world.event({ type: 'reload', wanted: wanted(3, { preloadApp }) });
      for (let round = 0; round < 5; round += 1) {
        world.boot();
        recycle(world);
        world.pass(2_000);
      }
      expect(world.log).toContainEqual({ type: 'commit', generation: 2 });
      expect(types(world.log)).not.toContain('callOff');
    },
  );
});

describe('a worker that leaves', () => {
  it('unasked has a successor at once, and its time to go', () => {
    const world = serving(2, { gracefulTimeout: 5_000 });
    expect(types(world.event({ type: 'leaving', age: 2 }))).toEqual(['spawn']);
    world.boot();
    expect(world.pass(6_000)).toEqual([]);
    expect(world.pass(1_250)).toMatchObject([{ type: 'kill', age: 2 }]);
  });

  it('as it was told to says nothing new', () => {
    const world = serving(2);
    world.event({ type: 'scale', to: 'fewer' });
    const told = world.fleet;
    expect(world.event({ type: 'leaving', age: 1 })).toEqual([]);
    expect(world.fleet).toEqual(told);
  });

  it('because it has failed serves no more: a reload waits for its successor', () => {
    const world = serving(2);
    world.event({ type: 'reload', wanted: wanted(2) });
    world.event({ type: 'ready', age: 3 });
    world.pass(2_000);
    expect(types(world.event({ type: 'retire', age: 3, cause: 'failure' }))).toEqual(['spawn']);
    expect(types(world.event({ type: 'ready', age: 4 }))).toEqual([]);
    expect(types(world.event({ type: 'ready', age: 5 }))).toEqual(['commit', 'drain', 'drain']);
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
