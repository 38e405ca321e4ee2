/** What is thrown need not be an error, nor have a text: it is told, and what waits for it goes on. */
import { describe, expect, test } from 'vitest';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { runQilin, startQilin, temporaryFolder } from './server.ts';

/** None of them can be made a string. */
const TEXTLESS = `
const textless = [
  Object.create(null),
  JSON.parse('{"toString":1,"valueOf":1}'),
  Object.defineProperty(new Error(), 'stack', { get() { throw new Error('no stack'); } }),
];
`;
const LISTENER = `${TEXTLESS}
export default (req, res) => {
  const [, how, which] = req.url.split('/');
  if (how === 'throw') throw textless[which];
  if (how === 'reject') return Promise.reject(textless[which]);
  res.end('well');
};
`;
const FETCH = `${TEXTLESS}
export default { fetch(request) {
  const [, how, which] = new URL(request.url).pathname.split('/');
  if (how === 'throw') throw textless[which];
  if (how === 'reject') return Promise.reject(textless[which]);
  return new Response('well');
} };
`;

describe.each(['async', 'sync', 'picoev', 'threads'])('class %s: a value without text', (workerClass) => {
  test.each([
    { kind: 'listener', app: LISTENER },
    { kind: 'fetch handler', app: FETCH },
  ])('that a $kind throws or rejects with is a 500, and is told', async ({ app }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', app);
    await using server = await startQilin(['-w', '1', '-k', workerClass, 'app.mjs'], { cwd: folder.path });
    for (const how of ['throw', 'reject']) {
      for (const which of [0, 1, 2]) {
        const from = server.log.length;
        expect((await ask(`${server.url}/${how}/${which}`)).status).toBe(500);
        await server.logged(/Error handling request/, from);
      }
    }
    expect((await ask(server.url)).text).toBe('well');
    expect(server.workerPids).toHaveLength(1);
  });
});

describe('a value without text, thrown in the config file', () => {
  test('by hooks of the arbiter, or by nobody in particular, costs a line of the log', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', LISTENER);
    write(
      folder.path,
      'qilin.config.mjs',
      `${TEXTLESS}
const fail = () => { throw textless[0]; };
export const workers = 2;
export const preFork = fail, onReload = fail, whenReady = fail, childExit = fail, nworkersChanged = fail;
export const onStarting = () => {
  setTimeout(fail, 10);
  setTimeout(() => Promise.reject(textless[1]), 10);
};
`,
    );
    await using server = await startQilin(['app.mjs'], { cwd: folder.path });
    await server.until(() => server.log.match(/that nobody caught/g)?.length === 2, 'both have been told');
    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    for (const hook of ['preFork', 'onReload', 'whenReady', 'nworkersChanged'])
      expect(server.log).toContain(`the hook ${hook} of the config file threw.`);
    expect((await ask(server.url)).text).toBe('well');
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });

  test('by postFork ends the start at once, and says so', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', LISTENER);
    write(folder.path, 'qilin.config.mjs', `${TEXTLESS} export const postFork = () => { throw textless[1]; };`);
    const { status, output } = await runQilin(['-b', '127.0.0.1:0', 'app.mjs'], { cwd: folder.path });
    expect(status).toBe(3);
    expect(output).not.toContain('bootTimeout');
    expect(output).toContain('Shutting down: the first worker failed to boot');
  });
});
