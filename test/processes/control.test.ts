/** The control socket and `qilinctl`: what an operator sees and does by it, and that nobody else does. */
import { chmodSync, chownSync, existsSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../needs.ts';
import { eventually, linesOf } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { arbiterPid } from './operations.ts';
import { qilinctl } from './qilinctl.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const FIXTURE = `${repository}/test/fixtures/app.mjs`;
const APP = `${FIXTURE}:app`;
const STRANGER = 65_534;

/** Sends it, and resolves with all that came until the other side ended. */
function converse(path: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ path }, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (data) => {
      received += data;
    });
    // It may end while we still send.
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

describe('a server with a pid file', () => {
  const folder = temporaryFolder();
  const load = join(folder.path, 'load');
  const pidFile = join(folder.path, 'app.pid');
  const socket = join(folder.path, 'app.qilinctl');
  let server: QilinProcess;

  beforeAll(async () => {
    // Nothing but the socket's own mode keeps a stranger out.
    chmodSync(folder.path, 0o755);
    const env = { QILIN_TEST_LOAD: load, QILIN_CMD_ARGS: '' };
    server = await startQilin(['-w', '2', '--pid', pidFile, '--env', 'SECRET=s3cret', APP], { env });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const run = (...args: string[]) => qilinctl(['--pid', pidFile, ...args]);
  const status = async () => JSON.parse((await run('status', '--json')).stdout);

  test('has its control socket beside that, for its own user alone', () => {
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(socket).uid).toBe(process.getuid?.());
  });

  test('tells its status, as a table and as JSON', async () => {
    const { stdout } = await run('status');
    expect(stdout).toContain(`arbiter ${server.pid}, serving, `);
    expect(stdout).toContain('2 of 2 workers serve');
    for (const pid of server.workerPids) expect(stdout).toMatch(new RegExp(`^ *${pid} .* ready `, 'm'));
    expect(await status()).toMatchObject({ pid: server.pid, state: 'serving', workersReady: 2 });
  });

  test('tells its settings with their origins, without secrets', async () => {
    const { stdout } = await run('config');
    expect(stdout).toMatch(/^workers += +2 +# flag -w/m);
    expect(stdout).toMatch(/^timeout += +30 +# default/m);
    expect(stdout).not.toContain('s3cret');
  });

  test(root.named('lets a stranger do nothing, and says so'), { skip: root.isMissing }, async () => {
    for (const command of ['status', 'stop']) {
      const { status, stdout, stderr } = await qilinctl(['--socket', socket, command], STRANGER);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toBe(
        `qilinctl: permission denied: ${socket}. Run qilinctl as the user of the server, or as root.\n`,
      );
    }
  });

  test('is not changed by garbage, nor by many who ask nothing', async () => {
    const before = await status();
    const line = '{"protocol":1,"command":"stop","arguments":{"wait":0}}\n\0\u00ff{"protocol":1,"command":["stop"]}\n';
    const received = await converse(socket, line.repeat(5_000));
    expect(received).toBe('{"ok":false,"error":"stop: wait must be true or false (got 0)."}\n');
    expect(await converse(socket, 'x'.repeat(1_000_000))).toMatch(/^\{"ok":false,"error":"[^"]+"\}\n$/);

    const told: string[] = [];
    const idle = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const one = connect({ path: socket });
        one.on('data', (data) => told.push(String(data)));
        await new Promise((resolve) => one.once('connect', resolve));
        return one;
      }),
    );
    await eventually(() => idle.filter(({ readableEnded }) => !readableEnded).length <= 32, 'the others are closed');
    const tooMany =
      '32 connections are open to this socket already: end a qilinctl that waits, or try again in a minute.';
    expect(new Set(told)).toEqual(new Set([`${JSON.stringify({ ok: false, error: tooMany })}\n`]));
    expect(await run('status')).toEqual({ status: 1, stdout: '', stderr: `qilinctl: ${tooMany}\n` });
    for (const one of idle) one.destroy();
    const after = await eventually(async () => {
      const { stdout } = await run('status', '--json');
      return stdout !== '' && JSON.parse(stdout);
    }, 'there is room again');
    const shape = ({ pid, generation, state, workers }: typeof before) => [pid, generation, state, workers.length];
    expect(shape(after)).toEqual(shape(before));
  });

  test('answers requests that come at once in their order', async () => {
    const request = (command: string) => `{"protocol":1,"command":"${command}"}\n`;
    const lines = (await converse(socket, `${request('status').repeat(20)}${request('nothing')}`)).split('\n');
    expect(lines.slice(0, -2).every((text) => text.startsWith('{"ok":true,"result":{"version":'))).toBe(true);
    expect(lines.slice(-2)).toEqual([expect.stringContaining('There is no command \\"nothing\\"'), '']);
    expect(lines).toHaveLength(22);
  });

  test('reloads: done, or called off with what the app said', async () => {
    expect(await run('reload', '--wait')).toEqual({ status: 0, stdout: 'Done: generation 2 serves\n', stderr: '' });
    writeFileSync(load, 'throw');
    const { status: code, stdout } = await run('reload', '--wait');
    expect(code).toBe(1);
    expect(stdout).toContain('Called off: a new worker failed to boot (APP_FAILED); the old workers keep serving\n');
    expect(stdout).toMatch(/Error: .*\n +at .*app\.mjs/);
    writeFileSync(load, '');
    expect(await status()).toMatchObject({ generation: 2, workersReady: 2, lastReload: { outcome: 'called off' } });
  });

  test('has its socket again after a HUP where somebody has removed the file', async () => {
    rmSync(socket);
    expect((await run('status')).status).toBe(2);
    const from = server.log.length;
    server.signal('SIGHUP');
    await eventually(async () => (await run('status')).status === 0, 'it answers again');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server.logged(/Reload done/, from);
  });

  test('has more workers, or fewer', async () => {
    expect((await run('scale', '+1')).stdout).toBe('3 workers are wanted\n');
    await eventually(async () => (await status()).workersReady === 3, 'three serve');
    expect((await run('scale', '2')).stdout).toBe('2 workers are wanted\n');
    await eventually(async () => (await status()).workers.length === 2, 'two are left');
  });

  test('replaces one worker', async () => {
    const [{ pid }] = (await status()).workers;
    expect((await run('restart', String(pid))).stdout).toBe(`Worker ${pid} leaves when another serves in its place\n`);
    await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, status 0\\)`));
    expect((await status()).workersReady).toBe(2);
    const refused = await run('restart', String(pid));
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^qilinctl: No worker has the pid ${pid}: there are \\d+, \\d+\\.\\n$`)),
    ]);
  });

  test('tells the line at which a worker is stuck', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send('GET /block HTTP/1.1\r\nHost: test\r\n\r\n');
    const stuck = await eventually(async () => {
      const { stdout } = await run('stacks', '--json');
      return JSON.parse(stdout).find(({ stack }: { stack: unknown }) => stack !== null);
    }, 'the stack is there');
    const line = linesOf(FIXTURE).findIndex((text) => text.includes("'/block'")) + 1;
    expect(stuck.stack[0]).toMatch(new RegExp(`app\\.mjs:${line}:\\d+`));
    expect((await run('stacks', String(stuck.pid))).stdout).toMatch(
      new RegExp(`^worker ${stuck.pid}: stuck for [\\d.]+ s\n    at .*app\\.mjs:${line}:`),
    );
    process.kill(stuck.pid, 'SIGKILL');
    await eventually(async () => (await status()).workersReady === 2, 'another has taken its place');
  });

  test('hands over to a new arbiter, with the socket; and stays when that fails', async () => {
    writeFileSync(load, 'throw');
    const failed = await run('upgrade', '--wait');
    expect([failed.status, failed.stdout]).toEqual([
      1,
      expect.stringContaining('Called off: The new arbiter has exited'),
    ]);
    writeFileSync(load, '');
    const { pid: old } = await status();
    expect(await run('upgrade', '--wait')).toEqual({ status: 0, stdout: 'Done: the new arbiter serves\n', stderr: '' });
    await server.logged(new RegExp(`Arbiter ${old} has gone`));
    expect(await status()).toMatchObject({ pid: arbiterPid(server), state: 'serving', workersReady: 2 });
    expect(arbiterPid(server)).not.toBe(old);
    expect((await ask(server.url)).status).toBe(200);
  });

  test('stops, and takes the socket with it', async () => {
    expect(await run('stop', '--wait')).toEqual({ status: 0, stdout: 'The server has ended\n', stderr: '' });
    expect(existsSync(socket)).toBe(false);
    const { status: code, stderr } = await run('status');
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the pid file ${pidFile} cannot be read`)]);
  });
});

describe('without a pid file', () => {
  test('servers are found; of several one is to be chosen', async () => {
    using folder = temporaryFolder();
    const env = { XDG_RUNTIME_DIR: folder.path };
    await using server = await startQilin([APP], { env });
    const path = `${folder.path}/qilin/${server.pid}.qilinctl`;
    expect(statSync(`${folder.path}/qilin`).mode & 0o777).toBe(0o700);
    expect((await qilinctl(['--pid', String(server.pid), 'status'])).stdout).toContain(`arbiter ${server.pid}`);
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    const dead = await qilinctl(['--socket', path, 'status']);
    expect([dead.status, dead.stderr]).toEqual([
      2,
      `qilinctl: nobody listens at ${path}: its server has died. Start it again.\n`,
    ]);

    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(path, longAgo, longAgo);
    await using second = await startQilin([APP], { env });
    await eventually(() => !existsSync(path), 'what the dead one left is gone');
    await using third = await startQilin([APP], { env });
    const { status, stderr } = await qilinctl(['status']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^qilinctl: there are .*: say which, with --pid\.\n$/);
    for (const { pid } of [second, third]) expect(stderr).toContain(`${pid} (${folder.path}/qilin/${pid}.qilinctl)`);
  });

  test('what answers for a server is not believed: no pid of another user, nothing that a terminal obeys', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'false.qilinctl');
    const answer = { pid: 1, version: '\u001b]0;owned\u0007', state: '\u009b2J' };
    const impostor = createServer((client) => {
      client.on('error', () => {});
      client.once('data', () => client.end(`${JSON.stringify({ ok: true, result: answer })}\n`));
    });
    await new Promise<void>((resolve) => impostor.listen(path, resolve));
    const { stdout } = await qilinctl(['--socket', path, 'status']);
    expect(stdout).toMatch(/^qilin \\x1B\]0;owned\\x07, arbiter 1, \\x9B2J, /);
    expect((await qilinctl(['--socket', path, '--json', 'status'])).stdout).toContain('"state":"\\u009b2J"');
    if (!root.isMissing) {
      chownSync(path, STRANGER, STRANGER);
      expect((await qilinctl(['--pid', '1', 'status'])).stderr).toMatch(/^qilinctl: no server .* with pid 1 answers/);
    }
    await new Promise((resolve) => impostor.close(resolve));
  });

  test('there is none where the setting is empty, and a server elsewhere is named by its socket', async () => {
    using folder = temporaryFolder();
    await using server = await startQilin(['--control-socket', '', APP], { env: { XDG_RUNTIME_DIR: folder.path } });
    expect(existsSync(`${folder.path}/qilin`)).toBe(false);
    const none = await qilinctl(['--pid', String(server.pid), 'status']);
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringMatching(`^qilinctl: no server of this user with pid ${server.pid} answers: there `),
    ]);

    const path = join(folder.path, 'here');
    await using other = await startQilin(['--control-socket', path, APP]);
    expect((await qilinctl(['--socket', path, 'drain', '--wait'])).stdout).toBe('The server has ended\n');
    expect(await other.exited).toEqual({ status: 0, signal: null });
  });

  test('one at a place that cannot be had fails the start where it was asked for, and is left out where not', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    await using server = await startQilin([APP], { env: { XDG_RUNTIME_DIR: file } });
    expect(server.log).toMatch(/\[WARNING\] qilinctl cannot reach this server \(controlSocket\): .*ENOTDIR/);
    await expect(startQilin(['--control-socket', file, APP])).rejects.toThrow(`cannot bind unix:${file}`);
  });
});
