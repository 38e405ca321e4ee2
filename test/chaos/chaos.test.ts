/**
 * Everything that can be done to a server, one thing after the other, while 50 clients of five kinds check every answer:
 * none may be lost or wrong, and none may have to be asked for again. `npm run chaos` does more of each, and takes the time
 * that a killed worker is missed for.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Load } from '../processes/clients.ts';
import { addTwoAndTakeThreeAway, arbiterPid, handOver, kill, reload, signal } from '../processes/operations.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';

const IS_LONG = process.env['QILIN_CHAOS'] === 'long';
const RELOADS = IS_LONG ? 20 : 3;
const UPGRADES = IS_LONG ? 2 : 1;
const KILLS = IS_LONG ? 20 : 3;
/** Beyond `timeout` and the alarm that ends a worker without an arbiter, which rings 5 s later. */
const STOPPED = 10_000;
/** A machine that runs other tests at the same time boots a worker when it gets to it. */
const BACK_WITHIN = IS_LONG ? 1_500 : 50_000;
const PATIENCE = IS_LONG ? 900_000 : 300_000;

type ClassAndApp = readonly [name: string, app: string, flags: readonly string[]];

const FIRST: readonly ClassAndApp[] = [
  ['async', 'app', ['-k', 'async']],
  ['picoev', 'fetchApp', ['-k', 'picoev']],
  ['threads', 'app', ['-k', 'threads', '--threads', '2']],
];
const SECOND: readonly ClassAndApp[] = [
  ['async', 'fetchApp', ['-k', 'async']],
  ['picoev', 'app', ['-k', 'picoev']],
  ['threads', 'fetchApp', ['-k', 'threads', '--threads', '2']],
];
const GROUPS = IS_LONG ? [FIRST, SECOND] : [FIRST];

const FIFTY = { keepAlive: 14, oneShot: 12, pipelining: 8, uploading: 8, streaming: 8, think: IS_LONG ? 40 : 100 };

/** A server under load, and what its app does while it is loaded. */
interface Scene {
  readonly server: QilinProcess;
  readonly load: Load;
  /** How workers that are started from now on load their app. */
  loading(deed: 'well' | 'throw' | 'hang'): void;
}

/** `timeout` is long where nothing is to be silent: a busy machine may leave a worker without the CPU for seconds. */
async function underLoad(flags: readonly string[], app: string, act: (scene: Scene) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const deedFile = `${folder.path}/deed`;
  const env = { QILIN_TEST_LOAD: deedFile };
  const args = ['-w', '2', '--timeout', '30', ...flags, `test/fixtures/app.mjs:${app}`];
  await using server = await startQilin(args, { env });
  await using load = new Load(server.port, FIFTY);
  await load.progress(200);
  const loading = (deed: string) => (deed === 'well' ? rmSync(deedFile) : writeFileSync(deedFile, deed));
  try {
    await act({ server, load, loading });
    await load.progress(200);
    await load.stop();
  } catch (error) {
    throw new Error(`${load.report()}\n${server.log}`, { cause: error });
  }
  expect(load.faults, server.log).toBe('');
  load.begin('the end');
  process.kill(arbiterPid(server), 'SIGTERM');
  await server.exited;
  expect(server.running).toEqual([]);
}

async function brokenReload({ server, load, loading }: Scene): Promise<void> {
  load.begin('a reload of an app that throws');
  loading('throw');
  const from = server.log.length;
  await signal(server, 'HUP');
  await server.logged(/Reload called off/, from);
  await load.progress(50);
  loading('well');
}

/** A worker that serves is killed meanwhile, and one that serves takes its place. */
async function hangingReload({ server, load, loading }: Scene): Promise<void> {
  load.begin('a reload of an app that hangs');
  loading('hang');
  const from = server.log.length;
  await signal(server, 'HUP');
  await server.logged(/Booting worker/, from);
  await load.progress(50);
  loading('well');
  const before = load.pids;
  await kill(server, load);
  await load.answeredByAnother((pid) => before.has(pid));
  load.begin('the reload after it');
  await reload(server);
}

/** As `docker pause`, or a machine that sleeps. */
async function stopAll({ server, load }: Scene, order: (pids: readonly number[]) => readonly number[]): Promise<void> {
  const { length: from } = server.log;
  const pids = order(server.running);
  load.begin('a stop of all processes');
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(STOPPED);
  load.begin('the end of a stop of all processes');
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await load.progress(300);
  expect(server.log.slice(from)).not.toMatch(/TIMEOUT|is killed|signal SIG|Booting worker/);
}

/** The old arbiter is told to leave as soon as it has started the new one. */
async function hastyUpgrade({ server, load }: Scene): Promise<void> {
  load.begin('an upgrade whose old arbiter leaves at once');
  const from = server.log.length;
  const old = arbiterPid(server);
  await signal(server, 'USR2');
  await server.logged(/Starting a new arbiter with pid/, from);
  process.kill(old, 'SIGTERM');
  await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
  await server.logged(/Ready: /, from);
  await load.progress(200);
}

describe.each(GROUPS.flat())('class %s with %s', (_name, app, flags) => {
  test(
    '50 clients get every answer, whatever an operator does',
    () =>
      underLoad(flags, app, async (scene) => {
        const { server, load } = scene;
        for (let turn = 1; turn <= RELOADS; turn++) {
          load.begin(`reload ${turn}`);
          await reload(server);
          await load.progress(50);
        }
        load.begin('TTIN and TTOU');
        await addTwoAndTakeThreeAway(server, load);
        await brokenReload(scene);
        await hangingReload(scene);
        for (let turn = 1; turn <= UPGRADES; turn++) {
          load.begin(`upgrade ${turn}`);
          await handOver(server, load);
          await load.progress(100);
        }
        await hastyUpgrade(scene);
      }),
    PATIENCE,
  );

  test(
    'a worker is killed each second: lost is only what it had in hand, and another takes its place',
    () =>
      underLoad(flags, app, async ({ server, load }) => {
        for (let turn = 1; turn <= KILLS; turn++) {
          const nextSecond = pause(1_000);
          load.begin(`kill ${turn}`);
          const before = load.pids;
          const killed = performance.now();
          await kill(server, load);
          const back = await load.answeredByAnother((pid) => before.has(pid));
          expect(back - killed, `until another worker answered after kill ${turn}`).toBeLessThan(BACK_WITHIN);
          await nextSecond;
        }
      }),
    PATIENCE,
  );
});

// A server that stands still needs no time: those of all classes do it together.
describe.each(
  GROUPS.map((classes) => ({ name: classes.map(([name, app]) => `${name} with ${app}`).join(', '), classes })),
)('classes $name', ({ classes }) => {
  test.each([
    ['the arbiter first', (pids: readonly number[]) => pids],
    ['the workers first', (pids: readonly number[]) => pids.toReversed()],
  ])(
    '50 clients get every answer when all processes are stopped for 10 s and go on, %s',
    async (_order, order) => {
      const stops = classes.map(([, app, flags]) =>
        underLoad([...flags, '--timeout', '3'], app, (scene) => stopAll(scene, order)),
      );
      // All have ended before the first that failed is told.
      await Promise.allSettled(stops);
      await Promise.all(stops);
    },
    PATIENCE,
  );
});
