/** What an app does to its own process. */
import { NOTHING } from './cost.ts';
import type { Fault } from './fault.ts';
import { TIMEOUT } from './scene.ts';

export const APP_FAULTS: readonly Fault[] = [
  {
    name: 'errors that nobody catches',
    cost: { kills: false, alarms: [/Uncaught exception|Error handling request|(?:Worker|Thread) .*(?:exited|ended)/] },
    async act(scene, random) {
      for (let left = random.integer(1, 3); left > 0; left--) await scene.ask('/uncaught');
    },
  },
  {
    name: 'an event loop that stands still for less than `timeout`',
    cost: NOTHING,
    async act(scene, random) {
      await scene.ask(`/stall?ms=${random.integer(200, TIMEOUT * 300)}`);
    },
  },
  {
    name: 'an event loop that stands still for ever',
    cost: { kills: true, alarms: [/WORKER TIMEOUT|TIMEOUT|did not leave when asked|Worker exited|Thread|stack/] },
    async act(scene) {
      await scene.doom('/block');
    },
  },
  {
    name: 'a leak, to the end of the heap',
    // A busy machine may let `timeout` pass before the end is reached.
    cost: { kills: true, alarms: [/out of memory|WORKER TIMEOUT|did not leave when asked/] },
    async act(scene) {
      await scene.doom('/leak');
    },
  },
];
