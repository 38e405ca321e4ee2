/**
 * Jinja judges: what Python's renders of the snippets and sets of templates here, @qilin/jinja renders byte for byte, and
 * where that fails, this fails with an error of the same kind at the same place. Its answers are recorded: see recorded.ts.
 */
import { describe, expect, test } from 'vitest';
import { FACTS, SETS, SNIPPETS } from './cases.ts';
import { DIFFERENCES } from './differences.ts';
import { comparable, render } from './ours.ts';
import { recordedAnswers, staleAnswers } from './recorded.ts';

const TOPICS = [...SNIPPETS, ...SETS, ...FACTS];

test("there are at least 1 500 snippets, 60 sets of templates and the facts of Jinja's own tests; each difference is one of theirs", () => {
  expect([...SNIPPETS.values()].flat().length).toBeGreaterThanOrEqual(1500);
  expect([...SETS.values()].flat().length).toBeGreaterThanOrEqual(60);
  const facts = [...FACTS.values()].flat();
  expect([facts.length, facts.filter(({ files }) => Object.keys(files).length > 1).length]).toEqual([650, 132]);
  const names = new Set(TOPICS.flatMap(([, cases]) => cases.map(({ name }) => name)));
  expect([...DIFFERENCES.keys()].filter((name) => !names.has(name))).toEqual([]);
});

const CASES = TOPICS.flatMap(([, cases]) => cases);
const theirs = recordedAnswers(CASES);

test('each case has its answer, each answer its case', () => {
  expect(CASES.filter((one) => !theirs.has(one)).map(({ name }) => name)).toEqual([]);
  expect(staleAnswers(CASES)).toBe(0);
});

describe('as Jinja renders', () => {
  test.each(TOPICS)('%s', async (_, cases) => {
    const faults: unknown[] = [];
    for (const one of cases) {
      const python = theirs.get(one);
      if (!python) throw new Error(`Jinja has not been asked for ${one.name}: see recorded.ts.`);
      const [expected, got] = [comparable(python), comparable(await render(one))];
      const known = DIFFERENCES.get(one.name);
      if (known === undefined && got !== expected) faults.push({ case: one.name, expected, got });
      if (known !== undefined && got === expected) faults.push({ case: one.name, got, 'no longer differs': known });
    }
    expect(faults).toEqual([]);
  });
});
