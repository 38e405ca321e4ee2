import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { usableCpus } from '../../src/settings/cpus.ts';

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
const V1_MOUNT = '33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - cgroup cgroup rw,cpu,cpuacct';

const cpus = (count: number, files: Readonly<Record<string, string>>): number =>
  usableCpus({ cpus: count, memory: 2 ** 34, readFile: (path) => files[path] });

describe('the CPUs that a process may use', () => {
  test('are those of its mask where there are no control groups', () => {
    expect(cpus(8, {})).toBe(8);
  });

  test('are limited by a quota of cgroup v2, rounded up', () => {
    const files = {
      '/proc/self/cgroup': '0::/app.slice\n',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/app.slice/cpu.max': '250000 100000\n',
    };
    expect(cpus(8, files)).toBe(3);
    expect(cpus(2, files)).toBe(2);
  });

  test('are limited by the quota of any group above', () => {
    const files = {
      '/proc/self/cgroup': '0::/a/b/c',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/a/cpu.max': '200000 100000',
      '/sys/fs/cgroup/a/b/cpu.max': '400000 100000',
      '/sys/fs/cgroup/a/b/c/cpu.max': 'max 100000',
    };
    expect(cpus(8, files)).toBe(2);
  });

  test('are at least one', () => {
    const files = {
      '/proc/self/cgroup': '0::/',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/cpu.max': '5000 100000',
    };
    expect(cpus(8, files)).toBe(1);
  });

  test('are limited by a quota of cgroup v1, -1 being none', () => {
    const files = {
      '/proc/self/cgroup': '12:memory:/x\n4:cpu,cpuacct:/docker/1\n',
      '/proc/self/mountinfo': V1_MOUNT,
      '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us': '150000\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us': '100000\n',
    };
    expect(cpus(8, files)).toBe(2);
  });

  test('are found where the container sees its own group as the mounted one', () => {
    const files = {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/1',
      '/proc/self/mountinfo': V1_MOUNT.replace(' / /sys', ' /docker/1 /sys'),
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '300000',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
    };
    expect(cpus(8, files)).toBe(3);
  });

  test('are found where the group lies outside of the namespace', () => {
    const files = {
      '/proc/self/cgroup': '0::/../other',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/cpu.max': '100000 100000',
    };
    expect(cpus(8, files)).toBe(1);
  });

  test('are a number of this machine, too', () => {
    expect(usableCpus()).toBeGreaterThanOrEqual(1);
    expect(usableCpus()).toBeLessThanOrEqual(availableParallelism());
  });
});
