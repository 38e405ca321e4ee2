/** What holds of a server whenever nothing is done to it, whatever was done before. */
import { expect } from 'vitest';
import { eventually } from '../processes/files.ts';
import { childrenOf, ESTABLISHED, LISTENING, openFilesOf, statOf, tcpSocketsOf } from '../processes/process-table.ts';
import { type Scene, WORKERS } from './scene.ts';

const ascending = (pids: readonly number[]) => [...pids].sort((a, b) => a - b);

/** How many descriptors of each kind its processes have, apart from clients' connections, and what files it has made. */
interface Belongings {
  readonly files: readonly string[];
  readonly arbiter: Readonly<Record<string, number>>;
  readonly workers: readonly Readonly<Record<string, number>>[];
}

/** All workers serve, nothing else is under way, and no process runs but these and their arbiter. */
async function isComplete(scene: Scene): Promise<void> {
  await eventually(async () => {
    const { pid, state, lastReload, workers } = await scene.status();
    expect(workers.map((worker) => worker.state)).toEqual(Array(WORKERS).fill('ready'));
    expect({ state, reload: lastReload?.endedAt }).not.toEqual({ state: 'serving', reload: null });
    expect(ascending(scene.server.running)).toEqual(ascending([pid, ...workers.map((worker) => worker.pid ?? 0)]));
    return true;
  }, 'the fleet is complete');
}

function hasNoZombies({ server }: Scene): void {
  const children = server.running.flatMap((pid) => childrenOf(pid));
  expect(children.filter((pid) => statOf(pid)?.state === 'Z')).toEqual([]);
}

function belongingsOf(pid: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const file of openFilesOf(pid)) {
    const kind = file.replaceAll(/\d+/g, 'N');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  const connections = tcpSocketsOf(pid).filter(({ state }) => state !== LISTENING);
  const SOCKET = 'socket:[N]';
  return { ...counts, [SOCKET]: (counts[SOCKET] ?? 0) - connections.length };
}

/** The arbiter is not asked, as that would be one more connection. */
const belongings = ({ arbiter, site }: Scene): Belongings => ({
  files: site.leftBehind,
  arbiter: belongingsOf(arbiter),
  workers: childrenOf(arbiter).map(belongingsOf),
});

/** What a server has that has just begun: each of its workers the same, as soon as no connection is being accepted or closed. */
export async function firstBelongings(scene: Scene): Promise<Belongings> {
  await scene.load.hold();
  const settled = await eventually(() => {
    const all = belongings(scene);
    expect(all.workers).toEqual(Array(WORKERS).fill(all.workers[0]));
    return all;
  }, 'all workers have the same descriptors');
  scene.load.resume();
  return settled;
}

/** Of a client that has closed its side a worker keeps nothing. */
async function closesWhatClientsClose(scene: Scene): Promise<void> {
  const workers = await scene.workers();
  const others = () =>
    workers.flatMap(tcpSocketsOf).filter(({ state }) => state !== LISTENING && state !== ESTABLISHED);
  await eventually(() => others().length === 0, 'connections that clients have closed are closed');
}

/** Of a worker and of each of its threads: how long it has waited for a CPU. */
const WATCHED = '/proc/N/task/N/schedstat';

/** A thread that leaves waits for the next requests of its clients: it goes while they ask. */
async function hasNoThreadThatLeaves(scene: Scene, first: Belongings): Promise<void> {
  const threadsOf = ({ workers }: Belongings) => workers.map((worker) => worker[WATCHED]);
  await eventually(() => {
    expect(threadsOf(belongings(scene))).toEqual(threadsOf(first));
    return true;
  }, 'threads that leave have gone');
}

/** Every client has had its answers; then, while none asks, the server has what it had at first, and nothing else. */
export async function expectWell(scene: Scene, first: Belongings): Promise<void> {
  const { load } = scene;
  await load.progress(100);
  await isComplete(scene);
  await hasNoThreadThatLeaves(scene, first);
  await load.hold();
  try {
    await closesWhatClientsClose(scene);
    await eventually(() => {
      expect(belongings(scene)).toEqual(first);
      return true;
    }, 'no descriptor and no file is left over');
    hasNoZombies(scene);
  } finally {
    load.resume();
  }
}

/** TERM with `drainDelay`: all clients are let go in order, and nothing is left. */
export async function expectEnd({ load, server, site, arbiter }: Scene): Promise<void> {
  load.begin('the end');
  const left = load.leave();
  process.kill(arbiter, 'SIGTERM');
  await left;
  await server.exited;
  expect(load.faults).toBe('');
  expect(server.running).toEqual([]);
  expect(site.leftBehind).toEqual([]);
}
