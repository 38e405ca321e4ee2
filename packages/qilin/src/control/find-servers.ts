/** Which servers run on this machine: their control sockets, as far as this user may use them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isCount, isObject } from '../contract/fields.ts';
import type { Milliseconds } from '../contract/units.ts';
import { ControlClient, Unreachable } from './control-client.ts';
import { runtimeFolder, SUFFIX, self } from './socket-path.ts';

export interface FoundServer {
  readonly path: string;
  /** Of its arbiter. */
  readonly pid: number;
}

/** Where Linux tells of all unix sockets. A line of one that listens has the flag in its fourth column: unix(4), proc_pid_net(5). */
const ALL_SOCKETS = '/proc/net/unix';
const LISTENS = '00010000';

const PATIENCE: Milliseconds = 2_000;

/** All that answer. Those of other users are left out, unless this is root. */
export async function findServers(): Promise<readonly FoundServer[]> {
  const user = self();
  const paths = new Set([...inFolder(runtimeFolder(user)), ...inKernel()]);
  const mine = [...paths].filter((path) => user.uid === 0 || ownerOf(path) === user.uid);
  const found = await Promise.all(mine.map(serverAt));
  return found.filter((server) => server !== undefined).sort((a, b) => a.pid - b.pid);
}

function inFolder(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
    return names.map((name) => `${folder}/${name}`);
  } catch {
    return []; // there is none, or it is somebody else's
  }
}

function inKernel(): readonly string[] {
  try {
    return readFileSync(ALL_SOCKETS, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, , , flags, , , , ...path] = line
          .trim()
          .split(' ')
          .filter((word) => word !== '');
        const name = path.join(' ');
        return flags === LISTENS && name.startsWith('/') && name.endsWith(SUFFIX) ? [name] : [];
      });
  } catch {
    return []; // no Linux
  }
}

const ownerOf = (path: string): number | undefined => {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
};

/** Whoever listens may say any pid: root is not to tell one user's server what was meant for another's. */
function mayBeAt(path: string, pid: number): boolean {
  try {
    const [, effective] = /^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(effective) === ownerOf(path);
  } catch {
    return true; // no Linux, or in a container of its own
  }
}

async function serverAt(path: string): Promise<FoundServer | undefined> {
  try {
    const client = await ControlClient.connect(path);
    // One that is stopped takes connections, and answers nothing.
    const patience = setTimeout(() => client.close(), PATIENCE);
    const answer = await client.ask({ command: 'status', arguments: {} });
    clearTimeout(patience);
    client.close();
    const result = answer?.ok === true ? answer.result : undefined;
    const pid = isObject(result) ? result['pid'] : undefined;
    return isCount(pid) && mayBeAt(path, pid) ? { path, pid } : undefined;
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}
