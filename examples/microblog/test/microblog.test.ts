/** The microblog by itself: no server, a database of its own. What its pages are is compared with its twin's: test/flask/microblog.test.ts. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createApp } from '../app.ts';
import { findByName } from '../models/users.ts';

const folder = mkdtempSync(join(tmpdir(), 'microblog-'));
afterAll(() => rmSync(folder, { recursive: true }));
const app = createApp({
  TESTING: true,
  DATABASE: join(folder, 'test.sqlite'),
  MAIL_FOLDER: join(folder, 'mail'),
  PASSWORD_METHOD: 'pbkdf2:sha256:1000',
});

const example = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(example, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(?!test).*\.(?:ts|html|txt)$/.test(name))
  .map((name) => readFileSync(join(example, name), 'utf8'));
const german: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(join(example, 'translations/de.json'), 'utf8'),
);

test('what is translated has a German text', () => {
  const asked = sources.flatMap((source) =>
    [...source.matchAll(/\b(?:_|gettext|errorPage)\('([^']+)'\)/g)].map(([, text = '']) => text),
  );
  expect(asked.length).toBeGreaterThan(40);
  expect(asked.filter((text) => !Object.hasOwn(german, text))).toEqual([]);
});

test('each German text is asked for, by a label, an error or a sentence of a template', () => {
  const all = sources.join('\n');
  /** Labels that are made of their fields' names. */
  const named = new Set(['Username', 'Password']);
  const unused = Object.keys(german).filter(
    (text) => !named.has(text) && !all.includes(text.replace(/%\((\w+)\)s/g, '{{ $1 }}')),
  );
  expect(unused).toEqual([]);
});

test('a host that nobody trusts is in no mail', async () => {
  const { status } = await app.testClient().post('/auth/reset', { headers: { host: 'evil.test' } });
  expect(status).toBe(400);
});

test('a new password ends what was begun with the old one', async () => {
  const client = app.testClient();
  app.config.WTF_CSRF_ENABLED = false;
  const account = { username: 'ada', email: 'ada@example.org', password: 'of the engine', again: 'of the engine' };
  await client.post('/auth/register', { data: account });
  expect((await client.post('/auth/login', { data: { ...account, remember: 'y' } })).location).toBe('/');
  expect((await client.get('/')).status).toBe(200);
  await app.appContext().run(async () => await findByName('ada')?.setPassword('of the loom'));
  expect((await client.get('/')).location).toBe('/auth/login?next=%2F');
  app.config.WTF_CSRF_ENABLED = true;
});

test('a program needs no CSRF token, and a cookie does not open the API', async () => {
  const client = app.testClient();
  expect((await client.post('/api/posts', { json: { body: 'x' } })).status).toBe(401);
  expect((await client.post('/follow/ada')).status).toBe(400);
});
