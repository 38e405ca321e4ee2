/** The microblog by itself: no server, a database of its own. What its pages are is compared with its twin's: test/flask/microblog.test.ts. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createApp } from '../app.ts';

const folder = mkdtempSync(join(tmpdir(), 'microblog-'));
afterAll(() => rmSync(folder, { recursive: true }));
const app = createApp({ TESTING: true, DATABASE: join(folder, 'test.sqlite'), MAIL_FOLDER: join(folder, 'mail') });

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

test('a program needs no CSRF token, and a cookie does not open the API', async () => {
  const client = app.testClient();
  expect((await client.post('/api/posts', { json: { body: 'x' } })).status).toBe(401);
  expect((await client.post('/follow/ada')).status).toBe(400);
});
