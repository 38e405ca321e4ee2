/** What each signal to the arbiter does, as clients and the operator see it. */
import { describe, expect, test } from 'vitest';
import { Load } from './clients.ts';
import { ask, RawConnection } from './http-client.ts';
import { arbiterPid } from './operations.ts';
import { drains, HeldRequest, openIdle, servedBy } from './requests.ts';
import { QilinProcess, startQilin } from './server.ts';

const APP = 'test/fixtures/app.mjs:app';
const IN_ORDER = { status: 0, signal: null };

const start = (...args: readonly string[]) => startQilin(['--log-level', 'debug', ...args, APP]);

async function expectGone(server: QilinProcess): Promise<void> {
  expect(await server.exited).toEqual(IN_ORDER);
  expect(server.running).toEqual([]);
}

describe('a quick stop', () => {
  const SIGNALS = [
    { name: 'INT', signals: ['SIGINT'] },
    { name: 'QUIT', signals: ['SIGQUIT'] },
    { name: 'INT twice', signals: ['SIGINT', 'SIGINT'] },
    { name: 'TERM, then INT', signals: ['SIGTERM', 'SIGINT'] },
    { name: 'INT, then TERM', signals: ['SIGINT', 'SIGTERM'] },
  ] as const satisfies readonly { name: string; signals: readonly NodeJS.Signals[] }[];

  test.each(SIGNALS)('by $name ends all within two seconds, whatever is in flight', async ({ signals }) => {
    await using server = await start('-w', '2');
    using request = await HeldRequest.begin(server);
    const before = performance.now();
    for (const signal of signals) {
      server.signal(signal);
      await Promise.race([
        server.logged(new RegExp(`Handling signal: ${signal.slice(3).toLowerCase()}`)),
        server.exited,
      ]);
      if (server.child.exitCode !== null) break;
    }
    await request.connection.ended;
    await expectGone(server);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test('ends a worker that is blocked, too', async () => {
    await using server = await start();
    using connection = await RawConnection.open(server.port);
    connection.send('GET /block?announce HTTP/1.1\r\nHost: test\r\n\r\n');
    await server.logged(/began \/block/);
    server.signal('SIGINT');
    await expectGone(server);
  });
});

describe('the number of workers', () => {
  test('grows by one with TTIN and shrinks by one with TTOU, but not below one', async () => {
    await using server = await start();
    const [first = 0] = server.workerPids;
    server.signal('SIGTTIN');
    const second = await servedBy(server, (pid) => pid !== first);
    server.signal('SIGTTOU');
    await server.logged(new RegExp(`Worker exited \\(pid: ${first}, status 0\\)`));
    const from = server.log.length;
    server.signal('SIGTTOU');
    await server.logged(/Handling signal: ttou/, from);
    expect(Number((await ask(`${server.url}/pid`)).text)).toBe(second);
    expect(server.workerPids).toEqual([first, second]);
  });

  test('is none after WINCH: clients wait until TTIN brings one', async () => {
    await using server = await start('-w', '2');
    server.signal('SIGWINCH');
    await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'both have gone');
    const waiting = ask(`${server.url}/pid`);
    server.signal('SIGTTIN');
    expect(Number((await waiting).text)).toBe(server.workerPids[2]);
  });
});

test('WINCH in a terminal means that its window was resized, wherever the output goes', async () => {
  // `script` gives what it runs a terminal of its own.
  const launcher = ['sh', '-c', 'exec script -qec "$0 $* 2>&1 | cat" /dev/null'];
  await using server = await startQilin(['-w', '2', APP], { launcher });
  const from = server.log.length;
  process.kill(arbiterPid(server), 'SIGWINCH');
  await server.logged(/Handling signal: winch\s/, from);
  await server.logged(/Ignored: qilin runs in a terminal/, from);
  expect(server.workerPids).toContain(await servedBy(server, () => true));
  process.kill(arbiterPid(server), 'SIGTERM');
  expect(await server.exited).toEqual(IN_ORDER);
});

test('TERM to a worker, from anybody, brings a successor at once, and what it serves is finished', async () => {
  await using server = await start('-w', '1');
  using request = await HeldRequest.begin(server);
  process.kill(request.worker, 'SIGTERM');
  await servedBy(server, (pid) => pid !== request.worker);
  expect(server.log).toContain(`Worker ${request.worker} was told to leave by somebody else, and is replaced`);
  expect(server.log).not.toContain(`Worker exited (pid: ${request.worker}`);
  expect(await request.finish()).toContain('200 OK');
  await server.logged(new RegExp(`\\[INFO\\] Worker exited \\(pid: ${request.worker}, status 0\\)`));
});

test('a worker that is told to leave and crashes meanwhile is a warning', async () => {
  await using server = await start('-w', '1');
  using request = await HeldRequest.begin(server);
  server.signal('SIGHUP');
  await drains(server, request.worker);
  process.kill(request.worker, 'SIGSEGV');
  await server.logged(new RegExp(`\\[WARNING\\] Worker exited \\(pid: ${request.worker}, signal SIGSEGV\\)`));
});

describe('maxRequests', () => {
  test('replaces workers under load without a lost request', async () => {
    await using server = await start('-w', '2', '--max-requests', '100', '--max-requests-jitter', '50');
    await using load = new Load(server.port, { keepAlive: 8, oneShot: 8 });
    await server.until(
      () => (server.log.match(/\(maxRequests\)/g)?.length ?? 0) >= 6,
      'six that have done their share',
    );
    await load.progress(100);
    await load.stop();
    expect(load.faults).toBe('');
    const shares = [...server.log.matchAll(/it has served (\d+) requests/g)].map((match) => Number(match[1]));
    for (const share of shares) expect(share >= 100 && share <= 150, `served ${shares.join(', ')}`).toBe(true);
  });
});

describe('signals to others than the arbiter', () => {
  test('TERM to a worker: it answers what is in flight, and is replaced', async () => {
    await using server = await start();
    const [first = 0] = server.workerPids;
    using request = await HeldRequest.begin(server);
    process.kill(first, 'SIGTERM');
    await drains(server, first);
    expect(await request.finish()).toContain('Connection: close');
    expect(await servedBy(server, (pid) => pid !== first)).toBe(server.workerPids[1]);
  });

  test('signals of a terminal to a worker (HUP, USR1, USR2) leave it alone', async () => {
    await using server = await start();
    const [pid = 0] = server.workerPids;
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.kill(pid, signal);
    expect(Number((await ask(`${server.url}/pid`)).text)).toBe(pid);
    expect(server.log).not.toContain('Debugger listening');
  });
});

/** As systemd does it by default (KillMode=control-group), and a terminal. */
describe('a signal to all processes of the server', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s ends it, and no worker is replaced', async (signal) => {
    await using server = await start('-w', '2');
    const pids = server.workerPids;
    process.kill(-server.pid, signal);
    expect(await server.exited).toEqual(IN_ORDER);
    expect(server.workerPids).toEqual(pids);
    expect(server.log).not.toMatch(/WARNING|ERROR|replaced/);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s while its first workers boot is no failed start', async (signal) => {
    await using server = new QilinProcess(['-w', '2', APP], {});
    await server.until(() => server.workerPids.length === 2, 'both boot');
    process.kill(-server.pid, signal);
    expect(await server.exited).toEqual(IN_ORDER);
    expect(server.workerPids).toHaveLength(2);
    expect(server.log).not.toMatch(/WARNING|ERROR|failed/);
  });
});

describe('an arbiter', () => {
  test('that was stopped for longer than timeout blames no worker for it', async () => {
    await using server = await start('-w', '2', '--timeout', '2');
    const pids = server.workerPids;
    server.signal('SIGSTOP');
    // Clients are served meanwhile; this is the time that passes.
    const resumeAt = performance.now() + 3_500;
    while (performance.now() < resumeAt) await servedBy(server, (pid) => pids.includes(pid));
    const from = server.log.length;
    server.signal('SIGCONT');
    server.signal('SIGTTIN');
    await servedBy(server, (pid) => !pids.includes(pid));
    expect(server.log.slice(from)).not.toMatch(/TIMEOUT|exited/);
  });

  test('that is killed leaves no worker behind, and what is in flight is answered first', async () => {
    await using server = await start('-w', '2');
    using request = await HeldRequest.begin(server);
    using idle = await openIdle(server);
    server.signal('SIGKILL');
    await drains(server, request.worker);
    expect(await request.finish()).toContain('Connection: close');
    await idle.ended;
    await server.exited;
    expect(server.running).toEqual([]);
  });

  test('that is killed while its workers boot leaves none behind', async () => {
    await using server = await start('-w', '2');
    for (const _ of [1, 2, 3, 4]) server.signal('SIGHUP');
    await server.until(() => server.workerPids.length >= 3, 'a worker of the reload');
    server.signal('SIGKILL');
    await server.exited;
    expect(server.running).toEqual([]);
  });
});
