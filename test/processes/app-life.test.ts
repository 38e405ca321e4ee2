/** How an app comes to life and hears of its end: by a factory, by a server that it starts itself, by a signal. */
import { describe, expect, test } from 'vitest';
import { ask } from './http-client.ts';
import { startQilin } from './server.ts';

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
