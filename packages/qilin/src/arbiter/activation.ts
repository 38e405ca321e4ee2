/**
 * What systemd passes at a start (sd_listen_fds(3)): the sockets of the unit's .socket files, by their names, and those that an arbiter
 * before this one had it keep. Invariant: a socket of the store that is of no use any more does not stop the start.
 */
import { closeFd, listen } from '@qilin/picoev';
import { type Address, actualAddress } from '../contract/address.ts';
import { QilinError, reasonOf } from '../contract/errors.ts';
import { isStoreName, readStoreName } from './socket-store.ts';
import { type Socket, socketFileAt } from './sockets.ts';

/** First descriptor after stdin, stdout and stderr. */
const FIRST_FD = 3;

/** Addresses of the sockets that systemd passed, by their names (`FileDescriptorName=`). */
export type Named = ReadonlyMap<string, readonly Address[]>;

export interface Activation {
  /** In the order of the descriptors. */
  readonly activated: readonly Socket[];
  readonly named: Named;
  /** Taken back from the store. */
  readonly kept: readonly Socket[];
  /** All names that the store has. */
  readonly stored: readonly string[];
}

/**
 * @param names LISTEN_FDNAMES: one for each descriptor; older ones of systemd set none.
 * @throws QilinError INHERITANCE when a socket that is none of the store does not listen
 */
export function takeActivated(count: string, names: string | undefined, backlog: number): Activation {
  if (!/^\d{1,4}$/.test(count)) throw notGiven('LISTEN_FDS', `it must be their number (got "${count}")`);
  const texts = names === undefined ? [] : names.split(':');
  const given = Array.from({ length: Number(count) }, (_, index) => ({
    fd: FIRST_FD + index,
    name: texts[index] ?? '',
  }));
  const named = new Map<string, readonly Address[]>();
  const activated: Socket[] = [];
  for (const { fd, name } of given.filter((one) => !isStoreName(one.name))) {
    const socket = adopt('LISTEN_FDS', fd, { kind: 'fd', fd }, backlog);
    activated.push(socket);
    named.set(name, [...(named.get(name) ?? []), socket.requested]);
  }
  const back = given.filter(({ name }) => isStoreName(name));
  return {
    activated,
    named,
    kept: back.flatMap(({ fd, name }) => takeBack(fd, name, backlog)),
    stored: back.map(({ name }) => name),
  };
}

/** None where it cannot be reached any more: it is opened anew, if it is still wanted. */
function takeBack(fd: number, name: string, backlog: number): readonly Socket[] {
  const found = readStoreName(name);
  if (found !== undefined && isReachable(found.requested, found.file)) {
    try {
      return [{ ...adopt('LISTEN_FDS', fd, found.requested, backlog), file: found.file }];
    } catch {
      // It does not listen: the same.
    }
  }
  closeFd(fd);
  return [];
}

/** The file of a unix socket may have been removed, or another server's be in its place. */
function isReachable(requested: Address, file: string): boolean {
  if (requested.kind !== 'unix') return true;
  try {
    return file !== '' && socketFileAt(requested.path) === file;
  } catch {
    return false;
  }
}

/** A socket that listens, with the address that the kernel has for it. */
export function adopt(variable: string, fd: number, requested: Address, backlog: number): Socket {
  try {
    listen({ fd }, { backlog });
    return { fd, requested, actual: actualAddress(fd, { kind: 'fd', fd }), file: '' };
  } catch (cause) {
    throw notGiven(variable, reasonOf(cause));
  }
}

export function notGiven(variable: string, why: string): QilinError {
  return new QilinError(
    'INHERITANCE',
    `${variable} must name listening sockets that this process was started with: ${why}.`,
  );
}
