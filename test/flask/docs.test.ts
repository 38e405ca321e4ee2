/** What docs/flask.md and the READMEs show of @qilin/flask and its extensions: every sample compiles and answers, every name is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flask } from '@qilin/flask';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../processes/http-client.ts';
import { repository, startQilin } from '../processes/server.ts';

const EXTENSIONS = ['cors', 'limiter', 'login', 'wtf'].map((name) => `packages/flask-${name}/README.md`);
const PAGES = ['docs/flask.md', 'packages/flask/README.md', 'README.md', ...EXTENSIONS];

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
  expect(PAGES.map((page) => samplesOf(page).length)).toEqual([5, ...PAGES.slice(1).map(() => 1)]);
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

/** The app of an extension's sample, in this process. */
async function clientOf(name: string) {
  process.env['SECRET_KEY'] = 'of this test';
  const { app }: { app: Flask } = await import(files[`packages/flask-${name}/README.md`] ?? '');
  return app.testClient();
}

test('the sample of flask-cors says who may read what', async () => {
  const client = await clientOf('cors');
  const allowed = async (path: string, Origin: string) =>
    (await client.get(path, { headers: { Origin } })).headers.get('access-control-allow-origin');
  expect(await allowed('/api/items', 'https://a.example.org')).toBe('https://a.example.org');
  expect(await allowed('/api/items', 'https://a.example.org.evil.test')).toBeNull();
  expect(await allowed('/open', 'https://evil.test')).toBe('https://evil.test');
});

test('the sample of flask-limiter refuses who asks too often', async () => {
  const client = await clientOf('limiter');
  const ask = async (path: string) => {
    const { status, headers } = await client.get(path);
    return [status, headers.get('x-ratelimit-remaining')];
  };
  expect([await ask('/'), await ask('/slow'), await ask('/slow')]).toEqual([
    [200, '49'],
    [200, '0'],
    [429, '0'],
  ]);
  expect([await ask('/mail?user=a'), await ask('/ping')]).toEqual([
    [200, '99'],
    [200, null],
  ]);
});

test('the sample of flask-login lets in who logged in', async () => {
  const client = await clientOf('login');
  expect((await client.get('/account')).headers.get('location')).toBe('/login?next=%2Faccount');
  await client.post('/login', { data: { name: 'ana', remember: '1' } });
  expect((await client.get('/account')).text).toBe('You are 1.');
  await client.post('/logout');
  expect((await client.get('/account')).status).toBe(302);
});

test('the sample of flask-wtf shows its form, and takes it', async () => {
  const client = await clientOf('wtf');
  const [, csrf_token = ''] =
    /name="csrf_token" type="hidden" value="([^"]+)"/.exec((await client.get('/')).text) ?? [];
  const sent = { csrf_token, email: 'ana@example.org', age: '20', terms: 'y' };
  expect((await client.post('/', { data: { ...sent, email: 'ana' } })).text).toContain(
    '<p>Please give an address.</p>',
  );
  expect((await client.post('/', { data: sent })).text).toBe('Hello, ana@example.org!');
  expect((await client.post('/', { data: { ...sent, csrf_token: '' } })).status).toBe(400);
  expect((await client.post('/hook')).text).toBe('anybody');
});

test('no extension has more than 600 lines', () => {
  const lengths = ['flask-cors', 'flask-limiter', 'flask-login', 'flask-wtf', 'limits'].map((name) => {
    const source = join(repository, 'packages', name, 'src');
    const texts = readdirSync(source).map((file) => readFileSync(join(source, file), 'utf8'));
    return [name, texts.join('').split('\n').length - 1] as const;
  });
  expect(lengths.filter(([, length]) => length === 0 || length > 600)).toEqual([]);
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
