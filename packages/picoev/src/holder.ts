/** Who listens at an address that is taken, as far as /proc tells: proc_net_tcp(5), and what descriptors lead to. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { basename } from 'node:path';
import { processes } from './processes.ts';

/** A listening socket as /proc/net has it. */
interface Row {
  readonly inode: string;
  /** Of who made it; unknown for a unix socket. */
  readonly uid?: string;
}

/** Descriptors of processes that are looked through, for a fifth of a second at most: an answer is good to have, and not worth more. */
const MOST_DESCRIPTORS = 50_000;
/** TCP_LISTEN of the kernel, in hexadecimal. */
const LISTENS = '0A';
/** __SO_ACCEPTCON: the flag of a unix socket that listens. */
const ACCEPTS = 0x10_000;
const EVERY_ADDRESS = /^0+$/;

/** `nginx (pid 12)`, or `a process of user 33` where its descriptors are not ours to see; undefined when nothing is known. */
export function holderOf(address: { readonly host: string; readonly port: number } | { readonly path: string }) {
  const rows = 'path' in address ? unixRows(address.path) : tcpRows(address.host, address.port);
  const pid = findOwner(rows);
  if (pid !== undefined) return `${nameOf(pid)} (pid ${pid})`;
  const uid = rows[0]?.uid;
  return uid === undefined || Number(uid) === process.geteuid?.() ? undefined : `a process of user ${uid}`;
}

function tcpRows(host: string, port: number): Row[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    linesOf(file).flatMap((line) => {
      const [, local = '', , state, , , , uid = '', , inode = ''] = line.trim().split(/\s+/);
      const [address = '', at] = local.split(':');
      return state === LISTENS && at === wanted && collide(host, address) ? [{ inode, uid }] : [];
    }),
  );
}

/** Whether an address of the table, in the machine's own hexadecimal, stands in the way of `host`. A name may be any. */
function collide(host: string, inTable: string): boolean {
  if (!isIPv4(host) || host === '0.0.0.0' || EVERY_ADDRESS.test(inTable)) return true;
  const bytes = host.split('.').map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'));
  return inTable === bytes.join('') || inTable === bytes.reverse().join('');
}

function unixRows(path: string): Row[] {
  const wanted = Buffer.from(path).toString('latin1');
  return linesOf('/proc/net/unix').flatMap((line) => {
    const [, flags = '', inode = '', name] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/.exec(line) ?? [];
    return name === wanted && (Number.parseInt(flags, 16) & ACCEPTS) !== 0 ? [{ inode }] : [];
  });
}

/** The first process that has one of the sockets: of a server that shares them with its children, the parent. */
function findOwner(rows: readonly Row[]): number | undefined {
  if (rows.length === 0) return undefined;
  const sockets = new Set(rows.map(({ inode }) => `socket:[${inode}]`));
  let looked = 0;
  return processes().find((pid) => {
    const files = looked < MOST_DESCRIPTORS ? descriptorsOf(pid) : [];
    looked += files.length;
    return files.some((file) => sockets.has(file));
  });
}

/** What they lead to; empty for a process that is not ours to look into. */
function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // Closed since it was listed.
    return '';
  }
}

/** Without its arguments, which may hold what belongs in no log. Whatever it calls itself, it stays in one line. */
function nameOf(pid: number): string {
  const [comm = ''] = linesOf(`/proc/${pid}/comm`);
  // So Node 24 calls its first thread, in the place of a name.
  const name = comm === 'MainThread' ? basename(targetOf(`/proc/${pid}/exe`)) : comm;
  return name.replace(/[^ -~]/g, '?') || 'a process';
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n');
  } catch {
    return [];
  }
}
