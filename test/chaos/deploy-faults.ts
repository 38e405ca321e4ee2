/** Deploys: sound ones that come too fast or amid other trouble, and those that cannot be. */
import { handOver, kill, reload, signal } from '../processes/operations.ts';
import { KILLED, NOTHING } from './cost.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** Seconds. */
const BOOT_TIMEOUT = 2;

/** Resolves when it has been called off, and the next release is sound again. */
export async function failToReload({ site, server, load }: Scene, how: 'throws' | 'mistaken' | 'gone'): Promise<void> {
  const from = server.log.length;
  site.release(how);
  await signal(server, 'HUP');
  await server.logged(/Reload called off/, from);
  await load.progress(50);
  site.release('sound');
}

/** The new arbiter takes over by itself from one that leaves, however it does, as soon as it has started it. */
export async function hastyUpgrade({ server, arbiter: old }: Scene, last: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const from = server.log.length;
  await signal(server, 'USR2');
  await server.logged(/Starting a new arbiter with pid/, from);
  process.kill(old, last);
  await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
  await server.logged(/Ready: /, from);
}

export const DEPLOY_FAULTS: readonly Fault[] = [
  {
    name: 'a storm of reloads',
    cost: NOTHING,
    async act({ server }, random) {
      const from = server.log.length;
      for (let left = random.integer(3, 8); left > 0; left--) await signal(server, 'HUP');
      await server.logged(/Reload done/, from);
    },
  },
  {
    name: 'a worker is killed amid a reload',
    cost: { kills: true, alarms: [KILLED, /Reload called off: a new worker/] },
    async act({ server, load }) {
      const from = server.log.length;
      await signal(server, 'HUP');
      await kill(server, load);
      await server.logged(/Reload (?:done|called off)/, from);
    },
  },
  {
    name: 'a reload of what cannot be',
    cost: { kills: false, alarms: [/failed to boot|Reload called off|Worker exited|is not a setting|no-such-folder/] },
    async act(scene, random) {
      await failToReload(scene, random.pick(['throws', 'mistaken', 'gone']));
    },
  },
  {
    name: 'a reload of an app that hangs, while a worker is killed',
    cost: {
      kills: true,
      alarms: [KILLED, /failed to boot|not ready after|did not leave when asked|Reload called off|Worker exited/],
    },
    async act({ site, server, load }) {
      const from = server.log.length;
      site.release('hangs', BOOT_TIMEOUT);
      await signal(server, 'HUP');
      await server.logged(/Booting worker/, from);
      const before = load.pids;
      await kill(server, load);
      await load.answeredByAnother((pid) => before.has(pid));
      await server.logged(/Reload called off/, from);
      site.release('sound');
      await reload(server);
    },
  },
  {
    name: 'an upgrade',
    cost: NOTHING,
    async act({ server, load }) {
      await handOver(server, load);
    },
  },
  {
    name: 'an upgrade whose old arbiter leaves at once',
    cost: NOTHING,
    async act(scene) {
      await hastyUpgrade(scene, 'SIGTERM');
    },
  },
  {
    name: 'an upgrade whose old arbiter is killed',
    cost: NOTHING,
    async act(scene) {
      await hastyUpgrade(scene, 'SIGKILL');
    },
  },
  {
    name: 'an upgrade that fails',
    cost: { kills: false, alarms: [/failed to boot|The new arbiter has exited|Worker exited|on purpose/] },
    async act({ site, server }) {
      const from = server.log.length;
      site.release('throws');
      await signal(server, 'USR2');
      await server.logged(/The new arbiter has exited .* this one keeps serving/, from);
      site.release('sound');
    },
  },
];
