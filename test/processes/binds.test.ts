/** The addresses that a server can be bound to, and what is left of them when it has stopped. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, closeFd, listen } from '@qilin/picoev';
import { describe, expect, test } from 'vitest';
import { ipv6, root } from '../needs.ts';
import { commands, write } from './files.ts';
import { ask } from './http-client.ts';
import { repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';

/** A GET by a unix socket. */
const askAt = (socketPath: string) => ask('http://localhost/url', { socketPath });

test('a unix socket is served, with the mode that umask leaves, and removed at the end', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'app.sock');
  await using server = await startQilin(['--umask', '027', APP], { bind: `unix:${path}` });
  expect(statSync(path).isSocket()).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o750);
  expect((await askAt(path)).text).toBe('http://localhost/url');
  expect((await server.stop()).status).toBe(0);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('a unix socket that a killed server left behind is taken over', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'app.sock');
  await using killed = await startQilin([APP], { bind: `unix:${path}` });
  killed.child.kill('SIGKILL');
  await killed.exited;
  expect(existsSync(path)).toBe(true);
  await using _ = await startQilin([APP], { bind: `unix:${path}` });
  expect((await askAt(path)).status).toBe(200);
});

test('a unix socket that another server has made in its place meanwhile is left to that one', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'app.sock');
  await using first = await startQilin([APP], { bind: `unix:${path}` });
  rmSync(path);
  await using _ = await startQilin([APP], { bind: `unix:${path}` });
  expect((await first.stop()).status).toBe(0);
  expect((await askAt(path)).status).toBe(200);
});

test.skipIf(root.isMissing)(
  root.named('root makes no unix socket where a link leads that others may have put there'),
  async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'open'));
    chmodSync(join(folder.path, 'open'), 0o777);
    mkdirSync(join(folder.path, 'victim'));
    symlinkSync('../victim', join(folder.path, 'open/link'));
    const bind = `unix:${join(folder.path, 'open/link/app.sock')}`;
    const { status, output } = await runQilin([APP, '--bind', bind]);
    expect(status).toBe(1);
    expect(output).toMatch(/"link" is a symbolic link in a folder that others than root may write/);
    expect(readdirSync(join(folder.path, 'victim'))).toEqual([]);
  },
);

test.skipIf(ipv6.isMissing)(ipv6.named('an IPv6 address is served'), async () => {
  await using server = await startQilin([APP], { bind: '[::1]:0' });
  expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await ask(`${server.url}/url`)).text).toBe(`${server.url}/url`);
});

test('several addresses are served by the same workers', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'app.sock');
  const binds = ['--bind', '127.0.0.1:0', '--bind', `127.0.0.1:0,unix:${path}`];
  await using server = await startQilin([...binds, APP], { bind: null });
  const urls = [...server.log.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
  expect(new Set(urls).size).toBe(2);
  const pids = await Promise.all(urls.map(async (url) => (await ask(`${url}/pid`)).text));
  const pid = (await ask('http://localhost/pid', { socketPath: path })).text;
  expect(pids).toEqual([pid, pid]);
  expect(server.workerPids).toEqual([Number(pid)]);
});

describe('an address for each worker', () => {
  /** Who answers at the address of a worker; several times, so that another one would have been found. */
  async function pidAt(folder: string, worker: number): Promise<number> {
    const ask5 = Array.from({ length: 5 }, () =>
      ask('http://localhost/pid', { socketPath: join(folder, `${worker}.sock`) }),
    );
    const pids = new Set((await Promise.all(ask5)).map(({ text }) => Number(text)));
    expect(pids.size).toBe(1);
    return [...pids][0] ?? 0;
  }

  test('is that worker alone, beside an address of all', async () => {
    using folder = temporaryFolder();
    await using server = await startQilin(['-w', '3', '-b', `unix:${folder.path}/{worker}.sock`, APP]);
    const pids = [await pidAt(folder.path, 1), await pidAt(folder.path, 2), await pidAt(folder.path, 3)];
    expect(pids.toSorted()).toEqual(server.workerPids.toSorted());
    expect(pids).toContain(Number((await ask(`${server.url}/pid`)).text));
    expect(server.log).toMatch(
      /Listening at: http:\/\/127\.0\.0\.1:\d+, unix:\S+\/1\.sock, unix:\S+\/2\.sock, unix:\S+\/3\.sock /,
    );
    await server.stop();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('is kept by the worker that replaces one', async () => {
    using folder = temporaryFolder();
    await using server = await startQilin(['-w', '2', APP], { bind: `unix:${folder.path}/{worker}.sock` });
    const [first, second] = [await pidAt(folder.path, 1), await pidAt(folder.path, 2)];
    process.kill(first, 'SIGKILL');
    await server.until(() => server.workerPids.length === 3, 'another worker');
    expect([await pidAt(folder.path, 1), await pidAt(folder.path, 2)]).toEqual([server.workerPids[2], second]);
  });

  test('survives a reload to fewer workers, and an upgrade; a signal cannot change their count', async () => {
    using folder = temporaryFolder();
    const config = (workers: number) =>
      write(folder.path, 'qilin.config.mjs', `export default { workers: ${workers}, bind: 'unix:{worker}.sock' };\n`);
    config(3);
    const app = join(repository, APP);
    await using server = await startQilin([app], { cwd: folder.path, bind: null });
    server.signal('SIGTTIN');
    await server.logged(/Handling signal: ttin\n.*\[WARNING\] Ignored: each worker has an address of its own/);
    config(2);
    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    await server.until(() => server.log.match(/Worker exited/g)?.length === 3, 'the exit of the old workers');
    expect([await pidAt(folder.path, 1), await pidAt(folder.path, 2)].toSorted()).toEqual(
      server.workerPids.slice(3).toSorted(),
    );
    expect(existsSync(join(folder.path, '3.sock'))).toBe(false);
    server.signal('SIGUSR2');
    server.signal('SIGTERM');
    await server.logged(/this one takes its place/);
    expect([await pidAt(folder.path, 1), await pidAt(folder.path, 2)].toSorted()).toEqual(
      server.workerPids.slice(5).toSorted(),
    );
  });
});

test('an inherited descriptor is served', async () => {
  const fd = listen({ host: '127.0.0.1', port: 0 }, { backlog: 16 });
  try {
    const address = addressOf(fd);
    const port = 'port' in address ? address.port : 0;
    await using server = await startQilin([APP], { bind: 'fd://3', descriptors: [fd] });
    expect(server.port).toBe(port);
    expect((await ask(`http://127.0.0.1:${port}/`)).text).toBe('hello\n');
  } finally {
    closeFd(fd);
  }
});

test('a host may be a name: the first of its addresses is bound that this machine has', async () => {
  using folder = temporaryFolder();
  const env = commands(folder.path, {
    getent: 'printf "2001:db8::1 STREAM app.test\\n2001:db8::1 DGRAM\\n127.0.0.1 STREAM\\n"',
  });
  await using server = await startQilin([APP], { bind: 'app.test:0', env });
  expect(server.log).toMatch(/Listening at: http:\/\/127\.0\.0\.1:\d+ /);
  const unknown = await runQilin(['--bind', 'nowhere.invalid:0', APP]);
  expect([unknown.status, unknown.output]).toEqual([
    1,
    expect.stringMatching(/cannot bind nowhere\.invalid:0: no host "nowhere\.invalid" is known/),
  ]);
});

test('a nameserver that keeps silent is given up, and stops nothing meanwhile', async () => {
  using folder = temporaryFolder();
  const env = commands(folder.path, { getent: 'exec sleep 60' });
  const config = (more: string) =>
    write(folder.path, 'qilin.config.mjs', `export default { bind: ['127.0.0.1:0'${more}] };\n`);
  config('');
  write(folder.path, 'app.mjs', `export default (req, res) => res.end('ok');\n`);
  await using server = await startQilin(['app.mjs'], { cwd: folder.path, bind: null, env });
  config(`, 'app.test:0'`);
  server.signal('SIGHUP');
  await server.logged(/Reloading/);
  process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
  await server.until(() => server.workerPids.length === 2, 'another worker');
  expect(server.log).not.toMatch(/could not be looked up/);
  await server.logged(/the host "app\.test" could not be looked up in 5 s[\s\S]*Reload called off/);
  expect((await ask(server.url)).text).toBe('ok');
});
