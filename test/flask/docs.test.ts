/** What docs/flask.md and the READMEs show of @qilin/flask: every sample compiles and answers, every name is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../processes/http-client.ts';
import { repository, startQilin } from '../processes/server.ts';

const PAGES = ['docs/flask.md', 'packages/flask/README.md', 'README.md'] as const;

/** The samples of a page that use the package. */
const samplesOf = (page: string): string[] =>
  [...readFileSync(join(repository, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, sample = '']) => sample)
    .filter((sample) => sample.includes("'@qilin/flask'"));

let folder: string;
/** The first sample of each page: the one that is served. */
const files: Record<string, string> = {};

beforeAll(() => {
  // Below examples/, where the package resolves as for a user.
  folder = mkdtempSync(join(repository, 'examples/docs-'));
  for (const page of PAGES) {
    for (const [index, sample] of samplesOf(page).entries()) {
      const file = join(folder, `${page.replaceAll(/\W/g, '-')}-${index}.ts`);
      writeFileSync(file, sample);
      files[page] ??= file;
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('each page has its samples', () => {
  expect(PAGES.map((page) => samplesOf(page).length)).toEqual([3, 1, 1]);
});

test('the samples compile', () => {
  const options = { extends: '../../tsconfig.base.json', compilerOptions: { noEmit: true }, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const { status, stdout } = spawnSync('npx', ['tsc', '--project', folder], { cwd: repository, encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, '']);
});

test.each([
  ['docs/flask.md', '/hello/you', 'Hello, you!'],
  ['packages/flask/README.md', '/user/7', '{"id":7,"name":null}\n'],
  ['README.md', '/user/7', '{"id":7,"next":8}\n'],
])('the sample of %s answers %s', async (page, path, answer) => {
  await using server = await startQilin(['-w', '1', `${files[page]}:app`], { env: { SECRET_KEY: 'of this test' } });
  expect((await ask(`${server.url}${path}`)).text).toBe(answer);
});

test('the names in the table are those of the package', () => {
  const declared = readdirSync(join(repository, 'packages/flask/dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => readFileSync(join(repository, 'packages/flask/dist', file), 'utf8'))
    .join('\n');
  const rows = readFileSync(join(repository, 'docs/flask.md'), 'utf8').matchAll(/^\|.*\|(.*)\|$/gm);
  const ours = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
  const names = new Set(ours.flatMap((code) => [...code.matchAll(/\b[a-z]+[A-Z]\w*/g)].map(([name]) => name)));
  expect(names.size).toBeGreaterThan(30);
  expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(declared))).toEqual([]);
});
