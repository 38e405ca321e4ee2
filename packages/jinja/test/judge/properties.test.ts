/** Random templates, rendered by both. Another seed: `JINJA_SEED=1 npx vitest run …`; more of them: `JINJA_RUNS=5000`. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparable, render } from './ours.ts';
import { randomCase } from './random-templates.ts';
import { pythonJinja, renderByJinja } from './reference.ts';

const { JINJA_SEED: seed = '2026', JINJA_RUNS: runs = '200' } = process.env;

test.skipIf(pythonJinja.isMissing)(
  pythonJinja.named(`random templates of seed ${seed}`),
  async () => {
    const cases = fc.sample(randomCase, { seed: Number(seed), numRuns: Number(runs) });
    const theirs = renderByJinja(cases);
    const faults: unknown[] = [];
    for (const [index, one] of cases.entries()) {
      const python = theirs[index];
      if (!python) throw new Error(`Jinja gave no answer for ${one.name}.`);
      const [expected, got] = [comparable(python), comparable(await render(one))];
      if (got !== expected) faults.push({ template: one.name, options: one.options, expected, got });
    }
    expect(faults).toEqual([]);
  },
  180_000,
);
