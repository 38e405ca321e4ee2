/**
 * How many CPUs this process may keep busy, which is what `workers = auto` becomes: those of its CPU mask, and no more
 * than the CPU quota of any of the control groups that it is in (cgroups(7), v1 and v2).
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

export interface Machine {
  /** CPUs of the mask; at least 1. */
  readonly cpus: number;
  /** The text of a file, or undefined when it cannot be read. */
  readFile(path: string): string | undefined;
}

const thisMachine: Machine = {
  cpus: availableParallelism(),
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // No such file: another system, another version of cgroups, or a root group, which has no quota.
      return undefined;
    }
  },
};

/** Whole CPUs, at least 1: a quota of 1.5 CPUs keeps two workers busy in part. */
export function usableCpus(machine: Machine = thisMachine): number {
  const quotas = controlGroups(machine).flatMap(({ version, folders }) =>
    folders.map((folder) => (version === 2 ? quotaOfV2(machine, folder) : quotaOfV1(machine, folder))),
  );
  return Math.max(1, Math.ceil(Math.min(machine.cpus, ...quotas)));
}

interface ControlGroup {
  readonly version: 1 | 2;
  /** The group's folder and those of its ancestors, as far as they are mounted. */
  readonly folders: readonly string[];
}

/** The groups of this process that can have a CPU quota. */
function controlGroups(machine: Machine): readonly ControlGroup[] {
  const paths = memberships(machine);
  return mounts(machine).flatMap(({ version, root, folder }) => {
    const path = paths.get(version);
    return path === undefined ? [] : [{ version, folders: onTheWay(folder, below(root, path)) }];
  });
}

/** The path of this process's group in each hierarchy: cgroups(7). */
function memberships(machine: Machine): ReadonlyMap<1 | 2, string> {
  const paths = new Map<1 | 2, string>();
  for (const line of (machine.readFile('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (controllers === '') paths.set(2, path);
    if (controllers.split(',').includes('cpu')) paths.set(1, path);
  }
  return paths;
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that is mounted; not `/` in a container without a namespace of its own. */
  readonly root: string;
  readonly folder: string;
}

/** Where the hierarchies that can have a CPU quota are mounted: proc_pid_mountinfo(5). */
function mounts(machine: Machine): readonly Mount[] {
  const found: Mount[] = [];
  for (const line of (machine.readFile('/proc/self/mountinfo') ?? '').split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = mount.split(' ');
    const [type, , options = ''] = source.split(' ');
    if (type === 'cgroup2') found.push({ version: 2, root, folder });
    if (type === 'cgroup' && options.split(',').includes('cpu')) found.push({ version: 1, root, folder });
  }
  return found;
}

/** The path of a group below the mounted one; empty when it lies elsewhere, so that only the mounted one is known. */
function below(root: string, path: string): string {
  const rest = relative(root, path);
  return rest.startsWith('..') || path.includes('/..') ? '' : rest;
}

/** The mounted folder, and each one on the way down to the group. */
function onTheWay(folder: string, path: string): readonly string[] {
  const names = path === '' ? [] : path.split('/');
  return [folder, ...names.map((_, index) => join(folder, ...names.slice(0, index + 1)))];
}

/** `cpu.max` holds microseconds of CPU time and of the period that they are granted for, or `max`. */
function quotaOfV2(machine: Machine, folder: string): number {
  const [quota = 'max', period = ''] = (machine.readFile(join(folder, 'cpu.max')) ?? 'max').trim().split(' ');
  return quota === 'max' ? Number.POSITIVE_INFINITY : share(quota, period);
}

/** `cpu.cfs_quota_us` is -1 without a quota. */
function quotaOfV1(machine: Machine, folder: string): number {
  const quota = machine.readFile(join(folder, 'cpu.cfs_quota_us')) ?? '-1';
  return share(quota, machine.readFile(join(folder, 'cpu.cfs_period_us')) ?? '');
}

function share(quota: string, period: string): number {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
}
