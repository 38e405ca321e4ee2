/** What the process that adopts orphans must do: fetch the exit status of those that ended. */
import { readdirSync, readFileSync } from 'node:fs';
import { addon } from './addon.ts';

/**
 * Reaps children that have ended and that nobody here started. The kernel gives the orphans of a container to its PID 1,
 * and those of a subtree to its subreaper (prctl(2), PR_SET_CHILD_SUBREAPER); as long as nobody waits for them, they stay
 * in the process table as zombies. To be called on SIGCHLD.
 *
 * @param known pids of children that Node waits for: they are left to it. A child that is not listed here loses its `exit`
 * event, so list them all.
 * @returns the pids that were reaped. Always empty where there is no /proc, as on macOS, where launchd adopts orphans.
 */
export function reapOrphans(known: readonly number[]): number[] {
  const { reapChild } = addon();
  const own = new Set(known);
  return zombieChildren().filter((pid) => !own.has(pid) && reapChild(pid));
}

/**
 * Looked up in /proc: waitid(2) for any child would tell of the first zombie only, and that may be one of Node's, and
 * /proc/self/task/N/children exists only in kernels built with CONFIG_PROC_CHILDREN.
 */
function zombieChildren(): number[] {
  return processes().filter((pid) => {
    const stat = readStat(pid);
    return stat?.parent === process.pid && stat.state === 'Z';
  });
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    // No /proc, no orphans: see above.
    return [];
  }
}

/** proc_pid_stat(5): `PID (NAME) STATE PARENT …`, where NAME may contain anything, parentheses and spaces too. */
function readStat(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ', 2);
    return state === undefined ? undefined : { state, parent: Number(parent) };
  } catch {
    // It went away between the listing and now.
    return undefined;
  }
}
