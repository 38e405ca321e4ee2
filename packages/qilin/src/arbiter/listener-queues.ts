/** How many connections wait in the queue of each listening socket: as Linux tells of TCP, in /proc, which lists those that listen first. */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { formatAddress } from '../contract/address.ts';
import type { Sockets } from './sockets.ts';

/** Some 400 sockets that listen: more are not looked through, and of connections there may be any number behind them. */
const MOST_BYTES = 64 * 1024;

const LISTENS = '0A';

/** By address as it is printed; sockets that share one are added up. Those of which nothing is known are missing. */
export function listenerQueues(sockets: Sockets): ReadonlyMap<string, number> {
  const queues = new Map<string, number>();
  const asked = sockets.filter(({ actual }) => actual.kind === 'tcp');
  if (process.platform !== 'linux' || asked.length === 0) return queues;
  const waiting = new Map([...waitingIn('/proc/net/tcp'), ...waitingIn('/proc/net/tcp6')]);
  for (const { fd, actual } of asked) {
    const inode = inodeOf(fd);
    const found = inode === undefined ? undefined : waiting.get(inode);
    const name = formatAddress(actual);
    if (found !== undefined) queues.set(name, (queues.get(name) ?? 0) + found);
  }
  return queues;
}

function inodeOf(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

/** By inode. Of one that listens, what is told as waiting to be read is the length of its queue. */
export function parseListeners(table: string): ReadonlyMap<string, number> {
  const rows = table.split('\n').slice(1, -1);
  const listening = rows.flatMap((row): [string, number][] => {
    const [, , , state, queues = '', , , , , inode] = row.trim().split(/\s+/);
    const [, waiting = ''] = queues.split(':');
    return state === LISTENS && inode !== undefined ? [[inode, Number.parseInt(waiting, 16)]] : [];
  });
  return new Map(listening.filter(([, waiting]) => Number.isSafeInteger(waiting)));
}

function waitingIn(path: string): ReadonlyMap<string, number> {
  try {
    return parseListeners(beginningOf(path));
  } catch {
    // No descriptor is left, or the kernel has no IPv6.
    return new Map();
  }
}

function beginningOf(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(MOST_BYTES);
    let size = 0;
    // The kernel gives a page at a time.
    for (let read = -1; read !== 0 && size < MOST_BYTES; size += read)
      read = readSync(fd, buffer, size, MOST_BYTES - size, null);
    return buffer.toString('latin1', 0, size);
  } finally {
    closeSync(fd);
  }
}
