/** USR2: a new arbiter with the same sockets beside the old one, until one of the two is told to leave. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { servedBy } from './requests.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;

/** USR2; resolves with the pid of the new arbiter, when its workers are ready. */
async function upgrade(server: QilinProcess): Promise<number> {
  const from = server.log.length;
  server.signal('SIGUSR2');
  const [, pid] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
  await server.logged(/Ready: /, from);
  return Number(pid);
}

/** Pids of the workers that an arbiter has booted. */
const workersOf = (server: QilinProcess, arbiter: number) =>
  [...server.log.matchAll(new RegExp(`\\[${arbiter}\\] \\[INFO\\] Booting worker with pid: (\\d+)`, 'g'))].map(
    (match) => Number(match[1]),
  );

/** Ends an arbiter and waits until the log says so. */
async function terminate(server: QilinProcess, arbiter: number): Promise<void> {
  process.kill(arbiter, 'SIGTERM');
  await server.logged(new RegExp(`\\[${arbiter}\\] \\[INFO\\] Shutting down: arbiter`));
}

const pidIn = (path: string) => Number(readFileSync(path, 'utf8'));

function askUnix(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false }, (incoming) => {
      incoming.setEncoding('utf8').on('data', resolve);
    });
    outgoing.on('error', reject).end();
  });
}

describe('an upgrade', () => {
  test('that is completed: the new arbiter takes the pid file over, and serves alone', async () => {
    using folder = temporaryFolder();
    const pidfile = join(folder.path, 'qilin.pid');
    await using server = await startQilin(['-w', '2', '--pid', pidfile, APP]);
    expect(pidIn(pidfile)).toBe(server.pid);
    const { url } = server;

    const successor = await upgrade(server);
    expect([pidIn(pidfile), pidIn(`${pidfile}.2`)]).toEqual([server.pid, successor]);

    server.signal('SIGWINCH');
    const fresh = workersOf(server, successor);
    await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the exit of the old workers');
    for (let turn = 1; turn <= 5; turn++) expect(fresh).toContain(Number((await ask(`${url}/pid`)).text));

    await terminate(server, server.pid);
    await server.logged(/has gone; this one takes its place/);
    expect(pidIn(pidfile)).toBe(successor);
    expect(existsSync(`${pidfile}.2`)).toBe(false);
    expect(fresh).toContain(Number((await ask(`${url}/pid`)).text));

    await terminate(server, successor);
    await server.exited;
    expect(existsSync(pidfile)).toBe(false);
    expect(server.running).toEqual([]);
  });

  test('that is rolled back: HUP brings the old workers back, and the new arbiter goes', async () => {
    using folder = temporaryFolder();
    const pidfile = join(folder.path, 'qilin.pid');
    await using server = await startQilin(['-w', '2', '--pid', pidfile, APP]);
    const successor = await upgrade(server);
    server.signal('SIGWINCH');
    await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the exit of the old workers');

    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    await terminate(server, successor);
    await server.logged(/The new arbiter has exited \(status 0\); this one keeps serving/);
    expect(pidIn(pidfile)).toBe(server.pid);
    expect(existsSync(`${pidfile}.2`)).toBe(false);

    const old = workersOf(server, server.pid).slice(2);
    for (let turn = 1; turn <= 5; turn++) expect(old).toContain(Number((await ask(`${server.url}/pid`)).text));
    server.signal('SIGTTIN');
    await servedBy(server, (pid) => pid === workersOf(server, server.pid)[4]);
    // Nothing of the first try is in the way of a second.
    expect(await upgrade(server)).not.toBe(successor);
  });

  test('to a new arbiter that fails to start: the old one serves on and says so', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', 'export default { workers: 1 };\n');
    await using server = await startQilin([APP], { cwd: folder.path });
    write(folder.path, 'qilin.config.mjs', 'export default {');
    server.signal('SIGUSR2');
    await server.logged(/The new arbiter has exited \(status 1\); this one keeps serving/);
    expect(server.log).toContain('SyntaxError');
    await servedBy(server, (pid) => pid === server.workerPids[0]);
  });

  test('to an app that fails to load: the old one serves on, its unix socket too', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'server.sock');
    const file = write(folder.path, 'app.mjs', `export { app } from '${repository}/test/fixtures/app.mjs';\n`);
    await using server = await startQilin([`${file}:app`], { bind: `unix:${path}` });
    write(folder.path, 'app.mjs', `throw new Error('not today');\n`);
    server.signal('SIGUSR2');
    await server.logged(/The new arbiter has exited \(status 3\); this one keeps serving/);
    expect(Number(await askUnix(path, '/pid'))).toBe(server.workerPids[0]);
    await server.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('keeps a unix socket in its place, which goes with the last arbiter', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'server.sock');
    await using server = await startQilin([APP], { bind: `unix:${path}` });
    const successor = await upgrade(server);
    await terminate(server, server.pid);
    const [worker] = workersOf(server, successor);
    expect(Number(await askUnix(path, '/pid'))).toBe(worker);
    await terminate(server, successor);
    await server.exited;
    expect(existsSync(path)).toBe(false);
  });

  test('that ends with both arbiters at once leaves no socket and no pid file', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'server.sock');
    const pidfile = join(folder.path, 'qilin.pid');
    await using server = await startQilin(['--pid', pidfile, APP], { bind: `unix:${path}` });
    const successor = await upgrade(server);
    for (const pid of [server.pid, successor]) process.kill(pid, 'SIGTERM');
    await server.exited;
    expect([path, pidfile, `${pidfile}.2`].filter((file) => existsSync(file))).toEqual([]);
  });

  test('whose pid file somebody has removed goes on all the same', async () => {
    using folder = temporaryFolder();
    const pidfile = join(folder.path, 'qilin.pid');
    await using server = await startQilin(['--pid', pidfile, APP]);
    const successor = await upgrade(server);
    rmSync(`${pidfile}.2`);
    await terminate(server, server.pid);
    await server.logged(/the pid file \S+\.2 cannot be renamed/);
    expect(Number((await ask(`${server.url}/pid`)).text)).toBe(workersOf(server, successor)[0]);
  });

  test('is refused while another is under way', async () => {
    await using server = await startQilin([APP]);
    const successor = await upgrade(server);
    server.signal('SIGUSR2');
    await server.logged(new RegExp(`\\[${server.pid}\\] \\[WARNING\\] USR2 ignored`));
    process.kill(successor, 'SIGUSR2');
    await server.logged(new RegExp(`\\[${successor}\\] \\[WARNING\\] USR2 ignored`));
  });
});
