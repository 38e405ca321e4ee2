/** An error that nobody caught: the request whose code threw it is answered with 500, however it was thrown, and no other is. */
import { expect, test, vi } from 'vitest';
import { nodeOf } from '../../scripts/test-nodes.mjs';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { command, startQilin, temporaryFolder } from './server.ts';

vi.setConfig({ maxConcurrency: 3 });

/** All have come before the first of them fails: the worker takes no more from then on. */
const CODE = `
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const users = new AsyncLocalStorage();
const fail = () => { throw new Error('nobody catches this'); };
const never = () => new Promise(() => {});
const failures = {
  begun: () => setTimeout(fail),
  timer: () => setTimeout(fail),
  tick: () => process.nextTick(fail),
  file: () => readFile(import.meta.filename, fail),
  rejection: () => void Promise.reject(new Error('nobody catches this')),
  listener: () => void connect(1, '127.0.0.1'),
  ofUser: () => users.run('a', async () => { await pause(1); users.exit(() => setTimeout(fail)); }),
};

let arrived = 0;
let open = () => {};
const everybody = new Promise((resolve) => { open = resolve; });

async function deed(url) {
  const { pathname, searchParams } = new URL(url, 'http://test');
  if (pathname === '/') return 'well';
  arrived += 1;
  if (arrived === Number(searchParams.get('of'))) open();
  await everybody;
  if (pathname === '/held') return pause(300, 'answered all the same');
  failures[pathname.slice(1)]();
  return never();
}

export default { fetch: async (request) => new Response(await deed(request.url)) };
export const listener = (req, res) => {
  deed(req.url).then((text) => res.end(text));
  // As code that knows nothing of it goes on.
  if (req.url.includes('timer')) setTimeout(() => { res.setHeader('X-Late', 1); res.write('late'); res.end(); }, 100);
  if (!req.url.includes('begun')) return;
  res.write('begun, ');
  setTimeout(() => res.end('ended'), 200);
};
`;

const FAILURES = ['timer', 'tick', 'file', 'rejection', 'listener', 'ofUser'];
/** What becomes of the others. */
const OTHERS = new Map([
  ['held', '200 answered all the same'],
  ['begun', '200 begun, ended'],
]);

const CASES = [
  { workerClass: 'async', shape: 'listener', line: 24, paths: [...FAILURES, 'held', 'begun'] },
  { workerClass: 'async', shape: 'default', line: 26, paths: [...FAILURES, 'held'] },
  { workerClass: 'picoev', shape: 'default', line: 24, paths: [...FAILURES, 'held'] },
  { workerClass: 'picoev', shape: 'listener', line: 26, paths: [...FAILURES, 'held', 'begun'] },
  { workerClass: 'threads', shape: 'default', line: 24, paths: [...FAILURES, 'held'] },
  // One request at a time.
  { workerClass: 'sync', shape: 'default', line: 24, paths: ['rejection'] },
];

test.concurrent.each(CASES)('class $workerClass, $shape, Node $line', async ({ workerClass, shape, line, paths }) => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', CODE);
  const args = ['-k', workerClass, '--threads', '1', '--access-logfile', '-', `${app}:${shape}`];
  const flags = workerClass === 'threads' ? args : args.filter((arg) => arg !== '--threads' && arg !== '1');
  await using server = await startQilin(flags, { program: [nodeOf(line), command] });
  const answers = await Promise.all(paths.map((path) => ask(`${server.url}/${path}?of=${paths.length}`)));
  expect(answers.map(({ status, text }, index) => `${paths[index]}: ${status} ${text}`)).toEqual(
    paths.map((path) => `${path}: ${OTHERS.get(path) ?? '500 Internal Server Error\n'}`),
  );
  await server.logged(/Uncaught exception|Unhandled rejection/);
  expect((await ask(server.url)).text).toBe('well');
  expect(server.log.match(/" 500 /g)).toHaveLength(paths.filter((path) => !OTHERS.has(path)).length);
  expect(server.log).not.toMatch(/Error handling request|ERR_/);
});
