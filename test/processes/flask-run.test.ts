/** The development server of @qilin/flask and its command, as they are started by hand. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { repository } from './server.ts';

const flask = join(repository, 'packages/flask/bin/flask.js');

/** Below node_modules, where an app finds `@qilin/flask`. */
function createFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(repository, 'node_modules', '.flask-run-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  cleanUps.push(async () => rmSync(folder, { recursive: true }));
  return folder;
}

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const app = (run: string, greeting = 'Hello') => `
import { Flask, request } from '@qilin/flask';
export const app = new Flask(import.meta);
app.get('/', function hello() { return '${greeting}'; });
app.get('/pid', () => String(process.pid));
app.get('/bad', () => { throw new Error('seen by developers'); });
${run}
`;

class Program {
  readonly child: ChildProcess;
  output = '';

  constructor(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    cleanUps.push(() => this.stop());
  }

  /** Resolves with the first group of the `count`th match in the output. */
  async says(pattern: RegExp, count = 1): Promise<string> {
    const global = new RegExp(pattern, 'g');
    await expect
      .poll(() => [...this.output.matchAll(global)].length, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(count);
    return [...this.output.matchAll(global)][count - 1]?.[1] ?? '';
  }

  url = (count = 1) => this.says(/Running on (http:\S+)/, count);

  async ends(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ends();
  }
}

const read = async (url: string) => (await fetch(url, { headers: { connection: 'close' } })).text();

test('a file that calls app.run() serves with a warning, logs requests, and ends at SIGTERM', async () => {
  const program = new Program(createFolder({ 'hello.mjs': app('app.run({ port: 0 });') }), ['hello.mjs']);
  expect(await read(await program.url())).toBe('Hello');
  expect(program.output).toMatch(/Serving the app 'hello'\n.*Debug mode: off\nWARNING: This is the development server/);
  await program.says(/("GET \/ HTTP\/1.1" 200)/);
  program.child.kill('SIGTERM');
  expect(await program.ends()).toBe(0);
});

test('an error is a page with its stack in debug mode, and never outside of it', async () => {
  const quiet = new Program(createFolder({ 'hello.mjs': app('app.run({ port: 0 });') }), ['hello.mjs']);
  const response = await fetch(`${await quiet.url()}/bad`, { headers: { connection: 'close' } });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('seen by developers');

  const debug = new Program(
    createFolder({ 'hello.mjs': app('app.run({ port: 0, debug: true, useReloader: false });') }),
    ['hello.mjs'],
  );
  const page = await fetch(`${await debug.url()}/bad`, { headers: { connection: 'close' } });
  expect(page.status).toBe(500);
  expect(await page.text()).toContain('seen by developers');
  // A name that is not this machine's: a page from elsewhere that makes the browser ask here.
  const { port } = new URL(await debug.url());
  const rebound = await requestAs('evil.example', Number(port), '/bad');
  expect(rebound).toContain('500 Internal Server Error');
  expect(rebound).not.toContain('seen by developers');
});

/** The whole answer to a request with that `Host`. */
async function requestAs(host: string, port: number, path: string): Promise<string> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return answer;
}

test('debug mode starts anew when a file changes, also after a syntax error', async () => {
  const folder = createFolder({ 'hello.mjs': app('app.run({ port: 0, debug: true });') });
  const program = new Program(folder, ['hello.mjs']);
  expect(await read(await program.url(1))).toBe('Hello');
  writeFileSync(join(folder, 'hello.mjs'), 'this is no JavaScript');
  await program.says(/(It ended: waiting for a change)/);
  writeFileSync(join(folder, 'hello.mjs'), app('app.run({ port: 0, debug: true });', 'Changed'));
  expect(await read(await program.url(2))).toBe('Changed');
  program.child.kill('SIGINT');
  expect(await program.ends()).toBe(0);
});

test('several processes serve by qilin', async () => {
  const folder = createFolder({ 'hello.mjs': app('app.run({ port: 0, processes: 2 });') });
  const program = new Program(folder, ['hello.mjs']);
  const url = await program.says(/Listening at: (http:\S+)/);
  expect(await read(url)).toBe('Hello');
  expect(Number(await read(`${url}/pid`))).not.toBe(program.child.pid);
  expect([...program.output.matchAll(/Booting worker/g)]).toHaveLength(2);
});

test('threaded and several processes together are a ConfigError', async () => {
  const folder = createFolder({ 'hello.mjs': app('await app.run({ threaded: true, processes: 2 });') });
  const program = new Program(folder, ['hello.mjs']);
  expect(await program.ends()).toBe(1);
  expect(program.output).toContain(
    'ConfigError: threaded and processes cannot be combined (got threaded: true and processes: 2)',
  );
});

test('flask run serves the app that --app names, whose own app.run() does nothing', async () => {
  const folder = createFolder({ 'hello.mjs': app('app.run({ port: 1 });') });
  const program = new Program(folder, [flask, '--app', 'hello', 'run', '--port', '0']);
  expect(await read(await program.url())).toBe('Hello');
});

test('flask run finds app.ts by itself, in TypeScript, and heeds the environment, .flaskenv as well', async () => {
  const folder = createFolder({
    'app.ts': app('const typed: number = 1; void typed;'),
    '.flaskenv': 'FLASK_RUN_PORT=0',
  });
  mkdirSync(join(folder, 'templates'));
  const program = new Program(folder, [flask, 'run'], { FLASK_DEBUG: '0' });
  expect(await read(await program.url())).toBe('Hello');
});

/** A command of the app's own. */
const COMMAND = `app.cli.command('greet', { arguments: { name: 'string' }, options: { loud: { type: 'boolean' } } },
  ({ name, loud }, { echo }) => echo('Hello ' + name + (loud ? '!' : '')));`;

test.each<[readonly string[], number, RegExp]>([
  [['--app', 'hello', 'routes'], 0, /^Endpoint\s+Methods\s+Rule\n-+\s+-+\s+-+\n(.*\n)*hello\s+GET\s+\/\n/],
  [['--app', 'hello:app', 'routes', '--all-methods', '--sort', 'rule'], 0, /hello\s+GET, HEAD, OPTIONS\s+\/\n/],
  [['--app', 'none', 'routes'], 2, /^flask: There is no module "none" in /],
  [['--app', 'hello:none', 'routes'], 2, /has no export "none" \(it has: app\)/],
  [['routes'], 2, /^flask: Which app\?/],
  [['--app', 'hello', 'routes', '--sort', 'size'], 2, /--sort must be one of/],
  [['--app', 'hello', 'fly'], 2, /There is no command "fly"/],
  [['--app', 'hello', 'greet', 'ana', '--loud'], 0, /^Hello ana!\n$/],
  [['--app', 'hello', 'greet'], 2, /^flask: Missing argument NAME\.\n$/],
  [['--nope'], 2, /^flask: There is no option "--nope": leave it out/],
  [['--help'], 0, /^Usage: flask/],
])('flask %j ends with %d', async (args, status, output) => {
  const program = new Program(createFolder({ 'hello.mjs': app(COMMAND) }), [flask, ...args]);
  expect(await program.ends()).toBe(status);
  expect(program.output).toMatch(output);
});
