/** USR2: a new arbiter with the same sockets beside the old one, until one of the two is told to leave. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { addressOf, closeFd, listen } from '@qilin/picoev';
import { describe, expect, test } from 'vitest';
import { eventually, write } from './files.ts';
import { ask } from './http-client.ts';
import { servedBy } from './requests.ts';
import { type QilinProcess, repository, runQilin, startQilin, temporaryFolder } from './server.ts';

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

  // The first moment is before the new arbiter has run a line of its own, the last when it serves.
  test.each([['Starting a new arbiter'], ['Starting qilin'], ['Listening at'], ['Booting worker'], ['Ready:']])(
    'survives the old arbiter, which is killed at "%s"',
    async (moment) => {
      using folder = temporaryFolder();
      const path = join(folder.path, 'server.sock');
      const pidfile = join(folder.path, 'qilin.pid');
      await using server = await startQilin(['--bind', `unix:${path}`, '--pid', pidfile, APP]);
      const from = server.log.length;
      server.signal('SIGUSR2');
      await server.logged(new RegExp(moment), from);
      process.kill(server.pid, 'SIGKILL');
      await server.logged(new RegExp(`Arbiter ${server.pid} has gone; this one takes its place`), from);
      await server.logged(/Ready: /, from);

      const successor = pidIn(pidfile);
      expect(existsSync(`${pidfile}.2`)).toBe(false);
      const [worker = 0] = workersOf(server, successor);
      await eventually(async () => Number(await askUnix(path, '/pid')) === worker, 'the end of the old worker');
      await servedBy(server, (pid) => pid === worker);
      await terminate(server, successor);
      await server.exited;
      expect([path, pidfile, `${pidfile}.2`].filter((file) => existsSync(file))).toEqual([]);
    },
  );

  test('can be made by the new arbiter too, when the old one was killed', async () => {
    await using server = await startQilin([APP]);
    const { url } = server;
    const successor = await upgrade(server);
    process.kill(server.pid, 'SIGKILL');
    await server.logged(/has gone; this one takes its place/);
    process.kill(successor, 'SIGUSR2');
    const [, third] = await server.logged(
      new RegExp(`\\[${successor}\\] \\[INFO\\] Starting a new arbiter with pid: (\\d+)`),
    );
    await terminate(server, successor);
    expect(Number((await ask(`${url}/pid`)).text)).toBe(workersOf(server, Number(third))[0]);
  });

  test('is not lost to a TERM that comes while its hook runs', async () => {
    using folder = temporaryFolder();
    const hook = 'preExec: ({ log }) => { log.info("hook begins"); return new Promise(() => {}); }';
    write(folder.path, 'qilin.config.mjs', `export default { hookTimeout: 1, ${hook} };\n`);
    await using server = await startQilin([APP], { cwd: folder.path });
    const { url } = server;
    const from = server.log.length;
    server.signal('SIGUSR2');
    await server.logged(/hook begins/, from);
    server.signal('SIGTERM');
    const [, pid] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
    await server.logged(/has gone; this one takes its place/, from);
    await server.logged(/Ready: /, from);
    expect(Number((await ask(`${url}/pid`)).text)).toBe(workersOf(server, Number(pid))[0]);
  });

  describe('with TERM to the old arbiter before the new one serves', () => {
    const WAITS = /The new arbiter does not serve yet: this one leaves when it does, or at the next TERM/;

    /** A server whose app can be replaced, and USR2 and TERM when it has been. */
    async function upgradeTo(folder: string, app: string): Promise<{ server: QilinProcess; from: number }> {
      const file = write(folder, 'app.mjs', `export { app } from '${repository}/test/fixtures/app.mjs';\n`);
      const server = await startQilin([`${file}:app`], { cwd: folder });
      write(folder, 'app.mjs', app);
      const from = server.log.length;
      server.signal('SIGUSR2');
      await server.logged(/Starting a new arbiter/, from);
      server.signal('SIGTERM');
      await server.logged(WAITS, from);
      return { server, from };
    }

    test.each([
      ['whose app throws', `throw new Error('not today');\n`],
      ['whose app hangs', `setInterval(() => {}, 1_000);\nawait new Promise(() => {});\n`],
    ])('the old one serves on when that is one %s; a later TERM ends it', async (_, app) => {
      using folder = temporaryFolder();
      write(folder.path, 'qilin.config.mjs', 'export default { bootTimeout: 2 };\n');
      const upgraded = await upgradeTo(folder.path, app);
      await using server = upgraded.server;
      await server.logged(
        /The new arbiter has exited \(status [34]\); this one keeps serving, and forgets the TERM that came meanwhile/,
      );
      expect(await servedBy(server, () => true)).toBe(server.workerPids[0]);
      expect(await server.stop()).toEqual({ status: 0, signal: null });
      expect(server.running).toEqual([]);
    });

    test('a second TERM ends it at once, and INT does', async () => {
      for (const second of ['SIGTERM', 'SIGINT'] as const) {
        using folder = temporaryFolder();
        const { server, from } = await upgradeTo(
          folder.path,
          'setInterval(() => {}, 1_000);\nawait new Promise(() => {});\n',
        );
        await using _ = server;
        server.signal(second);
        await server.logged(/Shutting down: arbiter/, from);
        await server.logged(/has gone; this one takes its place/, from);
      }
    });

    test('both go when both are told to', async () => {
      using folder = temporaryFolder();
      const { server, from } = await upgradeTo(
        folder.path,
        'setInterval(() => {}, 1_000);\nawait new Promise(() => {});\n',
      );
      await using _ = server;
      const [, successor] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
      await server.logged(/Listening at/, from);
      process.kill(Number(successor), 'SIGTERM');
      expect(await server.exited).toEqual({ status: 0, signal: null });
      expect(server.running).toEqual([]);
    });
  });

  test('keeps the sockets that systemd has passed, whatever `bind` says', async () => {
    const fd = listen({ host: '127.0.0.1', port: 0 });
    try {
      const address = addressOf(fd);
      const port = 'port' in address ? address.port : 0;
      const launcher = ['sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh'];
      const descriptors = [fd];
      await using server = await startQilin([APP], { bind: 'unix:/nowhere/unused.sock', launcher, descriptors });
      const successor = await upgrade(server);
      await terminate(server, server.pid);
      expect(server.port).toBe(port);
      expect(Number((await ask(`http://127.0.0.1:${port}/pid`)).text)).toBe(workersOf(server, successor)[0]);
    } finally {
      closeFd(fd);
    }
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

describe('an inheritance that is none is told in one line, and nothing is served', () => {
  const heritage = (requested: string, actual: string) =>
    JSON.stringify({ activated: false, sockets: [[requested, actual, '']] });

  const refused = async (env: NodeJS.ProcessEnv, descriptors: readonly number[] = []) => {
    const options = { bind: '127.0.0.1:0', env, descriptors, launcher: ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'] };
    const { status, output } = await runQilin([APP], options);
    expect(status).toBe(1);
    expect(output).not.toContain('    at ');
    return output;
  };

  test.each([
    ['text that is no JSON', 'yes', /QILIN_SOCKETS must name listening sockets .*another arbiter .*got "yes"/],
    ['JSON of another form', '[3]', /QILIN_SOCKETS must name .*got "\[3\]"/],
    ['an address that is none', heritage('nowhere:x', ''), /QILIN_SOCKETS must name .*"nowhere:x" is no address/],
    ['a descriptor that is no socket', heritage('127.0.0.1:80', ''), /descriptor 3: .*ENOTSOCK/],
  ])('%s', async (_, sockets, sentence) => {
    expect(await refused({ QILIN_SOCKETS: sockets, QILIN_PREDECESSOR: '1' })).toMatch(sentence);
  });

  test('a socket without the arbiter that it comes from', async () => {
    const env = { QILIN_SOCKETS: heritage('127.0.0.1:80', '') };
    expect(await refused(env)).toMatch(/QILIN_PREDECESSOR must be the pid of the arbiter .*got ""/);
  });

  test('a socket that listens elsewhere', async () => {
    const fd = listen({ host: '127.0.0.1', port: 0 });
    const env = { QILIN_SOCKETS: heritage('127.0.0.1:0', '127.0.0.1:1'), QILIN_PREDECESSOR: '1' };
    try {
      expect(await refused(env, [fd])).toMatch(/descriptor 3 listens at 127\.0\.0\.1:\d+, not at 127\.0\.0\.1:1/);
    } finally {
      closeFd(fd);
    }
  });

  test.each([
    ['LISTEN_FDS that names a pipe', '1', /LISTEN_FDS must name listening sockets .*descriptor 3: .*does not listen/],
    ['LISTEN_FDS that is no number', 'x', /LISTEN_FDS must name listening sockets .*got "x"/],
  ])('%s', async (_, count, sentence) => {
    expect(await refused({ LISTEN_FDS: count }, [2])).toMatch(sentence);
  });
});
