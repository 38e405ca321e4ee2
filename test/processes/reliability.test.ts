/** No request is lost to what comes too early, too fast or together. test/chaos does one thing after the other, on every class. */
import { describe, expect, test } from 'vitest';
import { Load } from './clients.ts';
import { arbiterPid, handOver, kill, reload, signal } from './operations.ts';
import { type QilinProcess, startQilin } from './server.ts';

const start = () => startQilin(['-w', '2', 'test/fixtures/app.mjs:app']);

async function expectEveryAnswer(
  scenario: (server: QilinProcess, load: Load) => Promise<void>,
  load = {},
): Promise<void> {
  await using server = await start();
  await using clients = new Load(server.port, load);
  await clients.progress(200);
  await scenario(server, clients);
  await clients.progress(200);
  await clients.stop();
  expect(clients.faults).toBe('');
  process.kill(arbiterPid(server), 'SIGTERM');
  await server.exited;
  expect(server.running).toEqual([]);
}

describe('64 clients, half of them with keep-alive, get every answer', () => {
  test('while ten reloads come faster than they can be done', () =>
    expectEveryAnswer(async (server) => {
      for (let turn = 1; turn <= 10; turn++) await signal(server, 'HUP');
      await server.logged(/Reload done: generation 11 serves/);
    }));

  test('while a worker is killed between requests', () =>
    expectEveryAnswer(async (server, load) => {
      await load.hold();
      await kill(server, load);
      load.resume();
    }));

  /** `moment`: what the log says before the old arbiter gets `last`; null when it gets it together with USR2. */
  test.each([
    ['KILL', /Starting a new arbiter/],
    ['TERM', null],
  ] as const)('while a new arbiter takes over and the old one gets %s, at %s', (last, moment) =>
    expectEveryAnswer(async (server, load) => {
      const from = server.log.length;
      const old = arbiterPid(server);
      process.kill(old, 'SIGUSR2');
      if (moment !== null) await server.logged(moment, from);
      process.kill(old, `SIG${last}`);
      await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
      await server.logged(/Ready: /, from);
      await load.progress(300);
    }),
  );

  test('while workers are killed amid reloads, and after a new arbiter took over', () =>
    expectEveryAnswer(async (server, load) => {
      await signal(server, 'HUP');
      await kill(server, load);
      await server.logged(/Reload done: generation 2 serves/);
      await handOver(server, load);
      await reload(server);
      await kill(server, load);
    }));

  test('when they think for up to a second between requests', () =>
    expectEveryAnswer(
      async (server) => {
        for (const _ of [1, 2]) await reload(server);
      },
      { think: 1_000 },
    ));
});
