/** The arbiter's own listener: that it tells how the server is, whatever the workers do, and cannot be made to hold memory. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually, freePort } from './files.ts';
import { type Answer, ask, RawConnection } from './http-client.ts';
import { arbiterPid, reload, signal } from './operations.ts';
import { QilinProcess, repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;
const ADMIN = ['--admin-bind', '0'];

async function adminOf(server: QilinProcess): Promise<string> {
  const [, url = ''] = await server.logged(/Health and status at: (http:\S+)/);
  return url;
}

const json = async (url: string) => JSON.parse((await ask(url)).text);
const probe = async (url: string) => {
  const { status, text } = await ask(url);
  return { status, ...JSON.parse(text) };
};

/** Nanoseconds of a process's turn on a CPU, where Linux tells them (6.12 and later). */
function turnOf(pid: number): number | undefined {
  const path = `/proc/${pid}/sched`;
  const [, turn] = /^se\.slice\s*:\s*(\d+)/m.exec(existsSync(path) ? readFileSync(path, 'utf8') : '') ?? [];
  return turn === undefined ? undefined : Number(turn);
}

describe('probes', () => {
  test('of a server that starts, serves, and drains', async () => {
    using folder = temporaryFolder();
    const load = join(folder.path, 'load');
    writeFileSync(load, 'hang');
    await using server = new QilinProcess([...ADMIN, '--boot-timeout', '3', APP], { env: { QILIN_TEST_LOAD: load } });
    const admin = await adminOf(server);
    expect(await probe(`${admin}/livez`)).toEqual({ status: 200, ok: true });
    expect(await probe(`${admin}/startupz`)).toEqual({ status: 503, ok: false, reason: 'starting' });
    expect(await probe(`${admin}/readyz`)).toEqual({ status: 503, ok: false, reason: 'starting' });
    expect((await json(`${admin}/status`)).state).toBe('starting');
    await server.exited;

    await using second = await startQilin([...ADMIN, APP]);
    const other = await adminOf(second);
    expect(await probe(`${other}/startupz`)).toEqual({ status: 200, ok: true });
    expect(await probe(`${other}/readyz?for=kubelet`)).toEqual({ status: 200, ok: true });
    const slow = ask(`${second.url}/x?wait=1500&announce`);
    await second.logged(/began/);
    await signal(second, 'TERM');
    expect(await probe(`${other}/readyz`)).toEqual({ status: 503, ok: false, reason: 'draining' });
    expect(await probe(`${other}/livez`)).toEqual({ status: 200, ok: true });
    expect((await slow).status).toBe(200);
    expect(await second.exited).toEqual({ status: 0, signal: null });
    await expect(ask(`${other}/livez`)).rejects.toThrow('ECONNREFUSED');
  });

  test.each([
    [[], 200],
    [['--unready-when-stuck'], 503],
  ])('while all workers are stuck, with %j: %i, and at once', async (flags, status) => {
    await using server = await startQilin([...ADMIN, ...flags, '-w', '2', APP]);
    const admin = await adminOf(server);
    // One may accept both before it reads either.
    const blocked = async () => {
      using connection = await RawConnection.open(server.port);
      connection.send('GET /block HTTP/1.1\r\nHost: test\r\n\r\n');
      await pause(500);
      const { stuckSeconds, workers } = await json(`${admin}/status`);
      return stuckSeconds > 0 && { pids: workers.map(({ pid }: { pid: number }) => pid) };
    };
    const { pids } = await eventually(blocked, 'both workers are stuck');
    const { reason, ...answer } = await probe(`${admin}/readyz`);
    expect(answer).toEqual({ status, ok: status === 200 });
    expect(reason).toMatch(/^all workers stuck for \d+\.\d s$/);
    // Where the kernel can say so: the arbiter's turns on a CPU are shorter, and come first.
    const [own, ...theirs] = [server.pid, ...pids].map(turnOf);
    if (own !== undefined) for (const turn of theirs) expect(own).toBeLessThan(turn ?? 0);
    // As many as probes and operators may send: each of them is answered.
    for (let round = 0; round < 20; round++) {
      const asked = await Promise.all(Array.from({ length: 10 }, () => ask(`${admin}/livez`)));
      expect(asked.map((each) => each.status)).toEqual(asked.map(() => 200));
    }
    // Nobody waits for them to end by themselves.
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await eventually(async () => (await ask(`${admin}/readyz`)).text === '{"ok":true}\n', 'others serve');
  });

  test('while all threads of all workers are stuck, though the workers themselves are not', async () => {
    await using server = await startQilin([...ADMIN, '-k', 'threads', '--threads', '2', APP]);
    const admin = await adminOf(server);
    const blocked = async () => {
      using connection = await RawConnection.open(server.port);
      connection.send('GET /block HTTP/1.1\r\nHost: test\r\n\r\n');
      await pause(500);
      return (await json(`${admin}/status`)).stuckSeconds > 0;
    };
    await eventually(blocked, 'both threads are stuck');
    expect((await probe(`${admin}/readyz`)).reason).toMatch(/^all workers stuck for \d+\.\d s$/);
    const { workers } = await json(`${admin}/status`);
    expect(workers[0].silentSeconds).toBeGreaterThanOrEqual(3);
    process.kill(workers[0].pid, 'SIGKILL');
    await eventually(async () => (await ask(`${admin}/readyz`)).text === '{"ok":true}\n', 'others serve');
  });
});

describe('drainDelay', () => {
  test('after TERM the server is not ready, and serves on for so long', async () => {
    await using server = await startQilin([...ADMIN, '--drain-delay', '2', APP]);
    const admin = await adminOf(server);
    await signal(server, 'TERM');
    expect(await probe(`${admin}/readyz`)).toEqual({ status: 503, ok: false, reason: 'draining' });
    expect((await ask(server.url)).status).toBe(200);
    await server.logged(/serves on for 2 s \(drainDelay\), or until the next TERM/);
    expect(await server.exited).toEqual({ status: 0, signal: null });
  });

  test.each([
    ['a second TERM', 'SIGTERM'],
    ['INT', 'SIGINT'],
  ] as const)('is cut short by %s', async (_what, second) => {
    await using server = await startQilin([...ADMIN, '--drain-delay', '1000', APP]);
    await signal(server, 'TERM');
    server.signal(second);
    expect(await server.exited).toEqual({ status: 0, signal: null });
  });

  test('is not for one that has a successor, nor for one that has never served', async () => {
    await using server = await startQilin([...ADMIN, '--drain-delay', '1000', APP]);
    const from = server.log.length;
    await signal(server, 'USR2');
    await server.logged(/Ready: /, from);
    process.kill(server.pid, 'SIGTERM');
    await server.logged(new RegExp(`Arbiter ${server.pid} has gone`), from);
    process.kill(arbiterPid(server), 'SIGQUIT');
    await server.exited;

    await using booting = new QilinProcess(['--drain-delay', '1000', APP], {});
    await booting.logged(/Booting worker/);
    booting.signal('SIGTERM');
    await booting.exited;
    expect(booting.log).not.toContain('serves on');
  });
});

describe('/status', () => {
  test('shows each worker, and how the last reload ended', async () => {
    using folder = temporaryFolder();
    const load = join(folder.path, 'load');
    await using server = await startQilin([...ADMIN, '-w', '2', APP], { env: { QILIN_TEST_LOAD: load } });
    const admin = await adminOf(server);
    await ask(`${server.url}/`);
    const status = await eventually(async () => {
      const seen = await json(`${admin}/status`);
      return seen.workers.some(({ requests }: { requests: number }) => requests === 1) && seen;
    }, 'the request is counted');
    expect(status).toMatchObject({
      pid: server.pid,
      state: 'serving',
      generation: 1,
      workersWanted: 2,
      workersReady: 2,
      stuckSeconds: 0,
      lastReload: null,
    });
    expect(status.workers.map(({ pid }: { pid: number }) => pid)).toEqual(server.workerPids);
    for (const worker of status.workers) {
      expect(worker).toMatchObject({ generation: 1, state: 'ready' });
      expect(worker.residentBytes).toBeGreaterThan(worker.heapUsedBytes);
      expect(worker.heapLimitBytes).toBeGreaterThan(worker.heapUsedBytes);
      expect(worker.cpuSeconds).toBeGreaterThan(0);
      expect(Date.parse(worker.since)).toBeGreaterThanOrEqual(Date.parse(status.startedAt));
    }

    await reload(server);
    expect((await json(`${admin}/status`)).lastReload).toMatchObject({
      by: 'HUP',
      endedAt: expect.any(String),
      outcome: 'done',
      generation: 2,
      reason: null,
    });

    writeFileSync(load, 'throw');
    const from = server.log.length;
    await signal(server, 'HUP');
    await server.logged(/Reload called off/, from);
    expect(await json(`${admin}/status`)).toMatchObject({
      generation: 2,
      workersReady: 2,
      lastReload: { outcome: 'called off', generation: 3, reason: 'a new worker failed to boot (APP_FAILED)' },
    });

    const before = server.log.length;
    await signal(server, 'USR2');
    await server.logged(/this one keeps serving/, before);
    expect((await json(`${admin}/status`)).lastReload).toMatchObject({
      by: 'USR2',
      outcome: 'called off',
      generation: null,
      reason: 'The new arbiter has exited (status 3)',
    });
  });

  test('during an upgrade each question has an answer, from the new arbiter once it serves', async () => {
    await using server = await startQilin([...ADMIN, APP]);
    const admin = await adminOf(server);
    const pids = new Set<number>();
    const codes = new Set<number>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const answer: Answer = await ask(`${admin}/readyz`);
        codes.add(answer.status);
        pids.add((await json(`${admin}/status`)).pid);
      }
    })();
    const from = server.log.length;
    await signal(server, 'USR2');
    await server.logged(/Health and status at: /, from);
    const successor = arbiterPid(server);
    await eventually(() => pids.has(successor), 'the new one answers');
    process.kill(server.pid, 'SIGTERM');
    await server.logged(new RegExp(`Arbiter ${server.pid} has gone`), from);
    isOver = true;
    await asking;
    expect([...codes]).toEqual([200]);
  });
});

describe('the listener', () => {
  test('reads alone: another method, another path, a body', async () => {
    await using server = await startQilin([...ADMIN, APP]);
    const admin = await adminOf(server);
    const { status, headers } = await ask(`${admin}/status`, { method: 'POST', body: 'x' });
    expect([status, headers.allow, headers.connection]).toEqual([405, 'GET, HEAD', 'close']);
    expect((await ask(`${admin}/`)).text).toBe('{"error":"There is /livez, /startupz, /readyz, /status, /metrics."}\n');
    expect((await ask(`${admin}/__proto__`)).status).toBe(404);
    expect(await ask(`${admin}/livez`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    const huge = { headers: { x: 'y'.repeat(9_000) } };
    expect((await ask(`${admin}/livez`, huge)).status).toBe(431);
  });

  test('holds 128 connections, each for a few seconds', async () => {
    await using server = await startQilin([...ADMIN, APP]);
    const port = Number(new URL(await adminOf(server)).port);
    const connections = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(port)));
    const ended = connections.map(async ({ ended }) => ended);
    let open = connections.length;
    for (const one of ended) void one.then(() => open--);
    await eventually(() => open === 128, 'the others are closed');
    await Promise.all(ended);
    expect((await ask(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });

  test('at a unix socket, whose file goes with the server', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'admin.sock');
    await using server = await startQilin(['--admin-bind', `unix:${path}`, '--umask', '077', APP]);
    await server.logged(/Health and status at: unix:/);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: path, path: '/livez', agent: false }, (answer) => resolve(answer.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    await server.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('that other machines reach is told, with what they can read', async () => {
    await using server = await startQilin(['--admin-bind', '0.0.0.0:0', APP]);
    await server.logged(/\[WARNING\] adminBind http:\/\/0\.0\.0\.0:\d+ is open to other machines: they can read pids/);
  });

  test('at a port that is taken: the start fails, and says which', async () => {
    await using server = await startQilin([APP]);
    const { status, output } = await runQilin([
      '--admin-bind',
      String(server.port),
      '-b',
      `127.0.0.1:${await freePort()}`,
      APP,
    ]);
    expect(status).toBe(1);
    expect(output).toContain(`cannot bind 127.0.0.1:${server.port}`);
    expect(output).not.toContain('Booting worker');
  });

  test.each(['fd://3', 'localhost:x', '70000'])('refuses %s as a setting', async (text) => {
    const { status, output } = await runQilin(['--admin-bind', text, APP]);
    expect(status).toBe(1);
    expect(output).toContain(
      `flag --admin-bind: adminBind must be HOST:PORT, [IPV6]:PORT, PORT or unix:PATH (got "${text}")`,
    );
  });
});
