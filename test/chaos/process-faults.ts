/** Processes that are killed, that are stopped, and that are stopped and go on. */
import { setTimeout as pause } from 'node:timers/promises';
import { addTwoAndTakeThreeAway, stopAndForgive } from '../processes/operations.ts';
import { KILLED, NOTHING } from './cost.ts';
import type { Fault } from './fault.ts';
import { TIMEOUT } from './scene.ts';

/** Longer than `timeout` and the alarm that ends a worker without an arbiter, which rings 5 s later. */
const LONG = (TIMEOUT + 6) * 1_000;

export async function stopFor(pids: readonly number[], milliseconds: number): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(milliseconds);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'workers are killed, one after the other',
    cost: { kills: true, alarms: [KILLED] },
    async act(scene, random) {
      for (let left = random.integer(1, 3); left > 0; left--) {
        const before = scene.load.pids;
        await scene.kill();
        await scene.load.answeredByAnother((pid) => before.has(pid));
        await pause(random.integer(0, 1_000));
      }
    },
  },
  {
    name: 'all workers are killed at once',
    cost: { kills: true, alarms: [KILLED] },
    async act(scene) {
      await scene.kill(await scene.workers());
    },
  },
  {
    name: 'a worker is stopped for less than `timeout`',
    cost: NOTHING,
    async act(scene, random) {
      await stopFor([random.pick(await scene.workers())], random.integer(100, TIMEOUT * 250));
    },
  },
  {
    name: 'a worker is stopped and does not go on',
    cost: { kills: true, alarms: [KILLED, /WORKER TIMEOUT|did not leave when asked/] },
    async act(scene, random) {
      const { server, load } = scene;
      const from = server.log.length;
      const pid = random.pick(await scene.workers());
      await stopAndForgive(server, load, pid);
      await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal`), from);
    },
  },
  {
    name: 'the arbiter is stopped for a while',
    cost: NOTHING,
    async act({ arbiter }, random) {
      await stopFor([arbiter], random.integer(500, TIMEOUT * 2_000));
    },
  },
  {
    name: 'all processes are stopped, and go on',
    cost: NOTHING,
    async act({ server }, random) {
      const { running } = server;
      await stopFor(random.pick([running, running.toReversed()]), LONG);
    },
  },
  {
    name: 'TTIN and TTOU',
    cost: NOTHING,
    async act({ server, load }) {
      await addTwoAndTakeThreeAway(server, load);
    },
  },
];
