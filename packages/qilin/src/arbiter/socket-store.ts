/**
 * Systemd's store of descriptors (FDSTORE of sd_notify(3)): listening sockets that outlive the arbiter, so that even its death leaves what
 * waits in their queues. A name there tells all that is needed to take one back. Pure.
 */
import { type Address, formatAddress } from '../contract/address.ts';
import { readAddress } from '../settings/bind.ts';
import type { Socket, Sockets } from './sockets.ts';

/** What other names, of sockets that systemd itself has opened, do not begin with. */
const MARK = 'qilin;';
/** Bytes of a name: FDNAME_MAX of systemd. */
const LONGEST_NAME = 255;

/** What a name says. */
export interface Stored {
  readonly requested: Address;
  /** Which file was made for it; empty where none was. */
  readonly file: string;
}

/** `;` parts, `:` parts names in LISTEN_FDNAMES, and systemd takes printable ASCII alone. */
const encode = (text: string): string => text.replace(/[^!-~]+|[%:;]/gu, encodeURIComponent);

/**
 * The sockets that are to be in the store, by their names. Those that came from elsewhere are not: systemd, or whoever started the arbiter,
 * has them still. Nor are those at paths too long for a name.
 */
export function storable(sockets: Sockets): ReadonlyMap<string, Socket> {
  const found = new Map<string, Socket>();
  for (const socket of sockets) {
    if (socket.requested.kind === 'fd') continue;
    const name = `${MARK}${encode(formatAddress(socket.requested))};${encode(socket.file)};`;
    // With reusePort there can be several at one address.
    let number = 1;
    while (found.has(`${name}${number}`)) number += 1;
    if (name.length + String(number).length <= LONGEST_NAME) found.set(`${name}${number}`, socket);
  }
  return found;
}

/** Whether the name is one of the store. */
export const isStoreName = (name: string): boolean => name.startsWith(MARK);

/** Undefined for a name that no arbiter of this version has given. */
export function readStoreName(name: string): Stored | undefined {
  const [address, file, number, ...more] = name.slice(MARK.length).split(';');
  if (address === undefined || file === undefined || !/^[1-9]\d*$/.test(number ?? '') || more.length > 0)
    return undefined;
  try {
    const read = readAddress(decodeURIComponent(address));
    if (!read.ok || read.value.kind === 'fd') return undefined;
    return { requested: read.value, file: decodeURIComponent(file) };
  } catch {
    // A `%` that nobody here has written.
    return undefined;
  }
}

/** What is to be said of the store. */
export interface StoreNews {
  readonly added: readonly (readonly [name: string, fd: number])[];
  readonly removed: readonly string[];
}

/**
 * @param stored The names that are in it.
 * @param isEnding The server ends: what is stored is for the next one, which `systemctl restart` starts, but for unix sockets, whose files
 * this one removes.
 */
export function newsOfStore(stored: ReadonlySet<string>, sockets: Sockets, isEnding: boolean): StoreNews {
  const wanted = storable(sockets);
  const staysBehind = (name: string): boolean => isEnding && readStoreName(name)?.file === '';
  return {
    added: [...wanted].flatMap(([name, { fd }]) => (stored.has(name) ? [] : ([[name, fd]] as const))),
    removed: [...stored].filter((name) => !wanted.has(name) && !staysBehind(name)),
  };
}
