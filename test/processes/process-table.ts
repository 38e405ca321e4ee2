/** What /proc tells of the processes of the machine. Empty where there is none, as on macOS. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface ProcessStat {
  /** `R` runs, `S` sleeps, `Z` is a zombie: proc_pid_stat(5). */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
}

function allPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Undefined when it has gone. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = read(pid, 'stat');
  // `PID (NAME) STATE PARENT GROUP SESSION …`, where NAME may contain anything.
  const [state, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === undefined || text === '' ? undefined : { state, parent: Number(parent), session: Number(session) };
}

/** Whether SIGSTOP has reached all of its threads: they stop one after the other. */
export function hasStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => statOf(Number(thread))?.state === 'T');
}

export const childrenOf = (parent: number): number[] => allPids().filter((pid) => statOf(pid)?.parent === parent);

/** The memory that it has, shared pages included (RSS). */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

/** The processes that run with this `NAME=VALUE` in the environment of their start; zombies do not run. */
export const runningWith = (variable: string): number[] =>
  allPids().filter((pid) => read(pid, 'environ').split('\0').includes(variable) && statOf(pid)?.state !== 'Z');

/** What each descriptor of a process is open to: a path, or `socket:[INODE]`. */
export function openFilesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}

/** `LISTENING` or `ESTABLISHED`, or another of the kernel's numbers (net/tcp_states.h). */
export const LISTENING = '0A';
export const ESTABLISHED = '01';

interface TcpSocket {
  readonly localPort: number;
  /** 0 where it listens. */
  readonly remotePort: number;
  readonly state: string;
}

/** Of IPv4, one for each descriptor. */
export function tcpSocketsOf(pid: number): TcpSocket[] {
  const sockets = new Map<string, TcpSocket>();
  for (const row of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = row.trim().split(/\s+/);
    sockets.set(`socket:[${inode}]`, { localPort: portOf(local), remotePort: portOf(remote), state });
  }
  return openFilesOf(pid).flatMap((file) => sockets.get(file) ?? []);
}

const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);

/** How many descriptors of a process are listening TCP sockets; one socket may have several. */
export const listenersOf = (pid: number): number => tcpSocketsOf(pid).filter(({ state }) => state === LISTENING).length;

function read(pid: number, file: 'environ' | 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has gone meanwhile, or belongs to somebody else.
    return '';
  }
}
