/**
 * Jinja judges: what Python's renders of the snippets and sets of templates here, @qilin/jinja renders byte for byte, and
 * where that fails, this fails with an error of the same kind at the same place.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Case, SETS, SNIPPETS } from './cases.ts';
import { DIFFERENCES } from './differences.ts';
import { comparable, render } from './ours.ts';
import { type Answer, pythonJinja, renderByJinja } from './reference.ts';

const TOPICS = [...SNIPPETS, ...SETS];

test('there are at least 1 500 snippets and 60 sets of templates, and each difference is one of theirs', () => {
  expect([...SNIPPETS.values()].flat().length).toBeGreaterThanOrEqual(1500);
  expect([...SETS.values()].flat().length).toBeGreaterThanOrEqual(60);
  const names = new Set(TOPICS.flatMap(([, cases]) => cases.map(({ name }) => name)));
  expect([...DIFFERENCES.keys()].filter((name) => !names.has(name))).toEqual([]);
});

describe.skipIf(pythonJinja.isMissing)(pythonJinja.named('as Jinja renders'), () => {
  let theirs: ReadonlyMap<Case, Answer>;
  beforeAll(() => {
    const cases = TOPICS.flatMap(([, group]) => group);
    const answers = renderByJinja(cases);
    theirs = new Map(cases.flatMap((one, index) => (answers[index] ? [[one, answers[index]]] : [])));
  }, 60_000);

  test.each(TOPICS)('%s', async (_, cases) => {
    const faults: unknown[] = [];
    for (const one of cases) {
      const python = theirs.get(one);
      if (!python) throw new Error(`Jinja gave no answer for ${one.name}.`);
      const [expected, got] = [comparable(python), comparable(await render(one))];
      const known = DIFFERENCES.get(one.name);
      if (known === undefined && got !== expected) faults.push({ case: one.name, expected, got });
      if (known !== undefined && got === expected) faults.push({ case: one.name, got, 'no longer differs': known });
    }
    expect(faults).toEqual([]);
  });
});
