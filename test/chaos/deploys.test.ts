/**
 * Deploys, and what comes between them, under the load of 50 clients that keep their connections: none of them loses a request, or has
 * to ask again. The long form (`npm run chaos`) says how fast a server was complete again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { linux } from '../needs.ts';
import { addTwoAndTakeThreeAway, handOver, reload, signal } from '../processes/operations.ts';
import { failToReload, hastyUpgrade } from './deploy-faults.ts';
import { expectEnd } from './invariants.ts';
import { stopFor } from './process-faults.ts';
import { CLASSES, Scene, WORKERS } from './scene.ts';
import { accessLogHere, userHere } from './site.ts';

const IS_LONG = process.env['QILIN_CHAOS_MINUTES'] !== undefined;
const RELOADS = IS_LONG ? 20 : 1;
const UPGRADES = IS_LONG ? 3 : 1;
const KILLS = 20;
const PATIENCE = 900_000;

const FIFTY_KEPT = { keepAlive: 50, oneShot: 0, think: 100 };

/** Seconds. */
const TIMEOUT = 3;
const BOOT_TIMEOUT = 6;
/** Milliseconds. */
const STOPPED = 10_000;
const BETWEEN_HUNG_KILLS = 2_000;
const BETWEEN_KILLS = 1_000;
const LOOK_EVERY = 20;

/**
 * Milliseconds in which a killed worker's place is taken. A machine that does other things at the same time boots a worker when it gets
 * to it: then twice what the whole server's start took.
 */
const bound = ({ startedIn }: Scene, quiet: number) => (IS_LONG ? Math.max(quiet, 2 * startedIn) : 20_000);

async function underLoad(flags: readonly string[], act: (scene: Scene) => Promise<void>): Promise<void> {
  const place = { accessLog: accessLogHere('disk'), user: userHere } as const;
  const setting = { ...place, flags, app: 'app', clients: FIFTY_KEPT, timeout: TIMEOUT } as const;
  await using scene = await Scene.open(setting);
  const { load, server } = scene;
  try {
    await load.progress(200);
    await act(scene);
    await load.progress(200);
    await expectEnd(scene);
  } catch (error) {
    throw new Error(`${load.report()}\n${server.log}`, { cause: error });
  }
}

/** Kills a worker, and resolves with for how long, and how far, there were too few who serve. */
async function killAndWatch(scene: Scene): Promise<{ readonly least: number; readonly milliseconds: number }> {
  const began = performance.now();
  await scene.kill();
  for (let least = WORKERS; ; await pause(LOOK_EVERY)) {
    const { workersReady } = await scene.status();
    least = Math.min(least, workersReady);
    if (workersReady === WORKERS) return { least, milliseconds: performance.now() - began };
  }
}

/**
 * Whatever else goes on, the arbiter's next word behind the end of a worker that was killed is of the start of another. What the
 * arbiter itself has killed, as a reload that hangs, is no error.
 */
function expectSuccessors({ server }: Scene, kills: number): void {
  const [, arbiter = ''] = /\[(\d+)\] \[INFO\] Starting qilin/.exec(server.log) ?? [];
  const words = server.log.split('\n').filter((line) => line.includes(`[${arbiter}]`));
  const next = words.flatMap((word, index) =>
    /\[ERROR\] Worker exited \(pid: \d+, signal SIGKILL\)/.test(word) ? [words[index + 1]] : [],
  );
  expect(next).toHaveLength(kills);
  for (const word of next) expect(word).toContain('Booting worker');
}

/** Kills one worker after another, as long as it is not over; the fewest that served meanwhile, and how long each time, told at the end. */
async function killAgainAndAgain(scene: Scene, every: number, isOver: (kills: number) => boolean): Promise<void> {
  const quiet = every * 1.5;
  const times: number[] = [];
  const fewest: number[] = [];
  do {
    const { least, milliseconds } = await killAndWatch(scene);
    fewest.push(least);
    times.push(milliseconds);
    await pause(Math.max(0, every - milliseconds));
  } while (!isOver(times.length));
  const worst = Math.max(...times);
  if (IS_LONG) {
    const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
    console.log(
      `${times.length} kills: complete again in ${times.map(seconds).join(' ')} s; its start took ${seconds(scene.startedIn)} s`,
    );
  }
  expect(Math.min(...fewest)).toBeGreaterThanOrEqual(WORKERS - 1);
  expectSuccessors(scene, times.length);
  expect(worst).toBeLessThan(bound(scene, Math.min(quiet, 2_000)));
}

/** An app that hangs, and one that throws; then a sound one. */
async function deployWhatCannotBe(scene: Scene): Promise<void> {
  const { site, server } = scene;
  const from = server.log.length;
  site.release('hangs', TIMEOUT);
  await signal(server, 'HUP');
  await server.logged(/Reload called off/, from);
  await failToReload(scene, 'throws');
  await reload(server);
}

const here = describe.skipIf(linux.isMissing);
/** Where times count, each has the machine for itself. */
const suite = IS_LONG ? here : here.concurrent;

suite.each(CLASSES)(linux.named('class $name'), ({ flags }) => {
  test(
    `reloads (${RELOADS}), upgrades and a TERM with drainDelay: no request is lost, none has to be asked again`,
    () =>
      underLoad(flags, async (scene) => {
        const { server, load } = scene;
        for (let turn = 1; turn <= RELOADS; turn++) {
          load.begin(`reload ${turn}`);
          await reload(server);
          await load.progress(50);
        }
        for (let turn = 1; turn <= UPGRADES; turn++) {
          load.begin(`upgrade ${turn}`);
          // One of them is told to leave at once.
          if (turn === 2) await hastyUpgrade(scene, 'SIGTERM');
          else await handOver(server, load);
          await load.progress(50);
        }
        expect(load.forgiven).toBe(0);
      }),
    PATIENCE,
  );

  // A round of the faults has each of these two in `npm test`.
  test.runIf(IS_LONG)(
    'more workers and fewer, reloads that hang and break, all stopped for longer than timeout: the same',
    () =>
      underLoad(flags, async (scene) => {
        const { server, load } = scene;
        load.begin('TTIN and TTOU');
        await addTwoAndTakeThreeAway(server, load);
        load.begin('reloads that cannot be');
        await deployWhatCannotBe(scene);
        load.begin('all are stopped');
        await stopFor(server.running, STOPPED);
        await load.progress(200);
        expect(load.forgiven).toBe(0);
      }),
    PATIENCE,
  );

  test.runIf(IS_LONG)(
    `kill -9 ${KILLS} times, every second: lost is only what the killed one had in hand, and it is replaced at once`,
    () =>
      underLoad(flags, async (scene) => {
        scene.load.begin('kill after kill');
        await killAgainAndAgain(scene, BETWEEN_KILLS, (kills) => kills >= KILLS);
      }),
    PATIENCE,
  );

  test(
    'a reload of an app that hangs, while workers are killed: of those who serve none but the killed one is ever missing',
    () =>
      underLoad(flags, async (scene) => {
        const { site, server, load } = scene;
        load.begin('a reload of an app that hangs');
        const from = server.log.length;
        site.release('hangs', BOOT_TIMEOUT);
        const began = performance.now();
        await signal(server, 'HUP');
        // By the worker's own word, a little before its time is over, or by the arbiter's where the machine is too busy for that.
        const calledOff = server.logged(
          /Reload called off: (?:only 0 of \d new workers were ready|a new worker (?:was not ready|failed to boot))/,
          from,
        );
        const isOver = () => performance.now() - began > (BOOT_TIMEOUT - 1) * 1_000;
        await killAgainAndAgain(scene, BETWEEN_HUNG_KILLS, isOver);
        await calledOff;
        const { lastReload } = await scene.status();
        expect(lastReload).toMatchObject({ by: 'HUP', outcome: 'called off' });
        const took = Date.parse(lastReload?.endedAt ?? '') - Date.parse(lastReload?.at ?? '');
        expect(took).toBeGreaterThan(BOOT_TIMEOUT * 900);
        expect(took).toBeLessThan(BOOT_TIMEOUT * 3_000);
      }),
    PATIENCE,
  );
});
