/**
 * Random histories: whatever happens to a server, in whatever order, what must hold holds at each moment. A million steps:
 * `HISTORY_STEPS=1000000 npx vitest run --project unit packages/qilin/test/arbiter/histories`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkerView } from '../../src/arbiter/fleet.ts';
import type { RetireCause } from '../../src/contract/messages.ts';
import { FleetWorld, wanted } from './fleet-world.ts';

const LONGEST = 60;
/** A history has half of the longest on average. */
const RUNS = Math.ceil(Number(process.env['HISTORY_STEPS'] ?? 6_000) / (LONGEST / 2));
const HISTORIES = { numRuns: RUNS };
const LIMIT = RUNS * 100 + 20_000;

const BOOT_TIMEOUT = 20_000;
const limits = { bootTimeout: BOOT_TIMEOUT, timeout: 5_000, gracefulTimeout: 8_000 };
const settings = (count: number, preloadApp: boolean, canary: boolean) =>
  wanted(count, { ...limits, preloadApp, canary });

const pick = fc.nat(20);
const switched = fc.boolean();
const happening = fc.oneof(
  fc.record({ type: fc.constant('pass' as const), duration: fc.integer({ min: 1, max: 4_000 }) }),
  fc.record({ type: fc.constant('ready' as const), pick }),
  fc.record({ type: fc.constant('boot' as const) }),
  fc.record({ type: fc.constant('crash' as const), pick }),
  fc.record({ type: fc.constant('hang' as const), pick }),
  fc.record({
    type: fc.constant('retire' as const),
    pick,
    cause: fc.constantFrom<RetireCause>('share', 'memory', 'full', 'failure'),
  }),
  fc.record({ type: fc.constant('snapshot' as const), pick }),
  fc.record({ type: fc.constant('leaving' as const), pick }),
  fc.record({
    type: fc.constant('reload' as const),
    count: fc.integer({ min: 1, max: 5 }),
    preloadApp: switched,
    canary: switched,
  }),
  // A reload that goes well.
  fc.record({ type: fc.constant('deploy' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    type: fc.constant('scale' as const),
    to: fc.constantFrom<0 | 'more' | 'fewer'>(0, 'more', 'fewer', 'more', 'fewer'),
  }),
  fc.record({ type: fc.constant('bury' as const) }),
  fc.record({ type: fc.constant('prepares' as const), on: switched }),
  fc.record({ type: fc.constant('refuses' as const), on: switched }),
  fc.record({ type: fc.constant('crowds' as const), on: switched }),
  fc.record({ type: fc.constant('away' as const), duration: fc.integer({ min: 1, max: 60_000 }) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
const history = fc.array(happening, { maxLength: LONGEST });

/** A world, and who of its workers hangs. */
class Story {
  readonly world = new FleetWorld(settings(2, false, false));
  readonly #hanging = new Set<number>();

  constructor() {
    this.world.boot();
  }

  happen(what: Happening): void {
    const { world } = this;
    const { workers } = world.fleet;
    const age = 'pick' in what ? workers[what.pick % Math.max(1, workers.length)]?.age : undefined;
    switch (what.type) {
      case 'pass':
        world.pass(what.duration, (each) => !this.#hanging.has(each));
        break;
      case 'away':
        world.now += what.duration;
        world.event({ type: 'tick' });
        break;
      case 'boot':
        world.boot();
        break;
      case 'bury':
        world.bury();
        break;
      case 'reload':
        world.event({ type: 'reload', wanted: settings(what.count, what.preloadApp, what.canary) });
        break;
      case 'deploy':
        world.event({ type: 'reload', wanted: settings(what.count, false, true) });
        // The canary, and then the others.
        world.boot();
        world.boot();
        break;
      case 'scale':
        world.event({ type: 'scale', to: what.to });
        break;
      case 'prepares':
        world.prepares = what.on;
        if (!what.on) world.prepared();
        break;
      case 'crowds':
        world.crowds = what.on;
        break;
      case 'refuses':
        world.refuses = what.on;
        break;
      default:
        if (age !== undefined && !world.ages('preparing').includes(age)) this.#befall(what, age);
    }
  }

  #befall(what: Extract<Happening, { readonly pick: number }>, age: number): void {
    if (what.type === 'hang') this.#hanging.add(age);
    else if (what.type === 'crash') this.world.exit(age);
    else if (what.type === 'ready') this.world.event({ type: 'ready', age });
    else if (what.type === 'leaving') this.world.event({ type: 'leaving', age });
    else if (what.type === 'snapshot') this.world.event({ type: 'snapshot', age });
    else this.world.event({ type: 'retire', age, cause: what.cause });
  }
}

/** The place of one that retires within its first second was counted twice: of three workers two were there. */
const SCALED_IN_A_PAUSE: Happening[] = [
  { type: 'crash', pick: 0 },
  { type: 'retire', pick: 0, cause: 'memory' },
  { type: 'scale', to: 'more' },
];

/** Serving, or about to. */
const ALIVE = ['preparing', 'booting', 'ready', 'retiring'];

describe('whatever happens', () => {
  it(
    'at every moment some generation has as many workers as are wanted: serving, booting, in a pause, or waiting for memory',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          const { world } = story;
          // What operators asked for, counted here: a reload's count holds when it is done, a signal's at once.
          let floor = 2;
          let reloaded = 0;
          let seen = world.log.length;
          const check = (): void => {
            for (const { type } of world.log.slice(seen)) if (type === 'commit') floor = reloaded;
            seen = world.log.length;
            const { retryAt, held, serving, crowdedUntil } = world.fleet;
            if (world.now < crowdedUntil) return;
            const pausing = world.now < retryAt ? held : 0;
            const alive = world.fleet.workers.filter(({ state }) => ALIVE.includes(state));
            const most = Math.max(0, ...alive.map((worker) => countIn(alive, worker.generation)));
            const isGated = serving.limits.preloadApp && !isReadyIn(alive, serving.number);
            expect(most + pausing).toBeGreaterThanOrEqual(isGated ? Math.min(floor, 1) : floor);
          };
          world.onRest = check;
          for (const what of happenings) {
            if (what.type === 'reload' || what.type === 'deploy') reloaded = what.count;
            if (what.type === 'scale') {
              floor = scaled(floor, what.to);
              reloaded = scaled(reloaded, what.to);
            }
            story.happen(what);
          }
        }),
        { ...HISTORIES, examples: [[SCALED_IN_A_PAUSE]] },
      );
    },
    LIMIT,
  );

  it(
    'every reload ends, also when nothing moves any more',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          for (const what of happenings) story.happen(what);
          const { candidate } = story.world.fleet;
          if (candidate === null) return;
          story.world.pass(BOOT_TIMEOUT * (candidate.count + 1));
          expect(story.world.fleet.candidate).toBeNull();
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );

  it(
    'the server comes to rest with the workers that are wanted',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          for (const what of happenings) story.happen(what);
          const { world } = story;
          story.happen({ type: 'refuses', on: false });
          story.happen({ type: 'prepares', on: false });
          // Those who have left have given their memory back.
          story.happen({ type: 'crowds', on: false });
          // Successors of those who serve come one after the other.
          for (let round = 0; round < 12; round++) {
            world.pass(35_000);
            world.boot();
            world.pass(250);
            world.bury();
          }
          expect(world.ages('ready')).toHaveLength(world.fleet.serving.count);
          expect(world.fleet.workers).toHaveLength(world.fleet.serving.count);
          expect(world.fleet.candidate).toBeNull();
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );

  it(
    'workers have the numbers from 1 on, each once, as long as their count is changed by reloads alone',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          const { world } = story;
          world.onRest = () => {
            const { workers, serving } = world.fleet;
            const alive = workers.filter(({ state }) => ['preparing', 'booting', 'ready'].includes(state));
            const placed = alive.map(({ generation, place }) => `${generation}: ${place}`);
            expect(new Set(placed).size).toBe(placed.length);
            const places = alive.filter(({ generation }) => generation === serving.number).map(({ place }) => place);
            expect(Math.max(0, ...places)).toBeLessThanOrEqual(serving.count);
          };
          for (const what of happenings) if (what.type !== 'scale') story.happen(what);
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );

  it(
    'a worker that serves is told to leave only when enough others do',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          const { world } = story;
          for (const what of happenings) {
            const before = world.log.length;
            const served = new Set(world.ages('ready', 'retiring'));
            story.happen(what);
            const drained = world.log
              .slice(before)
              .filter((action) => action.type === 'drain' && served.has(action.age));
            if (drained.length === 0 || what.type === 'pass') continue;
            const crashed = what.type === 'crash' ? 1 : 0;
            const left = world.ages('ready', 'retiring').length + crashed;
            expect(left).toBeGreaterThanOrEqual(Math.min(world.fleet.serving.count, served.size));
          }
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );

  it(
    'no more replaced generations drain than may',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          const { world } = story;
          world.onRest = () => {
            const { workers, serving, candidate } = world.fleet;
            const draining = workers.filter(({ state }) => state === 'draining').map(({ generation }) => generation);
            const replaced = new Set(
              draining.filter((number) => number !== serving.number && number !== candidate?.number),
            );
            expect(replaced.size).toBeLessThanOrEqual(serving.limits.drainGenerations);
          };
          for (const what of happenings) story.happen(what);
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );

  it(
    'after TERM nothing is spawned, and the server ends',
    () => {
      fc.assert(
        fc.property(history, (happenings) => {
          const story = new Story();
          for (const what of happenings) story.happen(what);
          const { world } = story;
          world.event({ type: 'goal', goal: 'drain' });
          const before = world.log.length;
          world.pass(1_000);
          world.bury();
          expect(world.log.slice(before).map(({ type }) => type)).not.toContain('spawn');
          expect(world.exitStatus).toBe(0);
        }),
        HISTORIES,
      );
    },
    LIMIT,
  );
});

const countIn = (workers: readonly WorkerView[], number: number) =>
  workers.filter(({ generation }) => generation === number).length;

const isReadyIn = (workers: readonly WorkerView[], number: number) =>
  workers.some(({ generation, state }) => generation === number && state === 'ready');

function scaled(count: number, to: 0 | 'more' | 'fewer'): number {
  if (to === 0) return 0;
  return to === 'more' ? count + 1 : Math.max(Math.min(count, 1), count - 1);
}
