/** `--daemon`: the command ends when the server in the background serves, or tells why it does not. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { statOf } from './process-table.ts';
import { QilinProcess, repository, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;

test('it returns 0 when the server serves; its pid file names the server, which TERM ends', async () => {
  using folder = temporaryFolder();
  const pidfile = join(folder.path, 'qilin.pid');
  const port = await freePort();
  const args = ['-D', '-w', '2', '--pid', pidfile, '--log-file', 'error.log', '--bind', `127.0.0.1:${port}`, APP];
  await using starter = new QilinProcess(args, { cwd: folder.path, bind: null });
  expect(await starter.exited).toEqual({ status: 0, signal: null });
  expect(starter.log).toBe('');

  const daemon = Number(readFileSync(pidfile, 'utf8'));
  expect(daemon).not.toBe(starter.pid);
  expect(starter.running).toContain(daemon);
  expect((await ask(`http://127.0.0.1:${port}/one`)).text).toBe('GET /one ');
  // In a session of its own, so that the end of the terminal's does not end it.
  expect(statOf(daemon)?.session).toBe(daemon);

  process.kill(daemon, 'SIGTERM');
  await eventually(() => starter.running.length === 0, 'the end of the daemon');
  expect(existsSync(pidfile)).toBe(false);
  expect(readFileSync(join(folder.path, 'error.log'), 'utf8')).toContain('Shutting down: arbiter');
});

test('it returns at once where no workers are wanted yet', async () => {
  using folder = temporaryFolder();
  const args = ['-D', '-w', '0', '--log-file', 'error.log', '--bind', 'unix:server.sock', APP];
  await using starter = new QilinProcess(args, { cwd: folder.path, bind: null });
  expect(await starter.exited).toEqual({ status: 0, signal: null });
  expect(starter.running).toHaveLength(1);
});

test('it returns when some workers serve and the others get not ready in bootTimeout, which is told', async () => {
  using folder = temporaryFolder();
  write(
    folder.path,
    'app.mjs',
    `import { mkdirSync } from 'node:fs';
mkdirSync('only-one');
export const app = (req, res) => res.end('well');`,
  );
  const args = [
    '-D',
    '-w',
    '2',
    '--boot-timeout',
    '3',
    '--preload',
    '--log-file',
    'error.log',
    '--bind',
    'unix:server.sock',
  ];
  await using starter = new QilinProcess([...args, 'app.mjs:app'], { cwd: folder.path, bind: null });
  expect(await starter.exited).toEqual({ status: 0, signal: null });
  expect(readFileSync(join(folder.path, 'error.log'), 'utf8')).toMatch(
    /\[WARNING\] The start goes on with 1 of 2 workers: no further worker has got ready for 3 s \(bootTimeout\)/,
  );
});

test('an app that fails to load is told, with a status that is not 0', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'app.mjs', `throw new Error('no database');\n`);
  const args = ['-D', '--log-file', 'error.log', '--bind', 'unix:server.sock', 'app.mjs:app'];
  await using starter = new QilinProcess(args, { cwd: folder.path, bind: null });
  expect((await starter.exited).status).toBe(3);
  expect(starter.log).toMatch(/could not start.*error log/);
  expect(readFileSync(join(folder.path, 'error.log'), 'utf8')).toContain('Error: no database');
  expect(starter.running).toEqual([]);
  expect(existsSync(join(folder.path, 'server.sock'))).toBe(false);
});

test('an app that fails to load is told without the name of a log that nobody has', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'app.mjs', `throw new Error('no database');\n`);
  const args = ['-D', '--bind', 'unix:server.sock', 'app.mjs:app'];
  await using starter = new QilinProcess(args, { cwd: folder.path, bind: null });
  expect((await starter.exited).status).toBe(3);
  expect(starter.log).toMatch(/could not start \(status 3\): it has no error log to say why: give it a --log-file/);
});

test('a pid file of a server that runs is told, with a status that is not 0', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.pid', String(process.pid));
  const args = ['-D', '--pid', 'qilin.pid', '--bind', 'unix:server.sock', APP];
  await using starter = new QilinProcess(args, { cwd: folder.path, bind: null });
  expect((await starter.exited).status).toBe(1);
  expect(starter.log).toContain(`names process ${process.pid}, which is running`);
  // It tells its starter while it is on its way out.
  await eventually(() => starter.running.length === 0, 'the end of the daemon');
});

test('an upgrade of it that fails is told in its error log, with the reason', async () => {
  using folder = temporaryFolder();
  const pidfile = join(folder.path, 'qilin.pid');
  const config = (more: string) => `{"daemon": true, "pidfile": "${pidfile}", "errorlog": "error.log"${more}}`;
  write(folder.path, 'qilin.config.json', config(''));
  await using starter = new QilinProcess(['--bind', 'unix:server.sock', APP], { cwd: folder.path, bind: null });
  expect((await starter.exited).status).toBe(0);
  write(folder.path, 'qilin.config.json', config(', "wrkers": 1'));
  process.kill(Number(readFileSync(pidfile, 'utf8')), 'SIGUSR2');
  const log = await eventually(() => {
    const text = readFileSync(join(folder.path, 'error.log'), 'utf8');
    return text.includes('The new arbiter has exited (status 1); this one keeps serving') && text;
  }, 'the end of the new arbiter');
  expect(log).toMatch(
    /The new arbiter does not start: qilin\.config\.json: wrkers is not a setting; did you mean workers\?/,
  );
  process.kill(Number(readFileSync(pidfile, 'utf8')), 'SIGTERM');
  await eventually(() => starter.running.length === 0, 'the end of the daemon');
});
