/**
 * The same routes in Python Flask and in @qilin/flask, asked the same questions: status, headers and body must be the
 * same. The routes are in differential/areas, once in each language; a case is one line in differential/cases.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { ask } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import type { Ask, Case } from './differential/case.ts';
import { CASES } from './differential/cases/index.ts';
import { type Answer, Client } from './differential/client.ts';
import { changed, comparable } from './differential/compare.ts';
import { recordedFor, versions } from './differential/recorded.ts';
import { Reference } from './differential/reference.ts';

const CLASSES = ['async', 'picoev'] as const;

/** Paths whose views fail on purpose. */
const CRASHES = [
  '/abort/299',
  '/abort/451',
  '/basket/refused',
  '/crash',
  '/hooks/crash',
  '/page/missing',
  '/reply/none',
  '/reply/number',
];

const pythonFlask = tool('python3-flask');

test('there are at least 950 cases', () => {
  expect(Object.values(CASES).flat().length).toBeGreaterThanOrEqual(950);
});

describe.skipIf(pythonFlask.isMissing).each(CLASSES)(
  pythonFlask.named('Python Flask and @qilin/flask on class %s'),
  (workerClass) => {
    let reference: Reference;
    let server: QilinProcess;
    beforeAll(async () => {
      reference = await Reference.start();
      // No proxy is trusted, as Python's own server trusts none.
      const args = ['-w', '1', '-k', workerClass, '--forwarded-allow-ips', ''];
      server = await startQilin([...args, 'test/flask/differential/app.ts:app']);
    });
    afterAll(async () => {
      await reference?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    describe.each(Object.entries(CASES))('%s', (area, cases) => {
      test.each(cases.map((one) => ({ ...one, ...follows(area, one) })))('$name, as $version', async (one) => {
        const theirs = new Client(reference.port);
        const ours = new Client(server.port);
        for (const [index, ask] of one.steps.entries()) {
          const answers = await Promise.all([theirs.send(ask), ours.send(ask)]);
          compare(one, index, answers, workerClass);
          if (one.crossed) [theirs.cookies, ours.cookies] = [ours.cookies, theirs.cookies];
        }
      });
    });

    test('and the log tells of the crashes that were meant, and of no other', () => {
      const paths = [...server.log.matchAll(/Exception on (\S+) \[/g)].map(([, path]) => path);
      expect([...new Set(paths)].sort()).toEqual(CRASHES);
      expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
    });
  },
);

test.each(CLASSES)(
  'on class %s a trusted proxy says who asks, and nobody before it is believed',
  async (workerClass) => {
    await using server = await startQilin(['-w', '1', '-k', workerClass, 'test/flask/differential/app.ts:app']);
    const { text } = await ask(`${server.url}/request/remote`, {
      headers: { 'X-Forwarded-For': '6.6.6.6, 192.0.2.7' },
    });
    expect(JSON.parse(text)).toEqual(['192.0.2.7', ['192.0.2.7']]);
  },
);

/** Which Flask a case follows, and in what that one differs from the one that is asked. */
function follows(area: string, { name }: Case) {
  const recorded = recordedFor(area, name);
  return { recorded, version: recorded === undefined ? 'Flask 2.2 and later' : `Flask ${versions['flask']}` };
}

type Followed = Case & ReturnType<typeof follows>;

function compare(one: Followed, index: number, [theirs, ours]: readonly [Answer, Answer], workerClass: string): void {
  const python = changed(comparable(theirs), one.recorded?.[index]);
  const isLast = index === one.steps.length - 1;
  const differs = isLast && one.differs?.on?.includes(workerClass) !== false ? one.differs : undefined;
  const expected = changed(python, differs);
  expect(comparable(ours), lineOf(one.steps[index] ?? '')).toEqual(expected);
  if (differs) expect(expected, `no longer differs: ${differs.why}`).not.toEqual(python);
}

const lineOf = (ask: Ask) => (typeof ask === 'string' ? ask : ask.ask).slice(0, 200);
