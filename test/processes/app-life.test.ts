/** How an app comes to life and hears of its end: by a factory, by a server that it starts itself, by a signal. */
import { describe, expect, test } from 'vitest';
import { freePort } from './files.ts';
import { ask } from './http-client.ts';
import { QilinProcess, startQilin } from './server.ts';

const FIXTURES = 'test/processes/fixtures';

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

describe('of several servers that a program starts', () => {
  test.each(['async', 'picoev', 'threads'])('the one on the port of Qilin is served, on class %s', async (name) => {
    const port = await freePort();
    const env = { PUBLIC: String(port) };
    const args = ['-k', name, `${FIXTURES}/several.mjs`];
    await using server = await startQilin(args, { bind: `0.0.0.0:${port}`, env });
    expect((await ask(`http://127.0.0.1:${port}`)).text).toBe('public\n');
    expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
  });

  test('a private one alone is not public in silence', async () => {
    const port = await freePort();
    await using server = await startQilin([`${FIXTURES}/several.mjs`], { bind: `0.0.0.0:${port}` });
    expect((await ask(`http://127.0.0.1:${port}`)).text).toBe('private\n');
    expect(server.log).toMatch(
      /\[WARNING\] The server of .*several\.mjs asks for 127\.0\.0\.1:0, for this machine alone/,
    );
  });

  test('the address of a further one, which each worker would take, is told of with the cure', async () => {
    const [port, metrics] = [await freePort(), await freePort()];
    const env = { PUBLIC: String(port), PRIVATE: String(metrics) };
    const args = ['-w', '2', `${FIXTURES}/several.mjs`];
    // It never is ready: one of the two boots in vain.
    await using server = new QilinProcess(args, { bind: `127.0.0.1:${port}`, env });
    await server.logged(
      /\[ERROR\] A further server of the program cannot have 127\.0\.0\.1:\d+: each worker makes one/,
    );
  });
});
