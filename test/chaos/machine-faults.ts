/** A machine at its limits: descriptors, processes, a full disk, a reader of logs that does not read. */
import { execFileSync } from 'node:child_process';
import { renameSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../processes/files.ts';
import { reload, signal } from '../processes/operations.ts';
import { openFilesOf } from '../processes/process-table.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

const MANY_LINES = 40;
const LONG_LINE = 'x'.repeat(4_000);

/** As its owner: of another user's limits root alone may not be enough, in a container that has few capabilities. */
function prlimit({ user }: Scene, ...args: readonly string[]): string {
  const identity = user === undefined ? {} : { uid: user, gid: user };
  return execFileSync('prlimit', args, { encoding: 'utf8', ...identity }).trim();
}

/** Gives a process a soft limit, until the block ends. */
function limited(scene: Scene, pid: number, resource: 'nofile' | 'nproc', limit: number): Disposable {
  const ofIt = ['--pid', String(pid)];
  const before = prlimit(scene, ...ofIt, `--${resource}`, '--noheadings', '--output=SOFT');
  const set = (value: string) => prlimit(scene, ...ofIt, `--${resource}=${value}:`);
  set(String(limit));
  return { [Symbol.dispose]: () => set(before) };
}

/** The least limit that leaves it what it has, and some more. */
const withDescriptors = (scene: Scene, pid: number, more: number) =>
  limited(scene, pid, 'nofile', openFilesOf(pid).length + more);

/** A reload for which no worker can be started; then one that can. */
async function reloadInVain({ server }: Scene, limit: () => Disposable): Promise<void> {
  const from = server.log.length;
  {
    using _ = limit();
    await signal(server, 'HUP');
    await server.logged(/Reload called off/, from);
  }
  await reload(server);
}

async function isWrittenOn(file: string): Promise<void> {
  const { size } = statSync(file);
  await eventually(() => statSync(file).size > size, 'the access log is written on');
}

export const MACHINE_FAULTS: readonly Fault[] = [
  {
    name: 'workers may open no more descriptors',
    cost: { kills: false, alarms: [/No descriptor for another connection/] },
    async act(scene, random) {
      const limits = (await scene.workers()).map((pid) => withDescriptors(scene, pid, random.integer(0, 8)));
      await pause(random.integer(1_000, 2_000));
      for (const limit of limits) limit[Symbol.dispose]();
    },
  },
  {
    name: 'the arbiter may open no more descriptors',
    cost: { kills: false, alarms: [/EMFILE|Reload called off/] },
    async act(scene) {
      await reloadInVain(scene, () => withDescriptors(scene, scene.arbiter, 0));
    },
  },
  {
    name: 'no process can be started',
    cost: { kills: false, alarms: [/EAGAIN|Reload called off/] },
    lacks: ({ user }) =>
      process.getuid?.() === 0 && user === undefined ? 'root has no limit of processes' : undefined,
    async act(scene) {
      await reloadInVain(scene, () => limited(scene, scene.arbiter, 'nproc', 1));
    },
  },
  {
    name: 'the disk of the access log is full',
    cost: { kills: false, alarms: [/access log .*(?:ENOSPC|dropped)|ENOSPC/] },
    lacks: ({ site }) => (site.accessLog === 'disk' ? undefined : 'its access log is a pipe'),
    async act({ site, load, server }, random) {
      {
        using _ = site.fillDisk();
        await load.progress(200);
        if (random.integer(0, 1) === 1) await reload(server);
      }
      await isWrittenOn(site.accessLogFile);
    },
  },
  {
    name: 'nobody reads the logs',
    cost: { kills: false, alarms: [/lines of the (?:access|error) log were dropped|xxxx/] },
    async act(scene, random) {
      const { site, load, server } = scene;
      const { stdout, stderr } = server.child;
      {
        using _ = site.stopReading();
        for (const stream of [stdout, stderr]) stream?.pause();
        for (let left = MANY_LINES; left > 0; left--) await scene.ask(`/print?text=${LONG_LINE}`);
        await load.progress(random.integer(100, 400));
      }
      for (const stream of [stdout, stderr]) stream?.resume();
    },
  },
  {
    name: 'the access log is moved away',
    cost: { kills: false, alarms: [] },
    lacks: ({ site }) => (site.accessLog === 'disk' ? undefined : 'its access log is a pipe'),
    async act({ site: { accessLogFile }, arbiter }) {
      renameSync(accessLogFile, `${accessLogFile}.1`);
      process.kill(arbiter, 'SIGUSR1');
      await eventually(() => statSync(accessLogFile).size > 0, 'a new access log');
    },
  },
];
