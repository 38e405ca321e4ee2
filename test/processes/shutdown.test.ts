/** What becomes of an app's own handlers of SIGTERM, of the ways to end that programs, packages and frameworks have. */
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Load } from './clients.ts';
import { eventually, write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { drains, HeldRequest, openIdle, tryToConnect } from './requests.ts';
import { type QilinProcess, startQilin, temporaryFolder } from './server.ts';

const PROGRAM = 'test/processes/fixtures/shutdown.mjs';

const STYLES = [
  'plain',
  'exit at once',
  'exit later',
  'close only',
  'prepended',
  'database first',
  'counted',
  'kill itself',
  'really exit',
  'awaited',
  'signal-exit',
  'close-with-grace',
  'terminus',
  'nitro',
  'next',
  'fastify',
  'srvx',
];

/** Where it is not 0. */
const STATUS: Readonly<Record<string, number>> = { next: 143 };

/** Where the style is about the server, or the framework's own handler closes it: the others concern the process alone. */
const OF_THE_SERVER = ['plain', 'counted', 'prepended', 'close only', 'awaited', 'terminus', 'next', 'fastify', 'srvx'];

/** A class serves each style by the same code: those that never differ are tried on one or two of them. */
const CLASSES = [
  { name: 'async', flags: ['-k', 'async'], styles: STYLES, keepsAlive: true, hasSignals: true },
  { name: 'picoev', flags: ['-k', 'picoev'], styles: OF_THE_SERVER, keepsAlive: true, hasSignals: true },
  { name: 'sync', flags: ['-k', 'sync'], styles: ['plain', 'nitro'], keepsAlive: false, hasSignals: true },
  {
    name: 'threads',
    flags: ['-k', 'threads', '--threads', '2'],
    styles: ['plain', 'fastify'],
    keepsAlive: true,
    hasSignals: false,
  },
];

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

interface Ending {
  readonly status?: number;
  readonly keepsAlive: boolean;
  readonly hasSignals: boolean;
}

/** Requests on a connection until an answer says that it is the last: a thread hears of the drain a moment after its worker. */
async function useToTheEnd(connection: RawConnection): Promise<void> {
  do {
    connection.received = '';
    connection.send(get('/next'));
    await connection.until(/^HTTP\/1\.1 200 [\s\S]*GET \/next $/);
  } while (!/connection: close/i.test(connection.received));
  await connection.ended;
}

/** A request in flight and a connection that is kept outlive the signal, and only then the app's handler is called, once. */
async function expectNothingCut(server: QilinProcess, signal: NodeJS.Signals, ending: Ending) {
  const { keepsAlive, hasSignals, status = 0 } = ending;
  using held = await HeldRequest.begin(server);
  const kept = keepsAlive ? await openIdle(server) : undefined;
  server.signal(signal);
  await drains(server, held.worker);
  const called = `SIGTERM in ${held.worker}`;
  if (kept !== undefined) await useToTheEnd(kept);
  expect(server.log).not.toContain(called);
  expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
  await server.logged(new RegExp(`Worker exited \\(pid: ${held.worker}, status ${status}\\)`));
  expect(server.log.split(called)).toHaveLength(hasSignals ? 2 : 1);
}

describe.each(CLASSES)('class $name', ({ flags, styles, ...ending }) => {
  test.each(styles)('%s: nothing is cut by a reload, nor by the end', async (style) => {
    const args = [...flags, '--log-level', 'debug', '--keep-alive', '30', PROGRAM];
    await using server = await startQilin(args, { env: { STYLE: style } });
    await using load = new Load(server.port, { keepAlive: 2, oneShot: 2 });
    await load.progress(20);
    const status = ending.hasSignals ? (STATUS[style] ?? 0) : 0;
    await expectNothingCut(server, 'SIGHUP', { ...ending, status });
    await load.progress(20);
    await load.stop();
    expect(load.faults).toBe('');
    await expectNothingCut(server, 'SIGTERM', { ...ending, status });
    expect((await server.exited).status).toBe(0);
    expect(server.running).toEqual([]);
    expect(server.log).not.toMatch(/\[(WARNING|ERROR|CRITICAL)\]/);
    const exits = server.log.match(new RegExp(`exit handlers with ${status} in `, 'g'));
    expect(exits).toHaveLength(ending.hasSignals ? 2 : 4);
  });

  test('an exported app beside which a server listens is not cut either', async () => {
    const args = [...flags, '--log-level', 'debug', '--keep-alive', '30', `${PROGRAM}:app`];
    await using server = await startQilin(args, { env: { STYLE: 'plain' } });
    await expectNothingCut(server, 'SIGHUP', ending);
    await expectNothingCut(server, 'SIGTERM', ending);
    expect((await server.exited).status).toBe(0);
  });
});

/** A server in whose handler of SIGTERM `code` stands. */
async function startWith(folder: string, code: string, ...flags: readonly string[]): Promise<QilinProcess> {
  const program = `
    import { createServer } from 'node:http';
    const server = createServer(async (req, res) => {
      if (req.url === '/exit') { console.log('began /exit'); process.exit(6); }
      if (req.url.startsWith('/held')) console.log('began /held in ' + process.pid);
      try { for await (const _ of req); } catch { return; }
      res.end(req.url === '/first' ? 'GET /first ' : 'POST /held body');
    });
    server.listen(3000);
    process.on('exit', (status) => console.log('exit handlers with ' + status));
    process.on('beforeExit', () => console.log('beforeExit handlers'));
    ${code}`;
  return startQilin(['--log-level', 'debug', ...flags, write(folder, 'program.mjs', program)]);
}

/** Its last worker's exit, as the log has it. */
const exitOf = async (server: QilinProcess) => (await server.logged(/Worker exited \(pid: \d+, (.*)\)/))[1];

/** The first of its frames is the app's own. */
const EXITED = /\[ERROR\] The app exits with status 6; connections closed: 1\n {4}at .*program\.mjs:4:\d+/;

describe('process.exit()', () => {
  test.each(['async', 'picoev'])('in a drain waits for its end, and has its status (%s)', async (workerClass) => {
    using folder = temporaryFolder();
    const code = `process.on('SIGUSR2', () => { process.exit(9); console.log('asked for the end'); });`;
    await using server = await startWith(folder.path, code, '-k', workerClass);
    using held = await HeldRequest.begin(server);
    server.signal('SIGTERM');
    await drains(server, held.worker);
    process.kill(held.worker, 'SIGUSR2');
    await server.logged(/asked for the end/);
    expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exitOf(server)).toBe('status 9');
    expect(server.log).toContain('exit handlers with 9');
  });

  test('in a drain that does not end waits for gracefulTimeout', async () => {
    using folder = temporaryFolder();
    const code = `process.on('SIGTERM', () => process.exit(9));`;
    await using server = await startWith(folder.path, code, '--graceful-timeout', '2');
    using held = await HeldRequest.begin(server);
    server.signal('SIGTERM');
    expect(await exitOf(server)).toBe('status 9');
    expect(server.log).toContain('Graceful timeout of 2 s has passed; connections closed: 1');
    await held.connection.ended;
  });

  test('out of a drain ends the worker at once, and what that costs is told, with the line that asked for it', async () => {
    using folder = temporaryFolder();
    await using server = await startWith(folder.path, '');
    using connection = await RawConnection.open(server.port);
    connection.send(get('/exit'));
    expect(await exitOf(server)).toBe('status 6');
    expect(server.log).toContain('exit handlers with 6');
    expect(server.log).toMatch(EXITED);
  });
});

test.each([
  ['async', []],
  ['threads', ['--threads', '1']],
])('process.exit() that closes no connection is told with its line, too (%s)', async (workerClass, flags) => {
  using folder = temporaryFolder();
  // Once: a successor would do it again.
  const code = `
    import { existsSync, writeFileSync } from 'node:fs';
    const mark = ${JSON.stringify(`${folder.path}/mark`)};
    if (!existsSync(mark)) setTimeout(function late() { writeFileSync(mark, ''); process.exit(7); }, 500);`;
  await using server = await startWith(folder.path, code, '-k', workerClass, ...flags);
  await server.logged(
    /\[ERROR\] The app exits with status 7; connections closed: 0\n {4}at .*late.*program\.mjs:\d+:\d+/,
  );
});

describe('process.exit() in a thread', () => {
  const start = (folder: string) => startWith(folder, '', '-k', 'threads', '--threads', '1', '--keep-alive', '30');

  test('ends it at once while it serves, and what that costs is told, with the line that asked for it', async () => {
    using folder = temporaryFolder();
    await using server = await start(folder.path);
    await expect(ask(`${server.url}/exit`)).rejects.toThrow();
    await server.logged(EXITED);
    await server.logged(/Thread 1 of the worker ended with status 6[\s\S]*Thread 2 of the worker is ready/);
    expect((await server.stop()).status).toBe(0);
  });

  test('waits for its drain', async () => {
    using folder = temporaryFolder();
    await using server = await start(folder.path);
    using held = await HeldRequest.begin(server);
    using kept = await openIdle(server);
    server.signal('SIGTERM');
    await eventually(async () => (await tryToConnect(server.port)) === 'ECONNREFUSED', 'the thread drains');
    kept.send(get('/exit'));
    await kept.until(/^HTTP\/1\.1 200 /);
    expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect((await server.exited).status).toBe(0);
    expect(server.log).toContain('exit handlers with 6');
  });
});

describe('a handler of SIGTERM', () => {
  test('that ends nothing does not hold the worker past gracefulTimeout', async () => {
    using folder = temporaryFolder();
    const code = `process.on('SIGTERM', () => setInterval(() => {}, 1000));`;
    await using server = await startWith(folder.path, code, '--graceful-timeout', '1');
    expect((await server.stop()).status).toBe(0);
    expect(server.log).toContain('The app has not come to its end by itself');
  });

  test('that closes all it has ends the process so, and beforeExit is told', async () => {
    using folder = temporaryFolder();
    const code = `
      const pool = setInterval(() => {}, 1000);
      process.on('SIGTERM', () => { clearInterval(pool); server.close(); process.exitCode = 5; });`;
    await using server = await startWith(folder.path, code, '--graceful-timeout', '30');
    server.signal('SIGTERM');
    expect(await exitOf(server)).toBe('status 5');
    expect(server.log).toMatch(/beforeExit handlers\n(?:.*\n)*exit handlers with 5\n/);
    expect(server.log).not.toContain('not come to its end');
  });

  test('is called once, though the signal comes again', async () => {
    using folder = temporaryFolder();
    const code = `process.on('SIGTERM', () => {
        console.log('called');
        process.on('SIGUSR2', () => process.exit(0));
      });`;
    await using server = await startWith(folder.path, code);
    const [worker = 0] = server.workerPids;
    server.signal('SIGTERM');
    await server.logged(/called/);
    process.kill(worker, 'SIGTERM');
    process.kill(worker, 'SIGUSR2');
    expect(await exitOf(server)).toBe('status 0');
    expect(server.log.match(/called/g)).toHaveLength(1);
  });

  test('that throws fails the worker', async () => {
    using folder = temporaryFolder();
    const code = `process.on('SIGTERM', () => { throw new Error('in the handler'); });`;
    await using server = await startWith(folder.path, code, '--graceful-timeout', '30');
    server.signal('SIGTERM');
    expect(await exitOf(server)).toBe('status 1');
    expect(server.log).toMatch(/\[CRITICAL\] Uncaught exception, the worker leaves: Error: in the handler\n {4}at /);
  });

  test('of a quick stop is called when all is closed', async () => {
    using folder = temporaryFolder();
    const code = `process.on('SIGINT', () => server.close(() => { console.log('closed'); process.exit(4); }));`;
    await using server = await startWith(folder.path, code);
    using held = await HeldRequest.begin(server);
    server.signal('SIGINT');
    expect(await exitOf(server)).toBe('status 4');
    expect(server.log).toContain('closed\n');
    await held.connection.ended;
  });

  test.each(['async', 'picoev'])('closes the WebSockets that are left when all requests are done (%s)', async (k) => {
    using folder = temporaryFolder();
    const code = `
      import { WebSocketServer } from '${import.meta.resolve('ws')}';
      const sockets = new WebSocketServer({ server });
      process.on('SIGTERM', () => {
        for (const socket of sockets.clients) socket.close(1012, 'restart');
        server.close(() => process.exit(0));
      });`;
    await using server = await startWith(folder.path, code, '-k', k, '--keep-alive', '1');
    const client = new WebSocket(server.url.replace('http:', 'ws:'));
    await new Promise((resolve) => client.once('open', resolve));
    const closed = new Promise((resolve) => client.once('close', resolve));
    server.signal('SIGTERM');
    expect(await closed).toBe(1012);
    expect(await exitOf(server)).toBe('status 0');
    expect(server.log).not.toContain('Graceful timeout');
  });

  test('cannot be made deaf for Qilin', async () => {
    using folder = temporaryFolder();
    const code = `
      process.on('SIGTERM', () => {});
      process.removeAllListeners('SIGTERM');
      process.removeAllListeners();
      const once = () => {};
      process.on('SIGTERM', once);
      process.off('SIGTERM', once);
      console.log('listeners: ' + process.listenerCount('SIGTERM') + process.listeners('SIGTERM').length);`;
    await using server = await startWith(folder.path, code);
    expect(server.log).toContain('listeners: 00');
    using held = await HeldRequest.begin(server);
    process.kill(held.worker, 'SIGTERM');
    await drains(server, held.worker);
    expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exitOf(server)).toBe('status 0');
  });
});

test.each(['async', 'picoev'])('closeAllConnections() does what it says while Qilin serves (%s)', async (k) => {
  using folder = temporaryFolder();
  const code = `
    process.on('SIGUSR2', () => {
      server.getConnections((_, count) => {
        console.log('connections: ' + count);
        server.closeAllConnections();
      });
    });
    server.on('request', (req, res) => res.on('close', () => console.log('closed ' + res.writableFinished)));`;
  await using server = await startWith(folder.path, code, '-k', k, '--keep-alive', '60');
  using held = await HeldRequest.begin(server);
  using kept = await openIdle(server);
  process.kill(held.worker, 'SIGUSR2');
  await Promise.all([held.connection.ended, kept.ended]);
  await server.logged(/connections: 2\n[\s\S]*closed false/);
  expect((await ask(server.url)).status).toBe(200);
});

test.each(['async', 'picoev', 'threads'])(
  'a program that closes its server is replaced, and cut off nobody (%s)',
  async (k) => {
    using folder = temporaryFolder();
    const code = `
    server.on('request', (req) => { if (req.url === '/close') server.close(() => console.log('closed')); });`;
    await using server = await startWith(folder.path, code, '-k', k, '--keep-alive', '1');
    using held = await HeldRequest.begin(server);
    using kept = await RawConnection.open(server.port);
    kept.send(get('/close'));
    await kept.until(/200 OK/);
    const [, ready] = await server.logged(/(its app has closed the server|Thread \d+ of the worker is ready)/);
    expect(ready).toBeDefined();
    expect(await held.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect((await ask(server.url)).status).toBe(200);
    if (k !== 'threads') await server.logged(/closed\n[\s\S]*Worker exited \(pid: \d+, status 0\)/);
  },
);

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a worker class of the user’s that throws at its end ends all the same at %s, and is told of',
  async (signal) => {
    await using server = await startQilin([
      '-k',
      './test/processes/fixtures/broken-class.mjs#Broken',
      'test/fixtures/app.mjs:app',
    ]);
    server.signal(signal);
    expect(await server.exited).toEqual({ status: 0, signal: null });
    expect(server.log).toContain('Error: a bug in stop()');
    // By itself: nobody had to lose patience.
    expect(server.log).not.toMatch(/CRITICAL|KILL/);
  },
);

test.each([
  ['-k', 'async'],
  ['-k', 'picoev'],
  ['-k', 'threads', '--threads', '1'],
])('an app that takes uncaught errors itself keeps its worker, as under node (%s %s)', async (...flags) => {
  using folder = temporaryFolder();
  const code = `
    import { threadId } from 'node:worker_threads';
    process.on('uncaughtException', (error, origin) => console.log('the app takes ' + origin + ' ' + error.message));
    export default (request, response) => {
      if (request.url === '/throw') setTimeout(() => { throw new Error('thrown'); });
      if (request.url === '/reject') Promise.reject(new Error('rejected'));
      response.end(process.pid + ' ' + threadId);
    };\n`;
  write(folder.path, 'app.mjs', code);
  await using server = await startQilin([...flags, 'app.mjs'], { cwd: folder.path });
  const first = (await ask(`${server.url}/throw`)).text;
  await server.logged(/the app takes uncaughtException thrown/);
  expect((await ask(`${server.url}/reject`)).text).toBe(first);
  await server.logged(/the app takes unhandledRejection rejected/);
  expect((await ask(server.url)).text).toBe(first);
  expect(server.log).not.toContain('CRITICAL');
});
