/** The dashboard: that it shows in a browser what `/status` answers, that its buttons work, and that nobody else sees or does anything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Status } from '../../packages/qilin/src/contract/status.ts';
import { launchChromium } from '../flask/browser.ts';
import { tool } from '../needs.ts';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { reload, signal } from './operations.ts';
import { QilinProcess, startQilin, temporaryFolder } from './server.ts';

const TOKEN = 'a-token-of-24-characters';
const EVIL = '<img src=x onerror=alert(1)>';
const MOST_BYTES = 150 * 1024;

const APP = `
import { setTimeout as pause } from 'node:timers/promises';
export async function app(request) {
  const { pathname } = new URL(request.url);
  if (pathname !== '/') await pause(20);
  return new Response('ok');
}
`;

const adminOf = async (server: QilinProcess) => (await server.logged(/Health and status at: (http:\S+)/))[1] ?? '';
const bearer = { authorization: `Bearer ${TOKEN}` };

/** POST of an order. */
const order = (admin: string, body: object, headers: object = bearer) =>
  ask(`${admin}/dashboard/orders`, { method: 'POST', body: JSON.stringify(body), headers: { ...headers } });

describe('with control', () => {
  const folder = temporaryFolder();
  let server: QilinProcess;
  let admin: string;

  beforeAll(async () => {
    const app = write(folder.path, 'app.mjs', APP);
    const flags = ['-k', 'picoev', '-w', '2', '--admin-bind', '0', '--dashboard', 'control'];
    server = await startQilin([...flags, `${app}:app`], { env: { QILIN_DASHBOARD_TOKEN: TOKEN } });
    admin = await adminOf(server);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('without the token there is the bare page, and a refusal', async () => {
    const page = await ask(`${admin}/`);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'$/,
    );
    expect(page.text).not.toMatch(/<script(?! type="module" src=)|<style|\son\w+=/);
    for (const headers of [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: TOKEN }]) {
      const { status, headers: answered, text } = await ask(`${admin}/dashboard/feed`, { headers });
      expect([status, answered['www-authenticate'], text]).toEqual([401, 'Bearer', expect.not.stringContaining('pid')]);
      expect((await order(admin, { command: 'reload' }, headers)).status).toBe(401);
    }
    expect(server.log).not.toContain('Handling command');
  });

  test('orders are those of the page, and each has its answer', async () => {
    expect((await order(admin, { command: 'stop' })).text).toBe(
      '{"error":"By the dashboard there is reload, scale, profile."}\n',
    );
    for (const body of [
      '',
      '[]',
      '{"command":"scale","arguments":{"to":"x"}}',
      `"${'x'.repeat(2000)}"`,
      'x'.repeat(500_000),
    ]) {
      const { status } = await ask(`${admin}/dashboard/orders`, { method: 'POST', body, headers: bearer });
      expect(status).toBe(400);
    }
    const none = await order(admin, { command: 'profile', arguments: { pid: 1 } });
    expect([none.status, none.text]).toEqual([409, expect.stringContaining('No worker has the pid 1: there are ')]);
    const { status, headers } = await ask(`${admin}/dashboard/orders`, { headers: bearer });
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect((await ask(`${admin}/dashboard/other`, { headers: bearer })).status).toBe(404);
    expect((await ask(`${admin}/dashboard/feed`, { method: 'DELETE', headers: bearer })).status).toBe(405);
  });

  test('a worker does not have the token', () => {
    const environment = readFileSync(`/proc/${server.workerPids[0]}/environ`, 'utf8');
    expect(environment).toContain('QILIN_WORKER=1');
    expect(environment).not.toContain(TOKEN);
  });

  const chromium = tool('chromium');
  test(chromium.named('in Chromium'), { skip: chromium.isMissing }, async () => {
    for (const path of ['/', '/users/17', `/${encodeURIComponent(EVIL)}`, '/slow']) await ask(`${server.url}${path}`);
    await reload(server);
    await using browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en' });
    const watched = watch(page);

    await page.goto(admin);
    await page.fill('#token', TOKEN);
    await page.press('#token', 'Enter');
    await page.waitForSelector('#board:not([hidden])');
    await page.waitForSelector('.curve canvas');
    const shown = await eventually(async () => {
      const now: Status = JSON.parse((await ask(`${admin}/status`)).text);
      const rows = await cells(page, '#workers');
      const isOf = (column: number) => rows.map((row) => row[column]);
      const told = now.workers.map(({ pid, requests, residentBytes }) => [pid, requests, residentBytes]);
      const mebibytes = now.workers.map(({ residentBytes }) => ((residentBytes ?? 0) / 2 ** 20).toFixed(1));
      const isSame = String(isOf(0)) === String(told.map(([pid]) => pid)) && String(isOf(8)) === String(mebibytes);
      return isSame && now.workers.length === 2 && { rows, status: now };
    }, 'it shows what /status answers');
    const { workers, generation, slowest, reloads } = shown.status;
    expect(shown.rows.map((row) => [row[1], row[2], row[4]])).toEqual(
      workers.map(({ generation, requests }) => [String(generation), 'ready', String(requests)]),
    );
    expect(await page.textContent('#fact-serve')).toBe('2 / 2');
    expect(await page.textContent('#fact-generation')).toBe(String(generation));
    expect(await page.textContent('#fact-requests')).toBe('4');
    expect(await cells(page, '#slow')).toEqual(
      slowest.map((one) => expect.arrayContaining([one.method, one.route, (one.totalSeconds * 1000).toFixed(1)])),
    );
    expect(slowest.map(({ route }) => route)).toEqual(expect.arrayContaining(['/users/*', '/slow']));
    expect(await cells(page, '#reloads')).toEqual(
      reloads.map(() => expect.arrayContaining(['HUP', String(generation), 'done'])),
    );
    expect(await page.textContent('#log')).toMatch(/\[INFO\] Reload done: generation 2 serves\n/);

    // What an app says is text.
    write(folder.path, 'app.mjs', `throw new Error(${JSON.stringify(EVIL)});`);
    await signal(server, 'HUP');
    await server.logged(/Reload called off/);
    write(folder.path, 'app.mjs', APP);
    await eventually(async () => (await page.textContent('#log'))?.includes(EVIL), 'the log says it');
    expect((await cells(page, '#reloads'))[0]).toEqual(expect.arrayContaining(['HUP', 'called off']));
    expect(await page.locator('img').count()).toBe(0);

    await page.click('[data-order=more]');
    await page.click('#sure [value=no]');
    await page.click('[data-order=more]');
    await page.keyboard.press('Enter');
    await eventually(async () => (await page.textContent('#said')) === '3 workers are wanted', 'the answer');
    await eventually(async () => (await page.textContent('#fact-serve')) === '3 / 3', 'three serve');

    // Ten seconds of a test would be too many.
    await page.route('**/dashboard/orders', (route) =>
      route.continue({
        postData: JSON.stringify({
          ...route.request().postDataJSON(),
          arguments: { pid: workers[0]?.pid, seconds: 1 },
        }),
      }),
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#workers tbody button >> nth=0')]);
    expect(download.suggestedFilename()).toBe(`${workers[0]?.pid}.cpuprofile`);
    expect(Object.keys(JSON.parse(readFileSync(await fileOf(download), 'utf8')))).toContain('nodes');

    await page.click('#language');
    expect(await page.textContent('#workers-title')).toBe('工作进程');
    await page.context().setOffline(true);
    await page.waitForSelector('#trouble:not([hidden])');
    expect(await page.textContent('#trouble')).toMatch(/^自 .+ 起连接中断/);
    await page.context().setOffline(false);
    await page.waitForSelector('#trouble', { state: 'hidden' });
    await eventually(() => fits(page), 'nothing is wider than the window');
    await page.setViewportSize({ width: 360, height: 700 });
    await eventually(() => fits(page), 'nothing is wider than the window');
    expect(watched.problems.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
    expect(await watched.firstBytes()).toBeLessThan(MOST_BYTES);
    expect(watched.foreign(admin)).toEqual([]);
  });
});

test('a log file is shown, of all processes; without a token by an address alone', async () => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', 'export const app = () => { throw new Error("of the app"); };');
  const log = join(folder.path, 'error.log');
  const [bind, admin] = [`127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const flags = ['--admin-bind', new URL(admin).port, '--dashboard', 'view', '--log-file', log];
  await using _ = new QilinProcess([...flags, `${app}:app`], { bind });
  const feed = async (known = '') => JSON.parse((await ask(`${admin}/dashboard/feed?log=${known}`)).text);
  const first = await eventually(async () => {
    const now = await feed();
    return now.status.workersReady === 1 && now;
  }, 'it serves');
  expect([first.takesOrders, first.log.source, first.log.lines[0]]).toEqual([
    false,
    'file',
    expect.stringContaining('Starting qilin'),
  ]);
  await ask(`http://${bind}/`);
  const news = await eventually(async () => {
    const { lines } = (await feed(first.log.next)).log;
    return lines.some((line: string) => line.includes('of the app')) && lines;
  }, 'the line of the worker');
  expect(news).not.toContain(first.log.lines[0]);
  const host = { headers: { host: 'page.example' } };
  expect((await ask(`${admin}/dashboard/feed`, host)).status).toBe(403);
  expect((await ask(`${admin}/dashboard/feed`, { headers: { host: 'localhost:1' } })).status).toBe(200);
  expect((await order(admin, { command: 'reload' })).status).toBe(403);
});

const fits = (page: Page): Promise<boolean> => page.$eval('html', (html) => html.scrollWidth <= html.clientWidth);

/** What a page says and loads. */
function watch(page: Page) {
  const problems: string[] = [];
  const responses: Response[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
  page.on('response', (response) => responses.push(response));
  return {
    problems,
    /** Of what the first view is made of. */
    firstBytes: async () => {
      const bodies = await Promise.all(responses.slice(0, 5).map(async (response) => (await response.body()).length));
      return bodies.reduce((sum, length) => sum + length, 0);
    },
    foreign: (origin: string) => responses.map((response) => response.url()).filter((url) => !url.startsWith(origin)),
  };
}

const cells = (page: Page, table: string): Promise<string[][]> =>
  page.$$eval(`${table} tbody tr`, (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );

async function fileOf(download: Download): Promise<string> {
  const path = await download.path();
  return path ?? expect.unreachable();
}
