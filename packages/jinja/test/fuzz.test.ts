/** Templates that nobody wrote: whatever they are, they render or fail as templates fail, soon, and escape what they should. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Environment, TemplateError } from '../src/index.ts';
import { SNIPPETS } from './judge/cases.ts';

const { JINJA_SEED: seed = '7', JINJA_RUNS: runs = '2000' } = process.env;
const RUN = { seed: Number(seed), numRuns: Number(runs) };

/** What V8 says where the engine forgot a case; a template's own faults have Python's words. */
const V8_SAYS =
  /^(?:Cannot (?:read|set|access|convert|destructure|mix|assign|create|define)|[^ ]+ is not (?:a function|iterable|defined|a constructor|extensible)|Invalid (?:array|string|regular|count)|Reduce of|Unexpected|.* before initialization|Method |Class )/;

const isMeant = (error: unknown): boolean =>
  error instanceof TemplateError ||
  ((error instanceof TypeError || error instanceof RangeError) && !V8_SAYS.test(error.message));

const MARK = '<mark&"\'>';

const VALUES = {
  n: 2,
  s: MARK,
  l: [MARK, 1, null],
  d: { k: MARK, [MARK]: 1 },
  x: MARK,
  name: MARK,
  user: { name: MARK },
};

const templates = [...SNIPPETS.values()].flat().map(({ files }) => files['main'] ?? '');

/** A piece of one of the snippets. */
const piece: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...templates), fc.nat(200), fc.integer({ min: 1, max: 30 }))
  .map(([template, from, length]) => template.slice(from % (template.length + 1)).slice(0, length));

const noise: fc.Arbitrary<string> = fc.oneof(
  piece,
  fc.string({ maxLength: 4, unit: 'binary' }),
  fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-',
    '+',
    '(',
    ')',
    '[',
    ']',
    "'",
    '"',
    '\\',
    '|',
    '.',
    '~',
    '\n',
  ),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 's', 'l', 'd', 'x', ' if ', ' in ', ' is ', 'loop', 'self'),
);

/** A snippet in which pieces were put in, taken out or said twice. */
const mutant: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...templates),
    fc.array(fc.tuple(fc.nat(300), fc.nat(8), noise), { minLength: 1, maxLength: 3 }),
  )
  .map(([template, changes]) =>
    changes.reduce((text, [at, removed, put]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + put + text.slice(position + removed);
    }, template),
  );

const environment = new Environment({
  autoescape: true,
  extensions: ['do', 'loopcontrols', 'i18n', 'debug'],
  sandboxed: true,
});

test(`mutants of the snippets and random texts, seed ${seed}`, async () => {
  const template = fc.oneof({ weight: 9, arbitrary: mutant }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) });
  await fc.assert(
    fc.asyncProperty(template, async (source) => {
      const began = performance.now();
      let text = '';
      try {
        text = await environment.fromString(source).render(VALUES);
      } catch (error) {
        if (!isMeant(error)) throw error;
      }
      expect(performance.now() - began).toBeLessThan(5000);
      if (!/safe|autoescape|Markup|trans|gettext|_\(/.test(source)) expect(text).not.toContain('<mark');
    }),
    RUN,
  );
}, 60_000);
