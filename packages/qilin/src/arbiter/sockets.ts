/**
 * The listening sockets. The arbiter opens them once, keeps them for its whole life and lends them to its workers and to
 * its successor, so that a connection waits in the kernel's queue while nobody can take it.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { closeFd, listen } from '@qilin/picoev';
import { type Address, actualAddress, formatAddress } from '../contract/address.ts';
import { QilinError } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';
import { inFolder } from '../files/in-folder.ts';

interface Socket {
  readonly fd: number;
  /** As the setting `bind` says it; what tells two sockets apart. */
  readonly requested: Address;
  /** As the kernel says it: with the port that it chose for 0. */
  readonly actual: Address;
}

export type Sockets = readonly Socket[];

export interface SocketSettings {
  readonly bind: readonly Address[];
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly umask: number | null;
}

const RETRY_AFTER: Milliseconds = 1_000;

const key = (address: Address) => formatAddress(address);

/**
 * The sockets for all addresses: those of `present` that fit, new ones for the rest. An address in use is tried `attempts` times, 1 s apart.
 * @throws QilinError BIND_FAILED; the new ones that were opened before it are closed again
 */
export async function openSockets(
  settings: SocketSettings,
  present: Sockets,
  log: Log,
  attempts: number,
  pause: (duration: Milliseconds) => Promise<void>,
): Promise<Sockets> {
  const sockets: Socket[] = [];
  try {
    for (const address of settings.bind) {
      const open = present.find((socket) => key(socket.requested) === key(address) && !sockets.includes(socket));
      sockets.push(open ?? (await openSocket(address, settings, log, attempts, pause)));
    }
  } catch (error) {
    const opened = sockets.filter((socket) => !present.includes(socket));
    closeSockets(opened);
    removeSocketFiles(opened);
    throw error;
  }
  return sockets;
}

async function openSocket(
  address: Address,
  { backlog, reusePort, umask }: SocketSettings,
  log: Log,
  attempts: number,
  pause: (duration: Milliseconds) => Promise<void>,
): Promise<Socket> {
  const mode = umask === null ? {} : { mode: 0o777 & ~umask };
  for (let attempt = 1; ; attempt++) {
    try {
      const fd = listen(address, { backlog, reusePort, ...mode });
      return { fd, requested: address, actual: actualAddress(fd, address) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!inUse || attempt >= attempts) throw new QilinError('BIND_FAILED', message);
      log.error(`${message}; trying again in ${RETRY_AFTER / 1000} s`);
      await pause(RETRY_AFTER);
    }
  }
}

/** The files of unix sockets stay: a successor may serve them. */
export function closeSockets(sockets: Sockets): void {
  for (const { fd } of sockets) closeFd(fd);
}

/** Removes the files of those that are unix sockets. */
export function removeSocketFiles(sockets: Sockets): void {
  for (const { requested } of sockets) if (requested.kind === 'unix') removeFile(requested.path);
}

/**
 * Removes the files of those unix sockets that no process listens on any more. For one of two arbiters that may be leaving
 * at the same time, when neither can know by the other's pid which is the last.
 */
export async function removeUnservedSocketFiles(sockets: Sockets): Promise<void> {
  for (const { requested } of sockets) {
    if (requested.kind === 'unix' && !(await isServed(requested.path))) removeFile(requested.path);
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Anything else, such as a full queue, is a sign of life.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function removeFile(path: string): void {
  try {
    inFolder(path, (file) => {
      if (lstatSync(file).isSocket()) unlinkSync(file);
    });
  } catch {
    // Somebody else removed it, which is what was wanted, or has put something else in its place.
  }
}
