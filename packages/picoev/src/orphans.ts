/** What the process that adopts orphans must do: fetch the exit status of those that ended. */
import { readFileSync } from 'node:fs';
import { addon } from './addon.ts';
import { processes } from './processes.ts';

/**
 * Reaps children that have ended and that nobody here started. The kernel gives the orphans of a container to its PID 1,
 * and those of a subtree to its subreaper (prctl(2), PR_SET_CHILD_SUBREAPER); as long as nobody waits for them, they stay
 * in the process table as zombies.
 *
 * A child that Node waits for must be left to it, or it would never hear of its end. Nothing tells the two apart but time: Node
 * fetches its own in the turn of the event loop in which they end.
 */
export class OrphanReaper {
  #before: readonly number[] = [];

  /**
   * To be called again and again, from timers.
   * @returns the pids that were reaped: of zombies that were there at the call before already. Always empty where there is no
   * /proc, as on macOS, where launchd adopts orphans.
   */
  reap(): number[] {
    const { reapChild } = addon();
    const zombies = zombieChildren();
    const reaped = zombies.filter((pid) => this.#before.includes(pid) && reapChild(pid));
    this.#before = zombies;
    return reaped;
  }
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
