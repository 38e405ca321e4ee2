/** The lifecycle as a function: what follows what, by tables, and what always holds, by random histories. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QilinError } from '../../src/contract/errors.ts';
import type { Effect, LifeEvent } from '../../src/worker/life-terms.ts';
import { type Life, mayExit, step, UNBORN } from '../../src/worker/lifecycle.ts';

const LIMIT = 30_000;

/** An event at a time; `10_000` alone is the passing of time, with the wakes that were asked for. */
type Happening = LifeEvent | number;

const BOOT: readonly LifeEvent[] = [{ type: 'boot' }, { type: 'loaded' }, { type: 'serve' }, { type: 'started' }];
const TERM: LifeEvent = { type: 'drain', reason: 'SIGTERM', signal: 'SIGTERM', limit: LIMIT };
const ORDER: LifeEvent = { type: 'drain', reason: 'ordered', limit: Number.POSITIVE_INFINITY };
const INT: LifeEvent = { type: 'quit', signal: 'SIGINT' };
const FAILED: LifeEvent = { type: 'failed', error: new Error('x'), origin: 'uncaughtException', limit: LIMIT };
const DRAINED: LifeEvent = { type: 'drained' };
const QUIET: LifeEvent = { type: 'quiet' };
const IDLE: LifeEvent = { type: 'idle', status: 0 };
const SAID: LifeEvent = { type: 'lastWordsSaid' };
const exit = (status: number): LifeEvent => ({ type: 'exitAsked', status });

class World {
  life: Life = UNBORN;
  now = 0;
  readonly effects: Effect[] = [];
  readonly #wakes: number[] = [];

  happen(event: LifeEvent): readonly Effect[] {
    const { life, effects } = step(this.life, event, this.now);
    this.life = life;
    this.effects.push(...effects);
    for (const effect of effects) if (effect.type === 'wakeAt') this.#wakes.push(effect.moment);
    return effects;
  }

  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = this.#wakes.sort((a, b) => a - b);
      if (next === undefined || next > end) break;
      this.#wakes.shift();
      this.now = Math.max(this.now, next);
      this.happen({ type: 'wake' });
    }
    this.now = end;
  }

  run(happenings: readonly Happening[]): string[] {
    const from = this.effects.length;
    for (const happening of happenings) {
      if (typeof happening === 'number') this.pass(happening);
      else this.happen(happening);
    }
    return this.effects.slice(from).flatMap(describeEffect);
  }
}

/** In a word, without what only a clock needs. */
function describeEffect(effect: Effect): string[] {
  switch (effect.type) {
    case 'wakeAt':
      return [];
    case 'tell':
      return [effect.news.type];
    case 'deliver':
      return [`deliver ${effect.signal ?? 'nothing'}`];
    case 'finish':
      return [`finish ${effect.status}`];
    default:
      return [`do ${effect.type}`];
  }
}

const DRAINS = ['draining', 'do drain', 'deaf'];
const CLOSES = ['do stop', 'do sayLastWords'];

describe('a life that serves', () => {
  test('began in order', () => {
    expect(new World().run(BOOT)).toEqual(['do load', 'loaded', 'do start', 'ready']);
  });

  test.each<{ name: string; happens: readonly Happening[]; leads: readonly string[] }>([
    {
      name: 'drains at TERM, has the handlers of the app called after it, and leaves when the app is idle',
      happens: [TERM, DRAINED, IDLE, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', ...CLOSES, 'finish 0'],
    },
    {
      name: 'leaves with the status that the app asks for in its handlers',
      happens: [TERM, DRAINED, exit(7), SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', ...CLOSES, 'finish 7'],
    },
    {
      name: 'leaves with the status that the app has set, when it comes to its end by itself',
      happens: [TERM, DRAINED, { type: 'idle', status: 5 }, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', ...CLOSES, 'finish 5'],
    },
    {
      name: 'grants process.exit() in a drain when that has ended; the first one counts, and no handler is called',
      happens: [TERM, exit(3), QUIET, exit(4), 10_000, DRAINED, SAID],
      leads: [...DRAINS, 'drained', ...CLOSES, 'finish 3'],
    },
    {
      name: 'grants process.exit() at the end of patience, when the drain does not end',
      happens: [TERM, exit(3), LIMIT, SAID],
      leads: [...DRAINS, 'overdue', ...CLOSES, 'finish 3'],
    },
    {
      name: 'has the handlers called when only other protocols are left, and waits for these',
      happens: [TERM, QUIET, exit(0), 1_000, DRAINED, SAID],
      leads: [...DRAINS, 'deliver SIGTERM', 'drained', ...CLOSES, 'finish 0'],
    },
    {
      name: 'has the handlers called a second before the end of patience, whatever is open',
      happens: [TERM, LIMIT - 1_001, { type: 'wake' }, 1, 999, 1, SAID],
      leads: [...DRAINS, 'deliver SIGTERM', 'overdue', ...CLOSES, 'finish 0'],
    },
    {
      name: 'ends an app whose handlers do not end it',
      happens: [TERM, DRAINED, LIMIT, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', 'unended', ...CLOSES, 'finish 0'],
    },
    {
      name: 'has the handlers called once, however often a signal comes, but again for one that the app sends itself',
      happens: [TERM, TERM, DRAINED, TERM, { ...TERM, isOwn: true }, IDLE, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', 'deliver SIGTERM', ...CLOSES, 'finish 0'],
    },
    {
      name: 'stops at INT, whatever is in flight, and has the handlers called for half a second',
      happens: [INT, 499, DRAINED, 1, SAID],
      leads: ['do stop', 'deliver SIGINT', 'unended', ...CLOSES, 'finish 0'],
    },
    {
      name: 'takes INT, which a terminal sends too, once',
      happens: [INT, INT, { type: 'quit', signal: 'SIGINT', isOwn: true }, IDLE, SAID],
      leads: ['do stop', 'deliver SIGINT', 'deliver SIGINT', ...CLOSES, 'finish 0'],
    },
    {
      name: 'stops at INT in the middle of a drain',
      happens: [TERM, INT, IDLE, SAID],
      leads: [...DRAINS, 'do stop', 'deliver SIGINT', ...CLOSES, 'finish 0'],
    },
    {
      name: 'answers what is in flight after an error that nobody caught, then fails without calling handlers',
      happens: [FAILED, TERM, DRAINED, SAID],
      leads: ['uncaught', 'retiring', 'do drain', 'deaf', 'drained', ...CLOSES, 'finish 1'],
    },
    {
      name: 'tells of a further error in a drain',
      happens: [TERM, FAILED, DRAINED, IDLE, SAID],
      leads: [...DRAINS, 'uncaught', 'drained', 'do stop', 'deliver SIGTERM', ...CLOSES, 'finish 0'],
    },
    {
      name: 'is failed by a handler that throws',
      happens: [TERM, DRAINED, FAILED, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver SIGTERM', 'uncaught', ...CLOSES, 'finish 1'],
    },
    {
      name: 'waits for ever when it is ordered to, and gives the app its turn without a signal',
      happens: [ORDER, 10 * LIMIT, DRAINED, 10 * LIMIT, IDLE, 10 * LIMIT, SAID],
      leads: [...DRAINS, 'drained', 'do stop', 'deliver nothing', ...CLOSES, 'finish 0'],
    },
    {
      name: 'gives the last words a second, though the drain took all of the time',
      happens: [TERM, exit(0), LIMIT, 999, 1],
      leads: [...DRAINS, 'overdue', ...CLOSES, 'finish 0'],
    },
    {
      name: 'asks for a successor, and serves on',
      happens: [{ type: 'retire', reason: 'enough' }, 1_000],
      leads: ['retiring'],
    },
  ])('$name', ({ happens, leads }) => {
    const world = new World();
    world.run(BOOT);
    expect(world.run(happens)).toEqual(leads);
  });
});

describe('a life that boots', () => {
  test.each([0, 1, 2, 3])('is ended by an error, told once, after %i steps', (steps) => {
    const world = new World();
    world.run(BOOT.slice(0, steps));
    const failure: LifeEvent = { type: 'bootFailed', error: new QilinError('APP_NOT_FOUND', 'x') };
    expect(world.run([failure, FAILED, TERM, ...BOOT])).toEqual(['bootFailed', 'do stop', 'finish 4']);
  });

  test.each([1, 2, 3])('leaves at TERM without a word of the error that follows, after %i steps', (steps) => {
    const world = new World();
    world.run(BOOT.slice(0, steps));
    const failure: LifeEvent = { type: 'bootFailed', error: new Error('aborted') };
    const leads = ['do stop', 'deliver SIGTERM', ...CLOSES, 'finish 0'];
    expect(world.run([TERM, failure, IDLE, failure, SAID])).toEqual(leads);
  });

  test('leaves at once when it has not begun', () => {
    expect(new World().run([TERM, ...BOOT])).toEqual(['finish 0']);
  });
});

const EVENTS: readonly LifeEvent[] = [
  ...BOOT,
  TERM,
  { ...TERM, isOwn: true },
  ORDER,
  INT,
  { type: 'quit', status: 1 },
  FAILED,
  DRAINED,
  QUIET,
  IDLE,
  SAID,
  exit(0),
  exit(9),
  { type: 'bootFailed', error: new Error('x') },
  { type: 'retire', reason: 'enough' },
  { type: 'wake' },
];

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...EVENTS) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: LIMIT }) },
);

describe('in any history', () => {
  test('finish comes last and once, last words once and before it, and no handler runs while requests could be lost', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), fc.boolean(), (happenings, isServing) => {
        const world = new World();
        if (isServing) world.run(BOOT);
        let mayDeliver = true;
        for (const one of happenings) {
          const from = world.effects.length;
          const { life } = world;
          world.run([one]);
          const effects = world.effects.slice(from);
          if (life.at === 'left') expect(effects).toEqual([]);
          for (const effect of effects) {
            if (effect.type === 'drain') mayDeliver = false;
            if (effect.type === 'stop' || one === QUIET) mayDeliver = true;
            const isNearlyUp = life.at === 'draining' && world.now >= life.handOver;
            if (effect.type === 'deliver') expect(mayDeliver || isNearlyUp || life.at === 'parting').toBe(true);
          }
          expect(mayExit(world.life)).toBe(!['draining', 'parting', 'closing'].includes(world.life.at));
        }
        const count = (type: Effect['type']) => world.effects.filter((effect) => effect.type === type).length;
        expect(count('finish')).toBe(world.life.at === 'left' ? 1 : 0);
        if (count('finish') === 1) expect(world.effects.at(-1)?.type).toBe('finish');
        expect(count('sayLastWords')).toBeLessThanOrEqual(1);
        expect(count('drain')).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a TERM ends it within its limit and the last words, if nothing else happens', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 20 }), (happenings) => {
        const world = new World();
        // An ordered drain has no limit of its own.
        world.run([...BOOT, ...happenings.filter((one) => one !== ORDER), TERM]);
        world.pass(LIMIT + 1_000);
        expect(world.life.at).toBe('left');
      }),
      { numRuns: 2_000 },
    );
  });
});
