/** No request is lost, whatever is done to the server while 64 clients use it. */
import { describe, expect, test } from 'vitest';
import { clientPortsOf, Load } from './clients.ts';
import { ask } from './http-client.ts';
import { type QilinProcess, startQilin } from './server.ts';

const start = () => startQilin(['-w', '2', 'test/fixtures/app.mjs:app']);

/** The arbiter that listened last: after an upgrade, the new one. */
function arbiterPid(server: QilinProcess): number {
  const [last] = [...server.log.matchAll(/Listening at: \S+ \((\d+)\)/g)].slice(-1);
  return Number(last?.[1]);
}

/** Sends it and waits until it is taken: the kernel makes one of two equal signals that wait. */
async function signal(server: QilinProcess, name: 'HUP' | 'TTIN' | 'TTOU' | 'USR2' | 'WINCH' | 'TERM'): Promise<void> {
  const from = server.log.length;
  process.kill(arbiterPid(server), `SIG${name}`);
  await server.logged(new RegExp(`Handling signal: ${name.toLowerCase()}`), from);
}

const count = (server: QilinProcess, from: number, pattern: RegExp) =>
  server.log.slice(from).match(pattern)?.length ?? 0;

async function reload(server: QilinProcess): Promise<void> {
  const from = server.log.length;
  await signal(server, 'HUP');
  await server.logged(/Reload done/, from);
}

async function addTwoAndTakeThreeAway(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  for (const _ of [1, 2]) await signal(server, 'TTIN');
  await server.until(() => count(server, from, /Booting worker/g) >= 2, 'two more workers');
  await load.progress(500);
  for (const _ of [1, 2, 3]) await signal(server, 'TTOU');
  await server.until(() => count(server, from, /Worker exited/g) >= 3, 'the exit of three workers');
  await load.progress(200);
  await signal(server, 'TTIN');
}

/** Ends a worker without warning, and forgives what it had in hand. */
async function kill(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  const pid = Number((await ask(`${server.url}/pid`)).text);
  process.kill(pid, 'SIGSTOP');
  load.forgive(clientPortsOf(pid, server.port));
  process.kill(pid, 'SIGKILL');
  await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL\\)`), from);
}

/** The whole of an upgrade: a new arbiter, then no more workers of the old one, then no old one. */
async function handOver(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  const old = arbiterPid(server);
  await signal(server, 'USR2');
  await server.logged(/Ready: /, from);
  await load.progress(300);
  process.kill(old, 'SIGWINCH');
  await server.until(() => count(server, from, /Worker exited/g) >= 2, "the exit of the old arbiter's workers");
  await load.progress(300);
  process.kill(old, 'SIGTERM');
  await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
}

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
  test('while the server is reloaded ten times, one after the other', () =>
    expectEveryAnswer(async (server, load) => {
      for (let turn = 1; turn <= 10; turn++) {
        await reload(server);
        await load.progress(50);
      }
    }));

  test('while ten reloads come faster than they can be done', () =>
    expectEveryAnswer(async (server) => {
      for (let turn = 1; turn <= 10; turn++) await signal(server, 'HUP');
      await server.logged(/Reload done: generation 11 serves/);
    }));

  test('while workers are added and taken away', () => expectEveryAnswer(addTwoAndTakeThreeAway));

  test('while a worker is killed between requests', () =>
    expectEveryAnswer(async (server, load) => {
      await load.hold();
      await kill(server, load);
      load.resume();
    }));

  test('while a worker is killed at work, except for what it had in hand', () => expectEveryAnswer(kill));

  test('while a new arbiter takes over', () => expectEveryAnswer(handOver));

  test.each(['KILL', 'TERM'] as const)(
    'while a new arbiter takes over and the old one gets %s before that has begun',
    (last) =>
      expectEveryAnswer(async (server, load) => {
        const from = server.log.length;
        const old = arbiterPid(server);
        process.kill(old, 'SIGUSR2');
        await server.logged(/Starting a new arbiter with pid/, from);
        process.kill(old, `SIG${last}`);
        await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
        await server.logged(/Ready: /, from);
        await load.progress(300);
      }),
  );

  test('while all of that happens', () =>
    expectEveryAnswer(async (server, load) => {
      await reload(server);
      await addTwoAndTakeThreeAway(server, load);
      await kill(server, load);
      await signal(server, 'HUP');
      await kill(server, load);
      await server.logged(/Reload done: generation 3 serves/);
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
