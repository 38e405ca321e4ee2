/** The blog's own tests, by the test client: no server, a database for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestClient } from '@qilin/flask';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../app.ts';
import { checkPasswordHash, generatePasswordHash } from '../passwords.ts';

let folder: string;
let client: TestClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blog-'));
  client = createApp({ TESTING: true, DATABASE: join(folder, 'test.sqlite') }).testClient();
  await register('ada', 'engine');
});
afterEach(() => rmSync(folder, { recursive: true }));

const register = (username: string, password: string) =>
  client.post('/auth/register', { data: { username, password } });
const logIn = (username = 'ada', password = 'engine') => client.post('/auth/login', { data: { username, password } });
const write = (title: string, body = 'text') => client.post('/create', { data: { title, body } });

describe('who registers', () => {
  test('is sent to the login page', async () => {
    const { status, location } = await register('grace', 'compiler');
    expect([status, location]).toEqual([302, '/auth/login']);
  });

  test.each([
    ['', 'x', 'Choose a username.'],
    ['x', '', 'Choose a password.'],
    ['ada', 'x', 'The name ada is taken.'],
    ['"><b>', '', 'Choose a password.'],
  ])('as %o with password %o is told: %s', async (username, password, message) => {
    const { status, text } = await register(username, password);
    expect(status).toBe(200);
    expect(text).toContain(message);
    expect(text).not.toContain('<b>');
  });
});

describe('who logs in', () => {
  test('is in the session, and known on each page', async () => {
    expect((await logIn()).location).toBe('/');
    await client.sessionTransaction((session) => expect(session.get('user_id')).toBe(1));
    expect((await client.get('/')).text).toContain('ada');
  });

  test.each([
    ['ada', 'wrong'],
    ['nobody', 'engine'],
    ["' OR 1=1 --", 'x'],
  ])('as %s with password %s is refused', async (username, password) => {
    expect((await logIn(username, password)).text).toContain('The username or the password is not right.');
    await client.sessionTransaction((session) => expect(session.has('user_id')).toBe(false));
  });

  test('is nobody after logging out', async () => {
    await logIn();
    await client.post('/auth/logout');
    await client.sessionTransaction((session) => expect(session.size).toBe(0));
  });
});

describe('a post', () => {
  test('is listed with its author, and nobody else is offered to edit it', async () => {
    await logIn();
    await write('First & best', '<i>text</i>');
    expect((await client.get('/')).text).toContain('href="/1/update"');
    await client.post('/auth/logout');
    const { text } = await client.get('/');
    expect(text).toContain('First &amp; best');
    expect(text).toContain('&lt;i&gt;text&lt;/i&gt;');
    expect(text).toContain('by ada');
    expect(text).not.toContain('/1/update');
  });

  test('is updated', async () => {
    await logIn();
    await write('Old');
    expect((await client.post('/1/update', { data: { title: 'New', body: '' } })).location).toBe('/');
    const { text } = await client.get('/');
    expect(text).toContain('New');
    expect(text).not.toContain('Old');
  });

  test('is deleted', async () => {
    await logIn();
    await write('Old');
    expect((await client.post('/1/delete')).location).toBe('/');
    expect((await client.get('/')).text).toContain('Nothing here yet.');
  });

  test.each(['/create', '/1/update'])('needs a title at %s', async (path) => {
    await logIn();
    await write('Old');
    const { text } = await client.post(path, { data: { title: ' ', body: 'kept' } });
    expect(text).toContain('A post needs a title.');
    expect(text).toContain('kept</textarea>');
  });

  test.each(['/create', '/1/update', '/1/delete'])('needs a login at %s', async (path) => {
    expect((await client.post(path)).location).toBe('/auth/login');
  });

  test.each(['/1/update', '/1/delete'])(
    'of another one is forbidden, one that is not there not found: %s',
    async (path) => {
      await logIn();
      await write('Mine');
      await register('eve', 'apple');
      await logIn('eve', 'apple');
      expect((await client.post(path)).status).toBe(403);
      expect((await client.post(path.replace('1', '99'))).status).toBe(404);
    },
  );
});

describe('a password hash', () => {
  test('is in the format of Werkzeug, and only the password fits it', async () => {
    const hash = await generatePasswordHash('öffne dich');
    expect(hash).toMatch(/^scrypt:32768:8:1\$[A-Za-z0-9]{16}\$[0-9a-f]{128}$/);
    expect(await checkPasswordHash(hash, 'öffne dich')).toBe(true);
    expect(await checkPasswordHash(hash, 'oeffne dich')).toBe(false);
  });

  test('that Werkzeug made is read', async () => {
    const digest =
      '071a20894661f896c3457778e7fd608508ed311babdf61e156bcc599f4059670' +
      '86d9dab53dd8abd776db46e26e3a32e37f3f5ba97ceef2e71a57965eab15e952';
    expect(await checkPasswordHash(`scrypt:32768:8:1$l8fot3E8GujRhN5l$${digest}`, 'of Werkzeug')).toBe(true);
  });

  test('of another method fits nothing', async () => {
    expect(await checkPasswordHash('pbkdf2:sha256:1$salt$00', 'x')).toBe(false);
    expect(await checkPasswordHash('', '')).toBe(false);
  });
});
