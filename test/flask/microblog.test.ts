/** examples/microblog and its twin in Python: one site, whoever answers; and used by a person with a browser. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNode, nodeOf } from '../../scripts/test-nodes.mjs';
import { tool } from '../needs.ts';
import { command, type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { launchChromium } from './browser.ts';
import { routeByRoute } from './microblog/front.ts';
import { startTwin, twinNeeds } from './microblog/twin.ts';
import { visit } from './microblog/visit.ts';
import { type Seen, Visitor } from './microblog/visitor.ts';

const folder = temporaryFolder();
const database = join(folder.path, 'microblog.sqlite');
const mails = join(folder.path, 'mail');
const env = {
  FLASK_SECRET_KEY: 'of this test',
  FLASK_DATABASE: database,
  FLASK_MAIL_FOLDER: mails,
  FLASK_PASSWORD_METHOD: 'pbkdf2:sha256:1000',
  FLASK_POSTS_PER_PAGE: '3',
};
let server: QilinProcess;

beforeAll(async () => {
  // On what users run, where it is there; and one worker, in whose memory limits are counted.
  const program = [hasNode(24) ? nodeOf(24) : process.execPath, command];
  server = await startQilin(['-w', '1', 'examples/microblog/app.ts:createApp()'], { env, program });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The newest mail. */
function readMail(): string {
  const [path = ''] = readdirSync(mails)
    .map((name) => join(mails, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return readFileSync(path, 'utf8');
}

/** As on the first day: numbers begin at 1 again. */
function forgetAll(): void {
  const db = new Database(database, { timeout: 5000 });
  for (const table of ['token', 'message', 'post', 'follow', 'user']) db.exec(`DELETE FROM ${table}`);
  db.close();
}

/** All answers of a visit. @param before is awaited before each request */
async function answersOf(url: string, localAddress: string, before = async () => {}): Promise<Seen[]> {
  forgetAll();
  const transcript: Seen[] = [];
  const visitor = () => new Visitor(url, transcript, before, localAddress);
  await visit(visitor(), visitor(), readMail);
  return transcript;
}

const needed = [...twinNeeds, tool('nginx-light')];
const missing = needed.find(({ isMissing }) => isMissing);

describe.skipIf(missing !== undefined)(missing?.named('the twins') ?? 'the twins', () => {
  test('render every page alike, and share users, sessions and tokens while routes move from one to the other', async () => {
    await using twin = await startTwin(env);
    const ofPython = await answersOf(twin.url, '127.0.0.2');
    const ofQilin = await answersOf(server.url, '127.0.0.2');
    expect(ofPython.length).toBeGreaterThan(100);
    expect(ofQilin).toEqual(ofPython);

    await using front = await routeByRoute(twin.url, server.url, twin.rules);
    // Every fourth request finds one more route moved.
    let requests = 0;
    const ofBoth = await answersOf(front.url, '127.0.0.1', async () => {
      if (requests++ % 4 === 0) await front.moveOne();
    });
    expect(ofBoth).toEqual(ofPython);
    expect(front.left).toEqual([]);
    expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
  });
});

const browsers = tool('chromium');

test.skipIf(browsers.isMissing)(
  browsers.named('a person registers, logs in, posts, follows and logs out'),
  async () => {
    forgetAll();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ baseURL: server.url, locale: 'en' });
      const troubles: string[] = [];
      page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
      page.on('pageerror', (error) => troubles.push(String(error)));
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
      const fill = async (fields: Readonly<Record<string, string>>, button: string) => {
        for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
        await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
      };
      const comeIn = async (name: string) => {
        const passwords = { Password: `${name} engine`, 'Password, once more': `${name} engine` };
        await page.goto('/auth/register');
        await fill({ Username: name, 'E-mail': `${name}@example.org`, ...passwords }, 'Register');
        await page.getByText('Welcome! You can log in now.').waitFor();
        await fill({ Username: name, Password: `${name} engine` }, 'Log in');
        await page.getByRole('heading', { name: `Hello, ${name}!` }).waitFor();
      };

      await comeIn('grace');
      await fill({ 'What is new?': 'A <b>moth</b> in the relay.' }, 'Post');
      await page.getByText('A <b>moth</b> in the relay.').waitFor();
      await press('Log out');
      await comeIn('ada');
      await page.getByText('Nothing here yet.').waitFor();
      await page.getByRole('link', { name: 'Explore' }).click();
      await page.getByRole('link', { name: 'grace' }).click();
      await press('Follow');
      await page.getByText('1 follower').waitFor();
      await page.getByRole('link', { name: 'Microblog' }).click();
      await page.getByText('A <b>moth</b> in the relay.').waitFor();
      await press('Deutsch');
      await page.getByRole('heading', { name: 'Hallo, ada!' }).waitFor();
      await press('Abmelden');
      await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
      expect(troubles).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
