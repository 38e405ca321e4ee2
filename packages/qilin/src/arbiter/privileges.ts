/** The user and group that the workers run as. */
import { readFileSync } from 'node:fs';
import { QilinError } from '../contract/errors.ts';
import { giveLogFile, standardStream } from '../observe/log-file.ts';
import { ask } from './directory.ts';

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
 * Numbers for names, or for numbers as they are. A user alone brings its primary group. Asked of the system's own commands, which
 * know the users of LDAP and sssd too.
 * @throws QilinError PRIVILEGES when a name is not found, or when they differ from the present ones and we are not root
 */
export async function resolvePrivileges(user: string | null, group: string | null): Promise<Privileges> {
  const [uid, gid] = await Promise.all([
    user === null ? undefined : findUser(user),
    group !== null ? findGroup(group) : user === null ? undefined : findPrimaryGroup(user),
  ]);
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

const askFor = async (
  command: 'id' | 'getent',
  args: readonly string[],
  subject: string,
): Promise<string | undefined> => (await ask({ command, args, subject, code: 'PRIVILEGES' })) ?? undefined;

const isNumber = (name: string): boolean => /^\d+$/.test(name);

async function findUser(user: string): Promise<number> {
  const uid = await askFor('id', ['-u', '--', user], `user "${user}"`);
  if (uid !== undefined) return Number(uid);
  if (isNumber(user)) return Number(user);
  throw notFound('user', user);
}

async function findPrimaryGroup(user: string): Promise<number> {
  const gid = await askFor('id', ['-g', '--', user], `user "${user}"`);
  if (gid !== undefined) return Number(gid);
  if (!isNumber(user)) throw notFound('user', user);
  throw new QilinError('PRIVILEGES', `user ${user} has no name on this machine, and so no group: give --group too.`);
}

async function findGroup(group: string): Promise<number> {
  if (isNumber(group)) return Number(group);
  const line = (await askFor('getent', ['group', group], `group "${group}"`)) ?? lineOfGroup(group);
  const gid = line?.split(':')[2];
  if (gid === undefined) throw notFound('group', group);
  return Number(gid);
}

/** Where there is no getent, as on macOS. */
function lineOfGroup(group: string): string | undefined {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${group}:`));
}

const notFound = (kind: 'user' | 'group', name: string): QilinError =>
  new QilinError('PRIVILEGES', `${kind} must be the name or number of a ${kind} of this machine (got "${name}").`);

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
