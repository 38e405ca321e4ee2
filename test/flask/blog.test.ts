/** The blog of examples/blog, served by `qilin` with two workers, used by a person with a browser. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { launchChromium } from './browser.ts';

/** How long the page may take for one step. */
const PATIENCE = 15_000;

const CLASSES = ['async', 'picoev'] as const;

const browsers = tool('chromium');

describe.skipIf(browsers.isMissing).each(CLASSES)(
  browsers.named('the blog on class %s with two workers'),
  (workerClass) => {
    const folder = temporaryFolder();
    let server: QilinProcess;
    let browser: Browser;
    let visitor: BrowserContext;
    let page: Page;
    /** What went wrong in a page, which nobody would see. */
    const troubles: string[] = [];

    beforeAll(async () => {
      const env = { FLASK_DATABASE: `${folder.path}/blog.sqlite`, FLASK_SECRET_KEY: 'of this test' };
      server = await startQilin(['-w', '2', '-k', workerClass, 'examples/blog/app.ts:createApp()'], { env });
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser?.close();
      await server?.[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });

    beforeEach(async () => {
      visitor = await browser.newContext({ baseURL: server.url });
      page = await open(visitor);
    });
    afterEach(async () => {
      await visitor.close();
      expect(troubles.splice(0)).toEqual([]);
      expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
    });

    async function open(context: BrowserContext): Promise<Page> {
      const opened = await context.newPage();
      opened.setDefaultTimeout(PATIENCE);
      opened.on('pageerror', (error) => troubles.push(String(error)));
      opened.on('requestfailed', (request) => {
        const reason = request.failure()?.errorText;
        // Who leaves a page before its style is there gives up on that.
        if (reason !== 'net::ERR_ABORTED') troubles.push(`${request.url()} ${reason}`);
      });
      opened.on('response', (answer) => answer.status() >= 500 && troubles.push(`${answer.url()} ${answer.status()}`));
      return opened;
    }

    /** Fills a form by its labels and sends it. */
    async function send(button: string, fields: Readonly<Record<string, string>>): Promise<void> {
      for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
      await page.locator('main').getByRole('button', { name: button }).click();
    }

    async function register(username: string, password: string): Promise<void> {
      await page.goto('/');
      await page.getByRole('link', { name: 'Register' }).click();
      await send('Register', { Username: username, Password: password });
      await page.waitForURL('**/auth/login');
    }

    async function logIn(username: string, password: string): Promise<void> {
      await page.goto('/auth/login');
      await send('Log in', { Username: username, Password: password });
    }

    const heading = () => page.getByRole('heading', { level: 1 }).textContent();
    const alert = () => page.getByRole('alert').textContent();
    const titles = () => page.getByRole('heading', { level: 2 }).allTextContents();

    test('a visitor finds it empty, well dressed, and is asked to log in before writing', async () => {
      await page.goto('/');
      expect(await page.title()).toBe('Posts · Unicorn Notes');
      expect(await page.getByText('Nothing here yet.').isVisible()).toBe(true);
      const styles = await page.evaluate('getComputedStyle(document.querySelector("h1")).fontFamily');
      expect(styles).toContain('Georgia');
      await page.goto('/create');
      await page.waitForURL('**/auth/login');
      expect(await heading()).toBe('Log in');
    });

    test('registers, logs in, writes, edits, deletes, logs out', async () => {
      await register('ada', 'of the engine');
      await send('Log in', { Username: 'ada', Password: 'of the engine' });
      await page.getByText('ada', { exact: true }).waitFor();

      await page.getByRole('link', { name: 'New post' }).click();
      await send('Publish', { Title: 'On <b>looms</b>', Body: 'First line.\nSecond & last.' });
      await page.getByRole('heading', { name: 'On <b>looms</b>' }).waitFor();
      expect(await page.locator('.body').textContent()).toBe('First line.\nSecond & last.');

      await page.getByRole('link', { name: 'Edit On <b>looms</b>' }).click();
      expect(await page.getByLabel('Body').inputValue()).toBe('First line.\nSecond & last.');
      await send('Save', { Title: 'On numbers', Body: 'Rewritten.' });
      await page.getByRole('heading', { name: 'On numbers' }).waitFor();
      expect(await titles()).toEqual(['On numbers']);

      await page.getByRole('link', { name: 'Edit On numbers' }).click();
      await page.getByRole('button', { name: 'Delete this post' }).click();
      await page.getByText('Nothing here yet.').waitFor();

      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('navigation').getByRole('link', { name: 'Log in' }).waitFor();
      await page.goto('/create');
      await page.waitForURL('**/auth/login');
    });

    test('says what is wrong: a name that is taken, a wrong password, a post without a title', async () => {
      await register('grace', 'amazing');
      await page.goto('/auth/register');
      await send('Register', { Username: 'grace', Password: 'other' });
      expect(await alert()).toBe('The name grace is taken.');
      expect(await page.getByLabel('Username').inputValue()).toBe('grace');

      await logIn('grace', 'wrong');
      expect(await alert()).toBe('The username or the password is not right.');
      await logIn('nobody', 'amazing');
      expect(await alert()).toBe('The username or the password is not right.');

      await logIn('grace', 'amazing');
      await page.getByRole('link', { name: 'New post' }).click();
      await send('Publish', { Title: '   ', Body: 'Kept.' });
      expect(await alert()).toBe('A post needs a title.');
      expect(await page.getByLabel('Body').inputValue()).toBe('Kept.');
    });

    test('shows a message once', async () => {
      await logIn('nobody', 'x');
      expect(await page.getByRole('alert').count()).toBe(1);
      await page.goto('/');
      expect(await page.getByRole('alert').count()).toBe(0);
    });

    test("lets nobody change another one's post", async () => {
      await register('edsger', 'structured');
      await logIn('edsger', 'structured');
      await page.getByRole('link', { name: 'New post' }).click();
      await send('Publish', { Title: 'Mine', Body: '' });
      const edit = await page.getByRole('link', { name: 'Edit Mine' }).getAttribute('href');
      await page.getByRole('button', { name: 'Log out' }).click();

      await register('donald', 'literate');
      await logIn('donald', 'literate');
      await page.getByRole('heading', { name: 'Mine' }).waitFor();
      expect(await page.getByRole('link', { name: 'Edit Mine' }).count()).toBe(0);
      const answer = await page.goto(edit ?? '');
      expect(answer?.status()).toBe(403);
      const missing = await page.goto('/999/update');
      expect(missing?.status()).toBe(404);
    });
  },
);
