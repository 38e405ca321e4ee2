/** What the user's own code may do to an arbiter: hang, throw too late, exit. None of it costs the service. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { servedBy } from './requests.ts';
import { QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;
const HANGS = 'new Promise(() => {})';

/** A worker that blocks is ended and replaced, and TERM ends the server: so much works while something hangs. */
async function isAlive(server: QilinProcess): Promise<void> {
  const from = server.log.length;
  using connection = await RawConnection.open(server.port);
  connection.send('GET /block HTTP/1.1\r\nHost: test\r\n\r\n');
  await connection.ended;
  expect(server.log.slice(from)).toMatch(/WORKER TIMEOUT/);
  expect(await server.stop()).toEqual({ status: 0, signal: null });
}

/** A start whose config file hangs: its 30 s pass while the other tests run. */
let hanging: { readonly folder: ReturnType<typeof temporaryFolder>; readonly server: QilinProcess };

beforeAll(() => {
  const folder = temporaryFolder();
  write(folder.path, 'qilin.config.mjs', `await ${HANGS};\n`);
  hanging = { folder, server: new QilinProcess([APP], { cwd: folder.path }) };
});

afterAll(async () => {
  await hanging.server[Symbol.asyncDispose]();
  hanging.folder[Symbol.dispose]();
});

describe('what never comes back', () => {
  test('a config file at a reload: the next reload takes the repaired one', async () => {
    using folder = temporaryFolder();
    const config = 'export const workers = 2;\n';
    write(folder.path, 'qilin.config.mjs', config);
    await using server = await startQilin(['--timeout', '1', APP], { cwd: folder.path });
    write(
      folder.path,
      'qilin.config.mjs',
      `import { writeSync } from 'node:fs';\nwriteSync(1, 'read');\nawait ${HANGS};\n`,
    );
    server.signal('SIGHUP');
    await server.logged(/Reloading\n[\s\S]*read/);
    write(folder.path, 'qilin.config.mjs', config);
    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    await isAlive(server);
  });

  test('a hook of each kind is given up after hookTimeout, with its name', async () => {
    using folder = temporaryFolder();
    const names = ['whenReady', 'onReload', 'nworkersChanged', 'childExit', 'preExec'];
    const hooks = names.map((name) => `export const ${name} = () => ${HANGS};\n`).join('');
    write(folder.path, 'qilin.config.mjs', `${hooks}export const hookTimeout = 1;\n`);
    await using server = await startQilin(['--timeout', '1', APP], { cwd: folder.path });
    const from = server.log.length;
    server.signal('SIGTTIN');
    await server.logged(/Booting/, from);
    killOne(server);
    server.signal('SIGHUP');
    await server.logged(/Reload done/, from);
    server.signal('SIGUSR2');
    await server.logged(/Starting a new arbiter/, from);
    for (const name of names)
      await server.logged(new RegExp(`the hook ${name} of the config file has not come back for \\d\\.\\d s`));
  });

  test('hooks hold up neither the timeout of a worker nor TERM', async () => {
    using folder = temporaryFolder();
    const names = ['onReload', 'childExit'];
    write(folder.path, 'qilin.config.mjs', names.map((name) => `export const ${name} = () => ${HANGS};\n`).join(''));
    await using server = await startQilin(['--timeout', '1', APP], { cwd: folder.path });
    server.signal('SIGHUP');
    killOne(server);
    await server.until(() => server.workerPids.length > 1, 'a second worker');
    await servedBy(server, (pid) => pid !== server.workerPids[0]);
    await isAlive(server);
    for (const name of names)
      expect(server.log).toMatch(
        new RegExp(`the hook ${name} .* has not come back for .* s; the arbiter leaves without it`),
      );
  });

  test('the hook onStarting: TERM ends the server', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', `export const onStarting = () => ${HANGS};\n`);
    await using server = new QilinProcess([APP], { cwd: folder.path });
    await server.logged(/Starting qilin/);
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });

  test('the hook preFork of one worker holds up that one alone', async () => {
    using folder = temporaryFolder();
    const config = `let forks = 0;
      export const preFork = () => (++forks === 3 ? ${HANGS} : undefined);
      export const hookTimeout = 2;\n`;
    write(folder.path, 'qilin.config.mjs', config);
    await using server = await startQilin(['-w', '2', '--timeout', '2', APP], { cwd: folder.path });
    killOne(server);
    const [, second = 0] = server.workerPids;
    expect(await servedBy(server, () => true)).toBe(second);
    await server.logged(/the hook preFork of the config file has not come back for 2\.\d s/);
    await server.until(() => server.workerPids.length === 3, 'a third worker');
    await isAlive(server);
  });
});

function killOne(server: QilinProcess): void {
  process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
}

describe('an error that nobody catches in the arbiter', () => {
  test.each([
    ['thrown late', 'setTimeout(() => { throw new Error("too late"); }, 10)'],
    ['in a promise that nobody waits for', 'void Promise.reject(new Error("too late"))'],
  ])('%s is told with its stack, and survived', async (_, code) => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', `export const onReload = () => { ${code}; };\n`);
    await using server = await startQilin([APP], { cwd: folder.path });
    server.signal('SIGHUP');
    await server.logged(/\[ERROR\] .* that nobody caught[^\n]*Error: too late\n +at .*qilin\.config\.mjs/);
    await server.logged(/Reload done/);
    expect((await ask(server.url)).status).toBe(200);
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });
});

test('a hook that exits ends the arbiter, which says so and leaves no pid file and no worker', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.config.mjs', 'export const onReload = () => process.exit(7);\n');
  await using server = await startQilin(['--pid', 'server.pid', APP], { cwd: folder.path });
  server.signal('SIGHUP');
  expect(await server.exited).toEqual({ status: 7, signal: null });
  expect(server.log).toContain('The config file or a hook has ended this process (status 7)');
  expect(server.running).toEqual([]);
  expect(existsSync(`${folder.path}/server.pid`)).toBe(false);
});

describe('a process that cannot be started', () => {
  test('is told with what to do, and tried again until it can be', async () => {
    using folder = temporaryFolder();
    const place = `${folder.path}/place`;
    mkdirSync(place);
    await using server = await startQilin(['-w', '2', '--chdir', place, APP]);
    const [first = 0, second = 0] = server.workerPids;
    rmdirSync(place);
    process.kill(first, 'SIGKILL');
    await server.logged(/A worker could not be started: .*ENOENT \(.* has gone\)[\s\S]*Next worker in 1 s/);
    expect(await servedBy(server, () => true)).toBe(second);
    mkdirSync(place);
    await servedBy(server, (pid) => pid !== second);
  });

  test('calls a reload off', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', 'export const workers = 2;\n');
    await using server = await startQilin([APP], { cwd: folder.path });
    const long = 'export const workers = 2;\nexport const rawEnv = { LONG: "x".repeat(4_000_000) };\n';
    write(folder.path, 'qilin.config.mjs', long);
    server.signal('SIGHUP');
    await server.logged(/could not be started: .*E2BIG \(the environment is too long: shorten rawEnv\)/);
    await server.logged(/Reload called off: a new worker could not be started/);
    expect(server.workerPids).toContain(await servedBy(server, () => true));
  });
});

test('a config file at the start that never comes back is told after 30 s', async () => {
  const { server } = hanging;
  expect(await server.exited).toEqual({ status: 1, signal: null });
  expect(server.log).toContain('the config file qilin.config.mjs has not finished after 30 s');
});
