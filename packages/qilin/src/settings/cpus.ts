/**
 * How many CPUs this process may keep busy, which is what `workers = auto` becomes: those of its CPU mask, and no more
 * than the CPU quota of any of the control groups that it is in.
 */
import { join } from 'node:path';
import { controlGroups, type Machine, thisMachine } from './machine.ts';

/** Whole CPUs, at least 1: a quota of 1.5 CPUs keeps two workers busy in part. */
export function usableCpus(machine: Machine = thisMachine): number {
  const quotas = controlGroups(machine, 'cpu').flatMap(({ version, folders }) =>
    folders.map((folder) => (version === 2 ? quotaOfV2(machine, folder) : quotaOfV1(machine, folder))),
  );
  return Math.max(1, Math.ceil(Math.min(machine.cpus, ...quotas)));
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
