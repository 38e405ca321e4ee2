/** What a memory limit leaves, and whether that is enough for a successor beside workers that have outgrown their bound. */
import { describe, expect, test } from 'vitest';
import { MemoryRoom, memoryLeft } from '../../src/arbiter/memory-room.ts';
import type { ArbiterState } from '../../src/arbiter/state.ts';
import type { Heartbeat } from '../../src/contract/messages.ts';
import { NO_STATS } from '../../src/contract/stats.ts';
import { FleetWorld, wanted } from './fleet-world.ts';

const MIB = 2 ** 20;
const V1 = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory';
const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';

function left(files: Readonly<Record<string, string>>): number | undefined {
  const bytes = memoryLeft({ cpus: 1, memory: 8192 * MIB, readFile: (path) => files[path] });
  return bytes === undefined ? undefined : bytes / MIB;
}

describe('what a memory limit leaves', () => {
  test('is not known where there is none', () => {
    expect(left({})).toBeUndefined();
  });

  test('of cgroup v2: what the kernel keeps of files counts only where it is mapped', () => {
    const stat = `anon ${100 * MIB}\nfile ${90 * MIB}\nkernel ${9 * MIB}\nfile_mapped ${40 * MIB}\npagetables ${2 * MIB}\nsock ${MIB}\n`;
    const folder = '/sys/fs/cgroup/pod';
    const files = { [`${folder}/memory.max`]: String(256 * MIB), [`${folder}/memory.stat`]: stat };
    expect(left({ '/proc/self/cgroup': '0::/pod', '/proc/self/mountinfo': V2, ...files })).toBe(113);
  });

  test('of cgroup v1, of the groups below it too', () => {
    const folder = '/sys/fs/cgroup/memory/pod';
    const files = {
      [`${folder}/memory.limit_in_bytes`]: String(256 * MIB),
      [`${folder}/memory.stat`]: `rss ${MIB}\ntotal_rss ${100 * MIB}\ntotal_cache ${90 * MIB}\ntotal_mapped_file ${40 * MIB}\n`,
      [`${folder}/memory.kmem.usage_in_bytes`]: `${6 * MIB}\n`,
    };
    expect(left({ '/proc/self/cgroup': '4:memory:/pod', '/proc/self/mountinfo': V1, ...files })).toBe(110);
  });
});

describe('a successor', () => {
  /** The last sign of life of a worker of 110 MiB, with so many clients, after 50 requests. */
  const heartbeat = (connections: number): Heartbeat => ({
    type: 'heartbeat',
    silentFor: 0,
    stuckFor: 0,
    stats: { ...NO_STATS, connections, requests: 50 },
    usage: { cpu: 0, resident: 110 * MIB, lag: 0, heapUsed: 0, heapLimit: 0, spaces: [] },
    slow: [],
  });

  /** Two workers, one of which has outgrown its memory in so many milliseconds. */
  function isLacking(left: number | undefined, served: number, clients = 0): boolean {
    const world = new FleetWorld(wanted(2));
    world.boot();
    world.pass(served);
    world.crowds = true;
    world.event({ type: 'retire', age: 1, cause: 'memory' });
    return room(world, left === undefined ? undefined : left * MIB, clients).isLackingFor(1, world.now);
  }

  function room({ fleet }: FleetWorld, left: number | undefined, clients: number): MemoryRoom {
    const state = { fleet, log: { info: () => {} } } as unknown as ArbiterState;
    return new MemoryRoom(
      state,
      () => heartbeat(clients),
      () => left,
    );
  }

  test.each<[string, number | undefined, number, number, boolean]>([
    ['where nothing is limited', undefined, 1_000, 0, false],
    // 86 MiB of its own, and 16 by which each of the others may grow.
    ['where all three fit at their largest', 118, 1_000, 0, false],
    ['where they do not, and it was a matter of seconds', 117, 1_000, 0, true],
    // Each client of both workers is going to ask once more: another mebibyte each.
    ['where they fit with what their clients will ask', 138, 1_000, 10, false],
    ['where they do not', 137, 1_000, 10, true],
    ['where they do not, but will not be as large before the old one has left', 60, 60_000, 10, false],
    ['where not even the start of one fits', 39, 60_000, 0, true],
  ])('%s', (_, left, served, clients, expected) => {
    expect(isLacking(left, served, clients)).toBe(expected);
  });

  test('of a worker that has done its share waits for nothing', () => {
    const world = new FleetWorld(wanted(2));
    world.boot();
    world.event({ type: 'retire', age: 1, cause: 'share' });
    expect(room(world, 0, 0).isLackingFor(1, world.now)).toBe(false);
  });
});
