/** What is read of the machine, and the control groups that this process is in (cgroups(7), v1, v2 and both at once). */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, relative } from 'node:path';

export interface Machine {
  /** CPUs of the mask; at least 1. */
  readonly cpus: number;
  /** Bytes of its memory. */
  readonly memory: number;
  /** The text of a file, or undefined when it cannot be read. */
  readFile(path: string): string | undefined;
}

export const thisMachine: Machine = {
  cpus: availableParallelism(),
  memory: totalmem(),
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // No such file: another system, another version of cgroups, or a root group, which has no limits.
      return undefined;
    }
  },
};

export interface ControlGroup {
  readonly version: 1 | 2;
  /** The folders of the group's ancestors, as far as they are mounted, and its own: the last. */
  readonly folders: readonly string[];
}

/** The groups of this process that can limit what the controller is about. */
export function controlGroups(machine: Machine, controller: 'cpu' | 'memory'): readonly ControlGroup[] {
  const paths = memberships(machine, controller);
  return mounts(machine, controller).flatMap(({ version, root, folder }) => {
    const path = paths.get(version);
    return path === undefined ? [] : [{ version, folders: onTheWay(folder, below(root, path)) }];
  });
}

/** The path of this process's group in each hierarchy: cgroups(7). */
function memberships(machine: Machine, controller: string): ReadonlyMap<1 | 2, string> {
  const paths = new Map<1 | 2, string>();
  for (const line of (machine.readFile('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (controllers === '') paths.set(2, path);
    if (controllers.split(',').includes(controller)) paths.set(1, path);
  }
  return paths;
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that is mounted; not `/` in a container without a namespace of its own. */
  readonly root: string;
  readonly folder: string;
}

/** Where the hierarchies that can have such a limit are mounted: proc_pid_mountinfo(5). */
function mounts(machine: Machine, controller: string): readonly Mount[] {
  const found: Mount[] = [];
  for (const line of (machine.readFile('/proc/self/mountinfo') ?? '').split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = mount.split(' ');
    const [type, , options = ''] = source.split(' ');
    if (type === 'cgroup2') found.push({ version: 2, root, folder });
    if (type === 'cgroup' && options.split(',').includes(controller)) found.push({ version: 1, root, folder });
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
