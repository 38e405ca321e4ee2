/** What /proc tells of a worker at work. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY = 30;
const LOOKS_AT_REST = 4;
const PATIENCE = 20_000;

/** CPU time so far, in clock ticks of 10 ms: proc_pid_stat(5). */
function cpuTicks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resolves when the process has hardly used the CPU for a while: all that it can do without its client is done. */
export async function atRest(pid: number): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (let looks = 0, last = -1; looks < LOOKS_AT_REST; ) {
    if (performance.now() > deadline) throw new Error(`worker ${pid} is still at work after ${PATIENCE / 1000} s`);
    await pause(LOOK_EVERY);
    const ticks = cpuTicks(pid);
    looks = ticks - last <= 1 ? looks + 1 : 0;
    last = ticks;
  }
}

/** From now on `peakMemory` tells the most that was resident since this moment: proc_pid_clear_refs(5). */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Bytes. */
export function peakMemory(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return Number(kibibytes) * 1024;
}
