/**
 * The listening sockets. The arbiter opens them once, keeps them for its whole life and lends them to its workers and to
 * its successor, so that a connection waits in the kernel's queue while nobody can take it.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { closeFd, listen } from '@qilin/picoev';
import { type Address, actualAddress, formatAddress } from '../contract/address.ts';
import { QilinError } from '../contract/errors.ts';
import { inFolder } from '../files/in-folder.ts';

export interface Socket {
  readonly fd: number;
  /** As the setting `bind` says it; what tells two sockets apart. */
  readonly requested: Address;
  /** As the kernel says it: with the port that it chose for 0. */
  readonly actual: Address;
}

export type Sockets = readonly Socket[];

interface SocketSettings {
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly umask: number | null;
}

/** The address is in use: it may soon be free. */
export class AddressInUse extends QilinError {}

/** Those that listen at the same address, as the setting says it. */
export const isAt =
  (address: Address) =>
  ({ requested }: Socket): boolean =>
    formatAddress(requested) === formatAddress(address);

/** @throws QilinError BIND_FAILED, an AddressInUse where it may help to wait */
export function openSocket(address: Address, { backlog, reusePort, umask }: SocketSettings): Socket {
  const mode = umask === null ? {} : { mode: 0o777 & ~umask };
  try {
    const fd = listen(address, { backlog, reusePort, ...mode });
    return { fd, requested: address, actual: actualAddress(fd, address) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isInUse ? new AddressInUse('BIND_FAILED', message) : new QilinError('BIND_FAILED', message);
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
