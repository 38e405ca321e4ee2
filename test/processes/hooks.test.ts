/** The hooks of a config file: which one runs when, in which process, and what one costs that fails or takes long. */
import { describe, expect, test } from 'vitest';
import { linesOf, write } from './files.ts';
import { RawConnection } from './http-client.ts';
import { servedBy } from './requests.ts';
import { repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;

/** Each hook adds a line to the file: its name, its process, and what it was given. */
const HOOKS = `
import { appendFileSync } from 'node:fs';
const note = (name, ...more) => appendFileSync('hooks.log', [name, process.pid, ...more].join(' ') + '\\n');
export const workers = 1;
export const onStarting = (arbiter) => note('onStarting', arbiter.pid);
export const onReload = (arbiter) => note('onReload', arbiter.pid);
export const whenReady = (arbiter) => note('whenReady', arbiter.pid);
export const preFork = (arbiter, worker) => note('preFork', worker.pid, worker.age);
export const postFork = (worker) => note('postFork', worker.pid, worker.age);
export const postWorkerInit = async (worker) => note('postWorkerInit', worker.pid, worker.age);
export const workerAbort = (worker) => note('workerAbort', worker.pid, worker.age);
export const preExec = (arbiter) => note('preExec', arbiter.pid);
export const childExit = (arbiter, worker) => note('childExit', worker.pid, worker.age);
export const workerExit = (worker) => note('workerExit', worker.pid, worker.age);
export const nworkersChanged = (arbiter, now, before) => note('nworkersChanged', now, before ?? 'none');
export const onExit = (arbiter) => note('onExit', arbiter.pid);
`;

test('all twelve run, in order and in their own process', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.config.mjs', HOOKS);
  const log = `${folder.path}/hooks.log`;
  await using server = await startQilin([APP], { cwd: folder.path });
  const arbiter = server.pid;
  const [first] = server.workerPids;
  server.signal('SIGTTIN');
  await servedBy(server, (pid) => pid !== first);
  const [, second] = server.workerPids;
  server.signal('SIGTTOU');
  await server.logged(new RegExp(`Worker exited \\(pid: ${first}, `));
  server.signal('SIGHUP');
  await server.logged(new RegExp(`Worker exited \\(pid: ${second}, `));
  const [, , third] = server.workerPids;
  await server.stop();
  expect(linesOf(log)).toEqual([
    `onStarting ${arbiter} ${arbiter}`,
    `nworkersChanged ${arbiter} 1 none`,
    `preFork ${arbiter} 0 1`,
    `postFork ${first} ${first} 1`,
    `postWorkerInit ${first} ${first} 1`,
    `whenReady ${arbiter} ${arbiter}`,
    `nworkersChanged ${arbiter} 2 1`,
    `preFork ${arbiter} 0 2`,
    `postFork ${second} ${second} 2`,
    `postWorkerInit ${second} ${second} 2`,
    `nworkersChanged ${arbiter} 1 2`,
    `workerExit ${first} ${first} 1`,
    `childExit ${arbiter} ${first} 1`,
    `onReload ${arbiter} ${arbiter}`,
    `preFork ${arbiter} 0 3`,
    `postFork ${third} ${third} 3`,
    `postWorkerInit ${third} ${third} 3`,
    `workerExit ${second} ${second} 2`,
    `childExit ${arbiter} ${second} 2`,
    `workerExit ${third} ${third} 3`,
    `childExit ${arbiter} ${third} 3`,
    `onExit ${arbiter} ${arbiter}`,
  ]);
});

test('workerAbort runs in a sync worker past its timeout, before that worker exits', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.config.mjs', HOOKS);
  await using server = await startQilin(['-k', 'sync', '--timeout', '2', APP], { cwd: folder.path });
  using connection = await RawConnection.open(server.port);
  connection.send('GET /never HTTP/1.1\r\nHost: test\r\n\r\n');
  await connection.ended;
  const [pid] = server.workerPids;
  await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, status 1\\)`));
  const lines = linesOf(`${folder.path}/hooks.log`);
  const noted = lines.filter((line) => /^worker(Abort|Exit)/.test(line));
  expect(noted).toEqual([`workerAbort ${pid} ${pid} 1`, `workerExit ${pid} ${pid} 1`]);
});

test('a hook that comes by a promise runs, too', async () => {
  using folder = temporaryFolder();
  const hook = "({ postWorkerInit: ({ log, pid }) => log.info('by a promise: ' + pid) })";
  write(folder.path, 'qilin.config.cjs', `module.exports = (async () => ${hook})();\n`);
  await using server = await startQilin([APP], { cwd: folder.path });
  const [pid] = server.workerPids;
  expect(server.log).toContain(`by a promise: ${pid}`);
});

test('preExec runs in the old arbiter before the new one starts', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.config.mjs', HOOKS);
  await using server = await startQilin([APP], { cwd: folder.path });
  const from = server.log.length;
  server.signal('SIGUSR2');
  const [, successor] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
  await server.logged(/Ready: /, from);
  const lines = linesOf(`${folder.path}/hooks.log`);
  const preExec = lines.indexOf(`preExec ${server.pid} ${server.pid}`);
  expect(lines[preExec + 1]).toBe(`onStarting ${successor} ${successor}`);
});

describe('a hook that throws', () => {
  test.each(['onStarting', 'postFork', 'postWorkerInit'])(
    'fails the start when it is %s, with its stack',
    async (name) => {
      using folder = temporaryFolder();
      write(folder.path, 'qilin.config.mjs', `export function ${name}() { throw new Error('the hook failed'); }\n`);
      const ended = await runQilin(['--bind', '127.0.0.1:0', APP], { cwd: folder.path });
      expect(ended.status).not.toBe(0);
      expect(ended.output).toMatch(/Error: the hook failed\n +at /);
      expect(ended.output).toContain('qilin.config.mjs');
    },
  );

  test.each(['whenReady', 'childExit', 'onExit'])('is logged when it is %s, and costs nothing else', async (name) => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', `export function ${name}() { throw new Error('the hook failed'); }\n`);
    await using server = await startQilin([APP], { cwd: folder.path });
    await servedBy(server, () => true);
    expect((await server.stop()).status).toBe(0);
    expect(server.log).toMatch(new RegExp(`the hook ${name} of the config file threw.\\n.*Error: the hook failed`));
  });
});

test('a hook of the arbiter that takes longer than timeout costs no worker', async () => {
  using folder = temporaryFolder();
  const config = `export const onReload = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    for (const end = Date.now() + 2_200; Date.now() < end;);
  };\n`;
  write(folder.path, 'qilin.config.mjs', config);
  await using server = await startQilin(['-w', '2', '--timeout', '2', APP], { cwd: folder.path });
  server.signal('SIGHUP');
  await server.logged(/Reload done/);
  expect(server.log).not.toContain('TIMEOUT');
});
