/** Why the system starts no process, in words that say what to do; and how one has ended. */
import { reasonOf } from '../contract/errors.ts';

/** By an error's code, what a process lacks that cannot be started. */
const REMEDIES: Readonly<Record<string, string>> = {
  EAGAIN: 'the limit of processes is reached: raise `ulimit -u`, `pids.max` or TasksMax',
  ENOMEM: 'memory is short: use fewer workers, or give more',
  EMFILE: 'the limit of open files is reached: raise `ulimit -n`',
  ENFILE: 'the system has no more open files to give',
  E2BIG: 'the environment is too long: shorten rawEnv',
  ENOENT: `${process.execPath} or the working directory has gone`,
  EACCES: 'the user may not run node, or not enter the working directory',
};

export function refusal(cause: unknown): Error {
  const remedy = cause instanceof Error && 'code' in cause ? REMEDIES[String(cause.code)] : undefined;
  return new Error(remedy === undefined ? reasonOf(cause) : `${reasonOf(cause)} (${remedy})`, { cause });
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `status 1` or `signal SIGKILL`. */
export const howItEnded = ({ status, signal }: End): string =>
  signal === null ? `status ${status}` : `signal ${signal}`;
