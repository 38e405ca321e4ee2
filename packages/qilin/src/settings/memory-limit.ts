/**
 * How much memory this process may use with all that it starts: the least limit of the control groups that it is in, and of their
 * ancestors. Apart from that, how many addresses each process of it may have (`ulimit -v`).
 */
import { join } from 'node:path';
import { controlGroups, type Machine, thisMachine } from './machine.ts';

export interface MemoryLimits {
  /** Bytes for all processes of the server together; null for none but the machine's memory. */
  readonly group: number | null;
  /** Bytes of addresses for each process; null for no limit. */
  readonly addresses: number | null;
  /** Bytes of the machine. */
  readonly machine: number;
}

export function memoryLimits(machine: Machine = thisMachine): MemoryLimits {
  const limits = controlGroups(machine, 'memory').flatMap(({ version, folders }) =>
    folders.flatMap((folder) => (version === 2 ? limitsOfV2(machine, folder) : limitsOfV1(machine, folder))),
  );
  // More than there is is how cgroup v1 writes that there is no limit.
  const group = Math.min(...limits.filter((limit) => limit > 0 && limit < machine.memory));
  const addresses = addressLimit(machine.readFile('/proc/self/limits') ?? '');
  return { group: Number.isFinite(group) ? group : null, addresses, machine: machine.memory };
}

/** How many processes of this process's control group the kernel has ended so far, since no memory was left. */
export function oomKills(machine: Machine = thisMachine): number {
  const counts = controlGroups(machine, 'memory').map(({ version, folders }) => {
    const events = join(folders.at(-1) ?? '', version === 2 ? 'memory.events' : 'memory.oom_control');
    return Number(/^oom_kill (\d+)$/m.exec(machine.readFile(events) ?? '')?.[1] ?? 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Beyond `memory.high` processes are slowed down until they use less: it is no place to live at either. */
const limitsOfV2 = (machine: Machine, folder: string): readonly number[] =>
  ['memory.max', 'memory.high'].map((name) => bytes(machine.readFile(join(folder, name))));

/** `memory.stat` has the least limit of all ancestors, those that a container does not see included. */
function limitsOfV1(machine: Machine, folder: string): readonly number[] {
  const stat = machine.readFile(join(folder, 'memory.stat')) ?? '';
  return [
    bytes(machine.readFile(join(folder, 'memory.limit_in_bytes'))),
    bytes(/^hierarchical_memory_limit (.*)$/m.exec(stat)?.[1]),
  ];
}

/** NaN for `max`, and for nonsense. */
const bytes = (text: string | undefined): number => (/^\d+$/.test(text?.trim() ?? '') ? Number(text) : Number.NaN);

/** The soft limit, proc_pid_limits(5). */
function addressLimit(limits: string): number | null {
  const soft = /^Max address space +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
