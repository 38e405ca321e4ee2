/** Deploys under the load of 50 clients that keep their connections: none of them loses a request, or has to ask again. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { linux } from '../needs.ts';
import { handOver, reload, signal } from '../processes/operations.ts';
import { expectEnd } from './invariants.ts';
import { CLASSES, Scene, WORKERS } from './scene.ts';
import { accessLogHere, userHere } from './site.ts';

const IS_LONG = process.env['QILIN_CHAOS_MINUTES'] !== undefined;
const RELOADS = IS_LONG ? 20 : 3;
const UPGRADES = IS_LONG ? 3 : 1;
const PATIENCE = 600_000;

const FIFTY_KEPT = { keepAlive: 50, oneShot: 0, think: 100 };

/** Seconds. */
const BOOT_TIMEOUT = 6;
const BETWEEN_KILLS = 2_000;
/** Milliseconds. A machine that does other things at the same time boots a worker when it gets to it. */
const BACK_WITHIN = IS_LONG ? 2_000 : 20_000;
const LOOK_EVERY = 20;

async function underLoad(flags: readonly string[], act: (scene: Scene) => Promise<void>): Promise<void> {
  const setting = { flags, app: 'app', accessLog: accessLogHere('disk'), user: userHere, clients: FIFTY_KEPT } as const;
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

describe.skipIf(linux.isMissing).concurrent.each(CLASSES)(linux.named('class $name'), ({ flags }) => {
  test(
    `${RELOADS} reloads, upgrades and a TERM with drainDelay: no request is lost, none has to be asked again`,
    () =>
      underLoad(flags, async ({ server, load }) => {
        for (let turn = 1; turn <= RELOADS; turn++) {
          load.begin(`reload ${turn}`);
          await reload(server);
          await load.progress(50);
        }
        for (let turn = 1; turn <= UPGRADES; turn++) {
          load.begin(`upgrade ${turn}`);
          await handOver(server, load);
          await load.progress(50);
        }
        expect(load.forgiven).toBe(0);
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
        do {
          const { least, milliseconds } = await killAndWatch(scene);
          expect(least).toBeGreaterThanOrEqual(WORKERS - 1);
          expect(milliseconds).toBeLessThan(BACK_WITHIN);
          await pause(BETWEEN_KILLS);
        } while (!isOver());
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
