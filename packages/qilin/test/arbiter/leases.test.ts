/** Who runs the tasks of `once`: by tables, and by random histories. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Asker,
  ask,
  decide,
  gone,
  hold,
  holders,
  type Leases,
  letGo,
  NO_LEASES,
} from '../../src/arbiter/leases.ts';
import type { OnceEnd } from '../../src/contract/once.ts';

const asker = (key: string, more: Partial<Asker> = {}): Asker => ({
  key,
  task: 'tick',
  age: 1,
  generation: 1,
  pid: 1,
  ...more,
});
const anyone = () => 0;
const free = () => false;
const keys = (askers: readonly Asker[]) => askers.map(({ key }) => key);

/** After these have asked, in that order, and the first has begun. */
function begun(...askers: readonly Asker[]): Leases {
  return decide(askers.reduce(ask, NO_LEASES), anyone, free, 0).leases;
}

describe('one of those who ask', () => {
  test('begins: the first of the best', () => {
    const leases = [asker('a'), asker('b'), asker('c')].reduce(ask, NO_LEASES);
    const { run } = decide(leases, ({ key }) => ({ a: 2, b: 1, c: 1 })[key], free, 0);
    expect(keys(run)).toEqual(['b']);
  });

  test('begins for each task', () => {
    const leases = [asker('a'), asker('b', { task: 'tock' })].reduce(ask, NO_LEASES);
    expect(keys(decide(leases, anyone, free, 0).run)).toEqual(['a', 'b']);
  });

  test('does not begin where none may, or somebody else may run it still', () => {
    const leases = ask(NO_LEASES, asker('a'));
    expect(decide(leases, () => undefined, free, 0).run).toEqual([]);
    expect(decide(leases, anyone, (task) => task === 'tick', 0).run).toEqual([]);
  });

  test('has it until it lets go, and then the next begins', () => {
    const leases = begun(asker('a'), asker('b'));
    expect(decide(leases, anyone, free, 1).run).toEqual([]);
    expect(keys(decide(letGo(leases, 'a', 'left', 1), anyone, free, 1).run)).toEqual(['b']);
    expect(decide(letGo(leases, 'b', 'left', 1), anyone, free, 1).run).toEqual([]);
  });

  test('has done it for all of its code, and of older', () => {
    const [next, other] = [asker('n', { generation: 3 }), asker('o', { task: 'tock' })];
    const leases = begun(asker('a', { generation: 2 }), asker('b', { generation: 2 }), asker('c'), next, other);
    const { run, done, leases: after } = decide(letGo(leases, 'a', 'done', 1), anyone, free, 1);
    expect([keys(done), keys(run)]).toEqual([['b', 'c'], ['n']]);
    expect(keys(decide(ask(after, asker('late')), anyone, free, 1).done)).toEqual(['late']);
  });

  test('that fails stands behind the others, and it is tried again ever later', () => {
    let leases = begun(asker('a'), asker('b'));
    const tried: [string[], number][] = [];
    for (let now = 0; now < 8_000; now += 250) {
      const decision = decide(leases, anyone, free, now);
      leases = decision.leases;
      if (decision.run.length > 0) tried.push([keys(decision.run), now]);
      for (const { key } of holders(leases)) leases = letGo(leases, key, 'failed', now);
    }
    expect(tried.map(([[key]]) => key)).toEqual(['b', 'a', 'b', 'a']);
    expect(tried.map(([, at]) => at)).toEqual([250, 1_250, 3_250, 7_250]);
  });

  test('whose process has gone is followed by the next at once, but for one that a task ends again and again', () => {
    const leases = begun(asker('a'), asker('b', { age: 2 }), asker('c', { age: 3 }));
    const of = (age: number) => (one: Asker) => one.age === age;
    const second = decide(gone(leases, of(1), true, 10), anyone, free, 10);
    expect(keys(second.run)).toEqual(['b']);
    expect(decide(gone(second.leases, of(2), false, 20), anyone, free, 20).run).toHaveLength(1);
    expect(decide(gone(second.leases, of(2), true, 20), anyone, free, 20).run).toHaveLength(0);
    expect(keys(decide(gone(second.leases, of(2), true, 20), anyone, free, 1_020).run)).toEqual(['c']);
  });

  test('that another arbiter has given it to, has it', () => {
    const leases = hold([asker('a'), asker('b')].reduce(ask, NO_LEASES), 'b', 0);
    expect(decide(leases, anyone, free, 1).run).toEqual([]);
    expect(keys(holders(leases))).toEqual(['b']);
  });
});

test('in any history there is never a second one, and always one where one may', () => {
  const event = fc.record({
    what: fc.constantFrom('ask', 'ask', 'left', 'failed', 'done', 'gone'),
    key: fc.integer({ min: 0, max: 5 }),
    task: fc.constantFrom('tick', 'tock'),
    wait: fc.integer({ min: 0, max: 40_000 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let leases = NO_LEASES;
      let now = 0;
      /** As the workers know it: key → task. */
      const running = new Map<string, string>();
      for (const { what, key: number, task, wait } of events) {
        const key = `${number}${task}`;
        now += wait;
        if (what === 'ask') leases = ask(leases, asker(key, { task, age: number, generation: 1 + (number % 2) }));
        else if (what === 'gone') {
          leases = gone(leases, (one) => one.age === number, true, now);
          for (const each of ['tick', 'tock']) running.delete(`${number}${each}`);
        } else if (running.has(key) || what === 'left') {
          leases = letGo(leases, key, what as OnceEnd, now);
          running.delete(key);
        }
        const decision = decide(leases, anyone, free, now);
        leases = decision.leases;
        for (const one of decision.run) running.set(one.key, one.task);
        for (const each of ['tick', 'tock']) {
          expect([...running.values()].filter((name) => name === each).length).toBeLessThanOrEqual(1);
          const waits = leases.askers.some((one) => one.task === each);
          const { retryAt = 0 } = leases.tasks.get(each) ?? {};
          if (waits && now >= retryAt) expect([...running.values()]).toContain(each);
        }
      }
    }),
  );
});
