/**
 * `workers: { min, max }` with a real load: more come when the workers are busy, and one goes after a minute of calm. The short run sees
 * the first; `QILIN_CHAOS_MINUTES=3` sees three minutes of tides, and what they cost beside the most workers all the time.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask } from '../processes/http-client.ts';
import { controlCommand } from '../processes/qilinctl.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from '../processes/server.ts';

const { QILIN_CHAOS_MINUTES: minutes } = process.env;
const APP = `${join(repository, 'test/processes/fixtures/busy-app.mjs')}:app`;
const WORK = 10;
const MAX = 3;

/** So many clients ask one after the other, each for `WORK` ms of CPU, with pauses. Resolves with how long each answer took. */
async function load(url: string, clients: number, think: number, until: () => boolean): Promise<readonly number[]> {
  const took: number[] = [];
  const client = async () => {
    while (!until()) {
      const at = performance.now();
      await ask(`${url}/${WORK}`);
      took.push(performance.now() - at);
      await pause(think);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return took.sort((a, b) => a - b);
}

const steps = (server: QilinProcess) =>
  [...server.log.matchAll(/Autoscale: (\d+) → (\d+) workers/g)].map(([, before, after]) => [
    Number(before),
    Number(after),
  ]);

test('more workers come where they are busy, within bounds that an operator cannot leave', async () => {
  using folder = temporaryFolder();
  const pidFile = join(folder.path, 'qilin.pid');
  await using server = await startQilin(['--workers', `1..${MAX}`, '--pid', pidFile, APP]);
  expect(server.workerPids).toHaveLength(1);
  let isUp = false;
  const up = server.logged(/Autoscale: 1 → 2 workers \(busy \d+ %, late by \d+ ms; bounds 1 to 3\)/).finally(() => {
    isUp = true;
  });
  await load(server.url, 4, 0, () => isUp);
  await up;
  const qilinctl = (...args: string[]) =>
    spawnSync(process.execPath, [controlCommand, '--pid', pidFile, ...args], { encoding: 'utf8' });
  expect(qilinctl('scale', '4').stderr).toBe('qilinctl: workers has bounds: a number from 1 to 3, or 0.\n');
  expect(qilinctl('scale', '3').stdout).toBe('3 workers are wanted\n');
  await server.until(() => server.workerPids.length === MAX, 'the third is there');
  // A reload goes on with as many.
  const from = server.log.length;
  server.signal('SIGHUP');
  await server.logged(/Reload done/, from);
  expect(server.log.slice(from).match(/Booting worker/g)).toHaveLength(3);
  expect((await server.stop()).status).toBe(0);
});

test.skipIf(minutes === undefined)(
  'three minutes of tides: it settles, and p99 is near that of the most workers',
  async () => {
    const tides = async (workers: string) => {
      await using server = await startQilin(['--workers', workers, APP]);
      const took: number[] = [];
      for (const [seconds, think] of [
        [40, 60],
        [50, 5],
        [90, 200],
      ] as const) {
        const end = performance.now() + seconds * 1_000;
        took.push(...(await load(server.url, 4, think, () => performance.now() > end)));
      }
      took.sort((a, b) => a - b);
      return { p99: took[Math.floor(took.length * 0.99)] ?? 0, steps: steps(server) };
    };
    const [scaled, fixed] = [await tides(`1..${MAX}`), await tides(String(MAX))];
    console.log(
      `p99 ${scaled.p99.toFixed(0)} ms, of ${MAX} workers ${fixed.p99.toFixed(0)} ms; steps ${JSON.stringify(scaled.steps)}`,
    );
    // Up, and down again, once.
    const directions = scaled.steps.map(([before = 0, after = 0]) => Math.sign(after - before));
    expect(directions).toEqual([...directions].sort((a, b) => b - a));
    expect(scaled.p99).toBeLessThan(1.5 * fixed.p99);
  },
  600_000,
);
