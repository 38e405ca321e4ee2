/** What an app may do while it lives: fail, crash, be made by a factory, listen by itself, close its database at the end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, RawConnection } from './http-client.ts';
import { type QilinProcess, startQilin } from './server.ts';

const FIXTURES = 'test/processes/fixtures';

describe.each([
  { kind: 'a fetch handler', app: `${FIXTURES}/fetch-app.mjs` },
  { kind: 'a Node listener', app: `${FIXTURES}/listener.mjs:app` },
])('an error of $kind', ({ app }) => {
  let server: QilinProcess;
  beforeAll(async () => {
    server = await startQilin([app]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    { how: 'thrown', path: '/throw' },
    { how: 'rejected with', path: '/reject' },
  ])('that is $how is a 500 without a stack to the client, and a stack in the log', async ({ path }) => {
    const from = server.log.length;
    const { status, text } = await ask(`${server.url}${path}`);
    expect([status, text]).toEqual([500, 'Internal Server Error\n']);
    const [told] = await server.logged(/\[ERROR\] Error handling request[\s\S]*?\n {4}at .*\n/, from);
    expect(told).toContain('Error: on purpose\n');
    expect(told).toMatch(/fixtures\/[\w-]+\.mjs:\d+:\d+/);
    expect(server.log.slice(from).match(/on purpose/g)).toHaveLength(1);
    expect((await ask(server.url)).status).toBe(200);
  });
});

describe.each(['async', 'sync'])('an uncaught exception, class %s', (workerClass) => {
  test('costs the worker its place, but not the requests that it has in hand', async () => {
    await using server = await startQilin(['-k', workerClass, `${FIXTURES}/fetch-app.mjs`]);
    const [before] = server.workerPids;
    // A sync worker has no second request in hand.
    const inHand = workerClass === 'async' ? [ask(`${server.url}/slow?ms=400`)] : [];
    expect((await ask(`${server.url}/crash`)).text).toBe('crashing\n');
    await server.logged(
      /\[CRITICAL\] Uncaught exception, the worker leaves: Error: uncaught on purpose\n {4}at .*fetch-app/,
    );
    expect((await ask(`${server.url}/pid`)).text).not.toBe(String(before));
    expect((await Promise.all(inHand)).map(({ text }) => text)).toEqual(inHand.map(() => 'slow\n'));
    await server.logged(new RegExp(`Worker exited \\(pid: ${before}, status 1\\)`));
    expect(server.workerPids).toHaveLength(2);
  });
});

describe('an app made by a factory', () => {
  test('gets the arguments of the command line, and hears of the end by its signal and onShutdown', async () => {
    await using server = await startQilin(['-w', '2', `${FIXTURES}/factory.mjs:createApp("prod")`]);
    expect((await ask(server.url)).text).toBe('prod');
    expect((await server.stop()).status).toBe(0);
    expect(server.log.match(/^signal aborted in prod$/gm)).toHaveLength(2);
    expect(server.log.match(/^onShutdown in prod$/gm)).toHaveLength(2);
  });

  test('hears of a quick stop too', async () => {
    await using server = await startQilin([`${FIXTURES}/factory.mjs:createApp("prod")`]);
    server.signal('SIGINT');
    expect((await server.exited).status).toBe(0);
    expect(server.log).toMatch(/^onShutdown in prod$/m);
  });
});

test("`import 'qilin/patch'` makes the server that a program starts its app, whatever it exports", async () => {
  await using server = await startQilin(['-w', '2', `${FIXTURES}/patched.mjs`]);
  expect((await ask(server.url)).text).toBe('from the patched server\n');
});

describe.each(['async', 'sync'])('a program with an upgrade listener, class %s', (workerClass) => {
  test('gets the connection, and all that comes on it', async () => {
    await using server = await startQilin(['-k', workerClass, `${FIXTURES}/upgrade.mjs`]);
    using connection = await RawConnection.open(server.port);
    connection.send('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await connection.until(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    connection.send('one');
    await connection.until(/\r\n\r\none$/);
    connection.send('two');
    await connection.until(/onetwo$/);
    connection.socket.end();
    await connection.ended;
    expect((await ask(server.url)).text).toBe('plain HTTP\n');
    expect((await server.stop()).status).toBe(0);
  });
});
