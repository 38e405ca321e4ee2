/**
 * The listening sockets. The arbiter opens them once, keeps them for its whole life and lends them to its workers and to
 * its successor, so that a connection waits in the kernel's queue while nobody can take it.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { closeFd, type ListenOptions, listen } from '@qilin/picoev';
import { type Address, actualAddress, formatAddress } from '../contract/address.ts';
import { hasCode, QilinError, reasonOf } from '../contract/errors.ts';
import { inFolder } from '../files/in-folder.ts';
import type { Hosts } from './hosts.ts';

export interface Socket {
  readonly fd: number;
  /** As the setting `bind` says it; what tells two sockets apart. */
  readonly requested: Address;
  /** As the kernel says it: with the port that it chose for 0. */
  readonly actual: Address;
  /** Which file was made for it, as `fileAt` says it; empty where none was. */
  readonly file: string;
}

export type Sockets = readonly Socket[];

const MISSING: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

interface SocketSettings {
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly umask: number | null;
}

type SocketFile = Pick<Socket, 'requested' | 'file'>;

/** The address is in use: it may soon be free. */
export class AddressInUse extends QilinError {}

/** Those that listen at the same address, as the setting says it. */
export const isAt =
  (address: Address) =>
  ({ requested }: Socket): boolean =>
    formatAddress(requested) === formatAddress(address);

/**
 * @param hosts What its name stands for.
 * @throws QilinError BIND_FAILED, an AddressInUse where it may help to wait
 */
export function openSocket(address: Address, { backlog, reusePort, umask }: SocketSettings, hosts: Hosts): Socket {
  const mode = umask === null ? {} : { mode: 0o777 & ~umask };
  try {
    refuseLinks(address);
    const fd = listenAtAny(numeric(address, hosts), { backlog, reusePort, ...mode });
    return { fd, requested: address, actual: actualAddress(fd, address), file: fileOf(address) };
  } catch (error) {
    const message = reasonOf(error);
    const isInUse = hasCode(error, 'EADDRINUSE');
    throw isInUse ? new AddressInUse('BIND_FAILED', message) : new QilinError('BIND_FAILED', message);
  }
}

/** The address itself where it has no name, or one that was not looked up. */
function numeric(address: Address, hosts: Hosts): readonly Address[] {
  const found = address.kind === 'tcp' ? hosts.get(address.host) : undefined;
  return found?.map((host) => ({ ...address, host })) ?? [address];
}

/** At the first that this machine has: it may know a name's IPv6 address without having IPv6. */
function listenAtAny([first, ...others]: readonly Address[], options: ListenOptions): number {
  if (first === undefined) throw new Error('there is no address to bind');
  try {
    return listen(first, options);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && MISSING.includes(error.code);
    if (!isMissing || others.length === 0) throw error;
    return listenAtAny(others, options);
  }
}

/**
 * Before anything is done in a folder that a link may lead to.
 * @throws Error that names the address
 */
function refuseLinks(address: Address): void {
  try {
    fileOf(address);
  } catch (error) {
    // What else can be wrong with the path, bind(2) tells better.
    if (!(error instanceof Error) || 'code' in error) return;
    throw new Error(`cannot bind ${formatAddress(address)}: ${error.message}`);
  }
}

/**
 * Which file is there, if it is that of a unix socket; else empty. A path says too little: another server may have taken the place.
 * @throws Error as `inFolder`
 */
function fileOf(address: Address): string {
  if (address.kind !== 'unix') return '';
  return inFolder(address.path, fileAt);
}

/** The same of a path. */
export function socketFileAt(path: string): string {
  return fileOf({ kind: 'unix', path });
}

function fileAt(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSocket() ? `${found.dev}:${found.ino}` : '';
}

/** The files of unix sockets stay: a successor may serve them. */
export function closeSockets(sockets: Sockets): void {
  for (const { fd } of sockets) closeFd(fd);
}

/** Removes the files of those that are unix sockets. */
export function removeSocketFiles(sockets: Sockets): void {
  for (const socket of sockets) removeFile(socket);
}

/**
 * Removes the files of those unix sockets that no process listens on any more. For one of two arbiters that may be leaving
 * at the same time, when neither can know by the other's pid which is the last.
 */
export async function removeUnservedSocketFiles(sockets: readonly SocketFile[]): Promise<void> {
  for (const socket of sockets) {
    const { requested } = socket;
    if (requested.kind === 'unix' && !(await isServed(requested.path))) removeFile(socket);
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

function removeFile({ requested, file }: SocketFile): void {
  if (requested.kind !== 'unix' || file === '') return;
  try {
    inFolder(requested.path, (path) => {
      if (fileAt(path) === file) unlinkSync(path);
    });
  } catch {
    // Somebody else removed it, which is what was wanted, or has put something else in its place.
  }
}
