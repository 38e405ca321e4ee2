import { describe, expect, test } from 'vitest';
import { memoryLimits, oomKills } from '../../src/settings/memory-limit.ts';

const MIB = 2 ** 20;
const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
const V1 = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory';
/** As systemd mounts them where v1 is in use, and as Docker mounts them in a container. */
const HYBRID = `${V1}\n41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;
const BOUND = '35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory';
/** What v1 holds where nothing is limited. */
const UNLIMITED = '9223372036854771712\n';

const limits = (files: Readonly<Record<string, string>>) =>
  memoryLimits({ cpus: 1, memory: 8192 * MIB, readFile: (path) => files[path] });

/** In a tree of control groups: what `/proc/self` says, and the files below `/sys/fs/cgroup`. */
function group(membership: string, mounts: string, files: Readonly<Record<string, string>>): number | null {
  const found = Object.entries(files).map(([path, text]) => [`/sys/fs/cgroup/${path}`, text]);
  const tree = { '/proc/self/cgroup': membership, '/proc/self/mountinfo': mounts, ...Object.fromEntries(found) };
  const limit = limits(tree).group;
  return limit === null ? null : limit / MIB;
}

describe('the memory limit that holds', () => {
  test('is none where there are no control groups', () => {
    expect(limits({})).toEqual({ group: null, addresses: null, machine: 8192 * MIB });
  });

  test.each<[string, string, string, Record<string, string>, number | null]>([
    ['of cgroup v2', '0::/pod', V2, { 'pod/memory.max': '268435456\n' }, 256],
    ['in the root of a namespace', '0::/', V2, { 'memory.max': '268435456\n' }, 256],
    ['"max", which is none', '0::/pod', V2, { 'pod/memory.max': 'max\n', 'pod/memory.high': 'max\n' }, null],
    ['memory.high, where it is less', '0::/pod', V2, { 'pod/memory.max': 'max', 'pod/memory.high': '104857600' }, 100],
    [
      'the least of nested groups, the outer one',
      '0::/a/b/c',
      V2,
      { 'a/memory.max': '104857600', 'a/b/memory.max': 'max', 'a/b/c/memory.max': '209715200' },
      100,
    ],
    ['of a group that is none of its ancestors', '0::/a', V2, { 'b/memory.max': '104857600' }, null],
    ['of cgroup v1', '4:memory:/docker/1', V1, { 'memory/docker/1/memory.limit_in_bytes': '268435456\n' }, 256],
    ['that v1 has for none', '4:memory:/', V1, { 'memory/memory.limit_in_bytes': UNLIMITED }, null],
    [
      'of v1, of an ancestor that is not seen',
      '4:memory:/docker/1',
      BOUND,
      {
        'memory/memory.limit_in_bytes': UNLIMITED,
        'memory/memory.stat': 'cache 0\nhierarchical_memory_limit 134217728\nhierarchical_memsw_limit 1\n',
      },
      128,
    ],
    [
      'of v1 where v2 is mounted beside it',
      '4:memory:/app\n0::/app',
      HYBRID,
      { 'memory/app/memory.limit_in_bytes': '268435456', 'unified/app/memory.max': 'max' },
      256,
    ],
    [
      'of v2 where v1 limits nothing',
      '4:memory:/app\n0::/app',
      HYBRID,
      { 'memory/app/memory.limit_in_bytes': UNLIMITED, 'unified/app/memory.max': '268435456' },
      256,
    ],
    ['more than there is', '0::/pod', V2, { 'pod/memory.max': String(8192 * MIB) }, null],
    ...['', '-1', 'lots', '12.5', '0x100000', '1e9', '0', ' ', '268435456 268435456'].map(
      (text): [string, string, string, Record<string, string>, null] => [
        `nonsense: ${JSON.stringify(text)}`,
        '0::/pod',
        V2,
        { 'pod/memory.max': text },
        null,
      ],
    ),
    ['without the text of a file', '0::/pod', V2, {}, null],
    ['in files that are no such', 'nonsense', 'x - y\n\n - ', { 'memory.max': '268435456' }, null],
  ])('%s', (_, membership, mounts, files, expected) => {
    expect(group(membership, mounts, files)).toBe(expected);
  });

  test('of addresses is that of ulimit -v', () => {
    const text = (limit: string) =>
      `Limit                     Soft Limit           Hard Limit           Units     \nMax address space         ${limit}           unlimited            bytes     \n`;
    expect(limits({ '/proc/self/limits': text('4294967296') }).addresses).toBe(4096 * MIB);
    expect(limits({ '/proc/self/limits': text('unlimited ') }).addresses).toBeNull();
    expect(limits({ '/proc/self/limits': 'nonsense' }).addresses).toBeNull();
  });

  test('of this machine can be read', () => {
    expect(memoryLimits().machine).toBeGreaterThan(MIB);
  });
});

describe('the processes that the kernel has ended for want of memory', () => {
  const kills = (membership: string, mounts: string, files: Readonly<Record<string, string>>) => {
    const tree: Readonly<Record<string, string>> = {
      '/proc/self/cgroup': membership,
      '/proc/self/mountinfo': mounts,
      ...files,
    };
    return oomKills({ cpus: 1, memory: 8192 * MIB, readFile: (path) => tree[path] });
  };

  test.each<[string, string, string, Record<string, string>, number]>([
    ['v2', '0::/pod', V2, { '/sys/fs/cgroup/pod/memory.events': 'oom 5\noom_kill 3\noom_group_kill 0\n' }, 3],
    ['v1', '4:memory:/a', V1, { '/sys/fs/cgroup/memory/a/memory.oom_control': 'under_oom 0\noom_kill 2' }, 2],
    ['another group', '4:memory:/b', V1, { '/sys/fs/cgroup/memory/a/memory.oom_control': 'oom_kill 2' }, 0],
    ['nonsense', '0::/pod', V2, { '/sys/fs/cgroup/pod/memory.events': 'oom_kill many' }, 0],
    ['no control groups', '', '', {}, 0],
  ])('by %s', (_, membership, mounts, files, expected) => {
    expect(kills(membership, mounts, files)).toBe(expected);
  });
});
