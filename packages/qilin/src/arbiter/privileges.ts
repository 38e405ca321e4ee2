/** The user and group that the workers run as. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { QilinError } from '../contract/errors.ts';
import { giveLogFile, standardStream } from '../observe/log-file.ts';

export interface Privileges {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

interface LogFiles {
  /** File names, `-` for a standard stream, null for none. */
  readonly accesslog: string | null;
  readonly errorlog: string;
}

/**
 * Numbers for names, or for numbers as they are. A user alone brings its primary group.
 * @throws QilinError PRIVILEGES when a name does not exist, or when they differ from the present ones and we are not root
 */
export function resolvePrivileges(user: string | null, group: string | null): Privileges {
  const uid = user === null ? undefined : resolveUser(user, '-u');
  const gid = group !== null ? resolveGroup(group) : user === null ? undefined : resolveUser(user, '-g');
  const foreign = [
    uid !== undefined && uid !== process.getuid?.() && `user ${user}`,
    gid !== undefined && gid !== process.getgid?.() && `group ${group ?? gid}`,
  ].filter((name) => name !== false);
  if (foreign.length > 0 && process.getuid?.() !== 0) {
    throw new QilinError(
      'PRIVILEGES',
      `only root can run workers as another ${foreign.join(' and ')}: start as root, or leave --user and --group out.`,
    );
  }
  return { uid, gid };
}

function resolveUser(user: string, field: '-u' | '-g'): number {
  try {
    return Number(execFileSync('id', [field, '--', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    if (/^\d+$/.test(user) && field === '-u') return Number(user);
    throw new QilinError('PRIVILEGES', `user must be the name or number of a user of this machine (got "${user}").`);
  }
}

function resolveGroup(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  if (gid === undefined) {
    throw new QilinError('PRIVILEGES', `group must be the name or number of a group of this machine (got "${group}").`);
  }
  return Number(gid);
}

/**
 * The workers write to the log files too, so these become theirs, as Gunicorn does it. To be called before a worker opens
 * them: at its start, and when they are opened anew.
 * @throws QilinError LOG_FILE
 */
export function giveLogFiles({ accesslog, errorlog }: LogFiles, owner: Privileges): void {
  if (process.geteuid?.() !== 0 || (owner.uid === undefined && owner.gid === undefined)) return;
  for (const file of [accesslog, errorlog]) {
    if (file !== null && file !== '-' && standardStream(file) === undefined) giveLogFile(file, owner);
  }
}
