/** Class threads: what happens in one thread, to it, and what the threads of a worker have in common. */
import { realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from './certificates.ts';
import { Load } from './clients.ts';
import { eventually, linesOf, write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { listenersOf, openFilesOf } from './process-table.ts';
import { drains, HeldRequest, tryToConnect } from './requests.ts';
import { type QilinProcess, repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const FIXTURES = 'test/processes/fixtures';
const APP = `${FIXTURES}/thread-app.mjs:app`;
const THREADS = ['-k', 'threads', '--threads', '2'];
const NODE_APP = 'test/fixtures/app.mjs:app';
/** How long a thread may take to show itself. */
const PATIENCE = 20_000;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** The worker and the thread that answer one request on a connection of its own. */
async function whoServes(server: QilinProcess): Promise<{ pid: number; thread: number }> {
  const [pid = 0, thread = 0] = (await ask(`${server.url}/thread`)).text.split(' ').map(Number);
  return { pid, thread };
}

/** Asks until a thread answers for which it is so; resolves with all threads that answered, in the order of their first. */
async function untilServed(server: QilinProcess, isSo: (threads: readonly number[]) => boolean): Promise<number[]> {
  const seen = new Set<number>();
  const deadline = performance.now() + PATIENCE;
  while (!isSo([...seen])) {
    if (performance.now() > deadline) throw new Error(`only threads ${[...seen]} answer:\n${server.log}`);
    seen.add((await whoServes(server)).thread);
  }
  return [...seen];
}

/** Both threads of a worker that has two. */
const bothThreads = (server: QilinProcess) => untilServed(server, (threads) => threads.length === 2);

/** Sends a request that never gets an answer, and resolves with the thread that has it. */
async function occupy(server: QilinProcess, path: string): Promise<{ thread: number; connection: RawConnection }> {
  const from = server.log.length;
  const connection = await RawConnection.open(server.port);
  connection.send(get(path));
  const [, thread] = await server.logged(new RegExp(`began ${path} in (\\d+)`), from);
  return { thread: Number(thread), connection };
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe('the threads of a worker', () => {
  test.each([
    { flags: ['-k', 'threads', '--threads', '3'], threads: 3 },
    { flags: ['-k', 'gthread'], threads: 2 },
    { flags: ['-k', 'sync', '--threads', '2'], threads: 2 },
  ])('$flags: $threads of them share the work of one process', async ({ flags, threads }) => {
    await using server = await startQilin([...flags, APP]);
    const [worker] = server.workerPids;
    const answers = await Promise.all(Array.from({ length: 30 }, () => whoServes(server)));
    expect(new Set(answers.map(({ pid }) => pid))).toEqual(new Set([worker]));
    const served = await untilServed(server, (seen) => seen.length === threads);
    // The main thread, 0, serves nobody.
    expect(served).not.toContain(0);
    expect(new Set([...served, ...answers.map(({ thread }) => thread)]).size).toBe(threads);
  });

  test('have an environment and an app each', async () => {
    await using server = await startQilin([...THREADS, APP]);
    const [one, other] = await bothThreads(server);
    const seen = new Set<string>();
    while (seen.size < 2) seen.add((await ask(`${server.url}/env`)).text);
    expect(seen).toEqual(new Set([String(one), String(other)]));
  });

  test('load TypeScript apps, and programs that listen by themselves, as processes do', async () => {
    for (const app of ['examples/hello.ts:app', 'examples/express.ts:app', `${FIXTURES}/patched.mjs`]) {
      await using server = await startQilin([...THREADS, app]);
      expect((await ask(server.url)).status).toBe(200);
    }
  });

  test('serve HTTPS, on the engine that knows it', async () => {
    using folder = temporaryFolder();
    const { keyfile, certfile, cert } = makeCertificate(folder.path, 'server');
    await using server = await startQilin([...THREADS, '--keyfile', keyfile, '--certfile', certfile, APP]);
    const [worker] = server.workerPids;
    expect((await ask(`${server.url}/thread`, { ca: cert })).text).toMatch(new RegExp(`^${worker} [1-9]`));
  });

  test('have `workerConnections` between them: a further one waits until one closes', async () => {
    await using server = await startQilin([...THREADS, '--worker-connections', '2', '--keep-alive', '60', APP]);
    using first = await RawConnection.open(server.port);
    first.send(get('/thread'));
    await first.until(/\d+ \d+$/);
    using second = await RawConnection.open(server.port);
    second.send(get('/thread'));
    await second.until(/\d+ \d+$/);
    const threadOf = ({ received }: RawConnection) => /\d+ (\d+)$/.exec(received)?.[1];
    expect(threadOf(first)).not.toBe(threadOf(second));

    using third = await RawConnection.open(server.port);
    third.send(get('/thread'));
    await pause(200);
    expect(third.received).toBe('');
    first.socket.end();
    await third.until(/\d+ \d+$/);
    expect(threadOf(third)).toBe(threadOf(first));
  });
});

describe('a thread that fails', () => {
  let server: QilinProcess;
  beforeAll(async () => {
    server = await startQilin([...THREADS, '--timeout', '1', `${FIXTURES}/thread-app.mjs:app`]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('by an uncaught exception is replaced alone, and answers what it has in hand', async () => {
    const from = server.log.length;
    const before = await bothThreads(server);
    // One in each thread, so that one of them is in the thread that fails.
    const held = [await occupy(server, '/slow'), await occupy(server, '/slow')];
    expect((await ask(`${server.url}/crash`)).text).toBe('crashing');
    await server.logged(
      /\[CRITICAL\] Uncaught exception, thread \d+ of the worker ends: Error: uncaught on purpose\n {4}at .*thread-app/,
      from,
    );
    await Promise.all(held.map(({ connection, thread }) => connection.until(new RegExp(`slow in ${thread}$`))));
    await server.logged(/exit handlers of thread \d+ ran with 1\n/, from);
    await server.logged(/\[INFO\] Thread \d+ of the worker is ready/, from);
    const after = await bothThreads(server);
    expect(after.filter((thread) => before.includes(thread))).toHaveLength(1);
    expect(server.workerPids).toHaveLength(1);
  });

  test('by process.exit() is replaced alone', async () => {
    const from = server.log.length;
    const before = await bothThreads(server);
    using connection = await RawConnection.open(server.port);
    connection.send(get('/exit'));
    await connection.ended;
    await server.logged(/\[ERROR\] Thread \d+ of the worker ended with status 7/, from);
    expect(count(server.log.slice(from), /exit handlers of thread \d+ ran with 7\n/g)).toBe(1);
    await server.logged(/\[INFO\] Thread \d+ of the worker is ready/, from);
    const after = await bothThreads(server);
    expect(after.filter((thread) => before.includes(thread))).toHaveLength(1);
    expect(server.workerPids).toHaveLength(1);
  });

  test('by an endless loop is ended after `timeout` and replaced alone, while the other serves', async () => {
    const from = server.log.length;
    const before = await bothThreads(server);
    const { thread: blocked, connection } = await occupy(server, '/block');
    const rest = before.filter((thread) => thread !== blocked);
    while (!/THREAD TIMEOUT/.test(server.log.slice(from))) expect(rest).toContain((await whoServes(server)).thread);
    const told =
      /\[CRITICAL\] The event loop of thread \d+ of worker \d+ has been blocked for 1\.\d s\. It is at:\n +at spin \(.*thread-app\.mjs:10:/;
    await server.logged(told, from);
    expect(server.log.slice(from)).toMatch(
      /\[CRITICAL\] THREAD TIMEOUT \(thread \d+\): no heartbeat for 1\.\d s \(timeout 1 s\)/,
    );
    await connection.ended;
    expect(connection.received).toBe('');
    await server.logged(/\[INFO\] Thread \d+ of the worker is ready/, from);
    expect(await bothThreads(server)).toEqual(expect.arrayContaining(rest));
    expect(server.workerPids).toHaveLength(1);
  });

  test('leaves no descriptor of the listening socket behind, however it ended', async () => {
    const [worker = 0] = server.workerPids;
    // The worker's own, and one for each of its two threads.
    await eventually(() => listenersOf(worker) === 3, 'three descriptors');
  });
});

test('a thread that hangs in native code, and so cannot be ended alone, is ended with its worker', async () => {
  await using server = await startQilin([...THREADS, '--timeout', '1', APP]);
  const [worker] = server.workerPids;
  const { connection } = await occupy(server, '/hang');
  await server.logged(/THREAD TIMEOUT/);
  // The other thread and its successor serve on meanwhile.
  expect((await whoServes(server)).pid).toBe(worker);
  await server.logged(/\[CRITICAL\] WORKER TIMEOUT \(pid: \d+\): no heartbeat for /);
  await connection.ended;
  await server.until(() => server.workerPids.length === 2, 'another worker');
  expect((await whoServes(server)).pid).not.toBe(worker);
});

test('threads that end again and again soon after they are ready are replaced ever later', async () => {
  using folder = temporaryFolder();
  const code = 'setTimeout(() => process.exit(1), 300);\nexport const app = (req, res) => res.end();\n';
  const app = write(folder.path, 'app.mjs', code);
  await using server = await startQilin(['-k', 'threads', '--threads', '1', `${app}:app`]);
  await server.logged(/Next thread in 1 s[\s\S]*Next thread in 2 s/);
  expect(count(server.log, /Thread \d+ of the worker ended with status 1/g)).toBe(3);
  expect(server.workerPids).toHaveLength(1);
  expect((await server.stop()).status).toBe(0);
});

test('a thread whose app closes its server serves on until its successor is ready', async () => {
  using folder = temporaryFolder();
  const code = `
    import { existsSync } from 'node:fs';
    import { createServer } from 'node:http';
    import { threadId } from 'node:worker_threads';
    import { setTimeout as pause } from 'node:timers/promises';
    while (threadId > 1 && !existsSync('may-load')) await pause(20);
    const server = createServer((request, response) => {
      if (request.url === '/close') server.close(() => console.log('closed in ' + threadId));
      response.end(process.pid + ' ' + threadId);
    });
    server.listen(8000);\n`;
  write(folder.path, 'app.mjs', code);
  const flags = ['-k', 'threads', '--threads', '1', '--keep-alive', '1', 'app.mjs'];
  await using server = await startQilin(flags, { cwd: folder.path });
  await ask(`${server.url}/close`);
  for (let request = 0; request < 20; request++) expect((await whoServes(server)).thread).toBe(1);
  write(folder.path, 'may-load', '');
  await server.logged(/Thread 2 of the worker is ready/);
  await server.logged(/closed in 1/);
  expect((await whoServes(server)).thread).toBe(2);
  expect(server.log).not.toMatch(/\[(WARNING|ERROR|CRITICAL)\]/);
});

test('a successor that loops at load is ended after bootTimeout, also where `timeout` is 0', async () => {
  using folder = temporaryFolder();
  const code = `
    import { threadId } from 'node:worker_threads';
    if (threadId === 2) for (;;);
    export default (request, response) => {
      if (request.url === '/exit') process.exit(1);
      response.end(process.pid + ' ' + threadId);
    };\n`;
  write(folder.path, 'app.mjs', code);
  const flags = ['-k', 'threads', '--threads', '1', '--timeout', '0', '--boot-timeout', '6', 'app.mjs'];
  await using server = await startQilin(flags, { cwd: folder.path });
  using connection = await RawConnection.open(server.port);
  connection.send(get('/exit'));
  await server.logged(/THREAD TIMEOUT \(thread 2\): no heartbeat for \d\.\d s \(timeout 6 s\)/);
  await server.logged(/Thread 3 of the worker is ready/);
  expect((await whoServes(server)).thread).toBe(3);
});

describe('a first start that fails', () => {
  test.each([
    {
      name: 'an app that throws',
      code: `throw new Error('no database');\n`,
      status: 3,
      says: /Error: no database\n +at .*app\.mjs/g,
    },
    { name: 'an app that ends its thread', code: 'process.exit(7);\n', status: 3, says: /ended before it was ready/g },
    {
      name: 'an error that nobody caught',
      code: `setTimeout(() => { throw new Error('no database'); });\nawait new Promise(() => {});\n`,
      status: 3,
      says: /Error: no database\n +at .*app\.mjs/g,
    },
    { name: 'an export that is missing', code: 'export const other = 1;\n', status: 4, says: /has no export "app"/g },
  ])('$name ends the server with status $status, told once', async ({ code, status, says }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', code);
    const args = ['-w', '2', '-k', 'threads', '--threads', '3', '--bind', 'unix:server.sock', 'app.mjs:app'];
    const ended = await runQilin(args, { cwd: folder.path });
    expect(ended).toMatchObject({ status, signal: null });
    expect(count(ended.output, says), ended.output).toBe(1);
  });
});

describe('the end of a worker', () => {
  test('answers what each thread has in hand, then has the last words of each app', async () => {
    await using server = await startQilin([...THREADS, `${FIXTURES}/thread-app.mjs:create()`]);
    const held = [await occupy(server, '/slow'), await occupy(server, '/slow')];
    const exit = server.stop();
    await Promise.all(held.map(({ connection, thread }) => connection.until(new RegExp(`slow in ${thread}$`))));
    expect((await exit).status).toBe(0);
    for (const last of [
      /^signal aborted in thread \d+$/gm,
      /^onShutdown in thread \d+$/gm,
      /^exit handlers .* with 0$/gm,
    ]) {
      expect(count(server.log, last), server.log).toBe(2);
    }
    expect(server.log).not.toMatch(/\[(WARNING|ERROR|CRITICAL)\]/);
  });

  test('by a quick stop has the last words too, and waits for nobody', async () => {
    await using server = await startQilin([...THREADS, `${FIXTURES}/thread-app.mjs:create()`]);
    using connection = (await occupy(server, '/slow')).connection;
    server.signal('SIGQUIT');
    expect((await server.exited).status).toBe(0);
    await connection.ended;
    expect(connection.received).toBe('');
    expect(count(server.log, /^onShutdown in thread \d+$/gm), server.log).toBe(2);
  });

  test('lets go of the listening socket at once, in every thread', async () => {
    await using server = await startQilin([...THREADS, '--log-level', 'debug', NODE_APP]);
    using held = await HeldRequest.begin(server);
    const exit = server.stop();
    await drains(server);
    await eventually(async () => (await tryToConnect(server.port)) === 'ECONNREFUSED', 'the port is closed');
    expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect((await exit).status).toBe(0);
  });

  test('comes after `gracefulTimeout`, whatever a thread does', async () => {
    await using server = await startQilin([...THREADS, '--timeout', '0', '--graceful-timeout', '0.2', APP]);
    using _ = (await occupy(server, '/block')).connection;
    expect(await server.stop()).toEqual({ status: 0, signal: null });
    expect(server.running).toEqual([]);
  });
});

describe('what the threads of a worker share', () => {
  test('reloads lose no request', async () => {
    await using server = await startQilin(['-w', '2', ...THREADS, NODE_APP]);
    await using load = new Load(server.port, { keepAlive: 8, oneShot: 8 });
    for (let reload = 0; reload < 2; reload++) {
      const from = server.log.length;
      await load.progress(200);
      server.signal('SIGHUP');
      await server.logged(/Worker exited[\s\S]*Worker exited/, from);
    }
    await load.progress(100);
    await load.stop();
    expect(load.faults).toBe('');
    expect(server.log).not.toMatch(/\[(WARNING|ERROR|CRITICAL)\]/);
  });

  test('their folder: an app may go to where it is, and is told the cure when it goes elsewhere', async () => {
    using folder = temporaryFolder();
    const code = 'process.chdir(import.meta.dirname);\nexport const app = (req, res) => res.end(process.cwd());\n';
    write(folder.path, 'moving.mjs', code);
    await using server = await startQilin([...THREADS, '--chdir', folder.path, 'moving.mjs:app']);
    expect((await ask(server.url)).text).toBe(realpathSync(folder.path));
    const { output, status } = await runQilin([...THREADS, `${folder.path}/moving.mjs:app`]);
    expect(status).not.toBe(0);
    expect(output).toContain(`start with --chdir ${realpathSync(folder.path)}.`);
  });

  test('maxRequests counts those of all threads', async () => {
    await using server = await startQilin([...THREADS, '--max-requests', '20', APP]);
    const [first] = server.workerPids;
    for (let request = 0; request < 19; request++) expect((await whoServes(server)).pid).toBe(first);
    expect(server.log).not.toContain('maxRequests');
    await whoServes(server);
    await server.logged(/it has served 20 requests \(maxRequests\)/);
    await server.until(() => server.workerPids.length === 2, 'a successor');
  });

  test('USR1 reopens the logs of every thread, and no line is lost or mixed', async () => {
    using folder = temporaryFolder();
    const access = join(folder.path, 'access.log');
    const flags = ['--access-logfile', access, '--access-logformat', 'line of %(m)s %(U)s %(q)s end'];
    await using server = await startQilin([...THREADS, ...flags, NODE_APP]);
    const askAll = (from: number) =>
      Promise.all(Array.from({ length: 200 }, (_, index) => ask(`${server.url}/?${from + index}`)));
    await askAll(0);
    renameSync(access, `${access}.1`);
    server.signal('SIGUSR1');
    await eventually(() => linesOf(access).length === 0, 'the new file');
    // Each thread opens it for itself.
    const [worker = 0] = server.workerPids;
    await eventually(() => openFilesOf(worker).filter((file) => file === access).length === 3, 'all have it open');
    await askAll(200);
    expect((await server.stop()).status).toBe(0);
    const lines = [...linesOf(`${access}.1`), ...linesOf(access)];
    expect(new Set(lines)).toEqual(new Set(Array.from({ length: 400 }, (_, index) => `line of GET / ${index} end`)));
    expect(lines).toHaveLength(400);
  });

  test('captureOutput takes what every app prints', async () => {
    await using server = await startQilin([...THREADS, '--capture-output', APP]);
    await ask(`${server.url}/print`);
    await server.logged(new RegExp(`\\[${server.workerPids[0]}\\] \\[INFO\\] printed by the app\n`));
  });

  test('the hooks run once for the worker, outside of the threads', async () => {
    using folder = temporaryFolder();
    const hooks = ['postFork', 'postWorkerInit', 'workerExit'];
    const code = [
      `import { threadId } from 'node:worker_threads';`,
      ...hooks.map((name) => `export const ${name} = () => console.log('hook ${name} in thread', threadId);`),
    ];
    const config = write(folder.path, 'qilin.config.mjs', code.join('\n'));
    await using server = await startQilin([...THREADS, '-c', config, `${repository}/${APP}`]);
    expect((await server.stop()).status).toBe(0);
    const lines = server.log.split('\n').filter((line) => line.startsWith('hook'));
    expect(lines).toEqual(hooks.map((name) => `hook ${name} in thread 0`));
  });
});
