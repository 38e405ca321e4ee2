/**
 * What the workers of each generation are started with: settings, user and listening sockets. Invariant: a socket is open as
 * long as a generation that is kept listens on it, and is closed with the last one.
 */
import type { Address } from '../contract/address.ts';
import { QilinError } from '../contract/errors.ts';
import { addressFor } from '../settings/bind.ts';
import type { Config, Origins } from '../settings/config.ts';
import type { Named } from './activation.ts';
import type { Hosts } from './hosts.ts';
import type { Inheritance } from './inheritance.ts';
import type { Privileges } from './privileges.ts';
import {
  closeSockets,
  isAt,
  openSocket,
  removeSocketFiles,
  removeUnservedSocketFiles,
  type Socket,
  type Sockets,
  socketFileAt,
} from './sockets.ts';

interface Wanted {
  readonly address: Address;
  /** As in `Lent`. */
  readonly place: number | null;
}

/** A socket, and whom it is lent to. */
interface Lent {
  readonly socket: Socket;
  /** The worker, by its place; null for all. */
  readonly place: number | null;
}

export interface Generation {
  readonly config: Config;
  readonly origins: Origins;
  readonly privileges: Privileges;
  readonly lent: readonly Lent[];
}

/** What the worker in that place listens on. */
export const socketsOf = ({ lent }: Generation, place: number): Sockets =>
  lent.filter((one) => one.place === null || one.place === place).map(({ socket }) => socket);

/** What all of them listen on. */
export const allSocketsOf = ({ lent }: Generation): Sockets => lent.map(({ socket }) => socket);

/** Of a socket whose file has mode 0600. Few ask at the same time. */
const OWNERS_ALONE = { backlog: 16, reusePort: false, umask: 0o177 };

export class Generations {
  readonly #kept = new Map<number, Generation>();
  /** The addresses that systemd passed, in place of the setting `bind` where that names none of them. */
  readonly #bind: readonly Address[] | undefined;
  readonly #named: Named;
  #open: Sockets;
  #admin: Socket | undefined;
  #control: Socket | undefined;
  /** Those that were closed, but whose files may still be there. */
  #closed: Sockets = [];

  constructor({ sockets, admin, control, bind, named }: Omit<Inheritance, 'predecessor' | 'stored' | 'workers'>) {
    this.#open = sockets;
    this.#admin = admin;
    this.#control = control;
    this.#bind = bind;
    this.#named = named;
  }

  /** All sockets that are open. */
  get sockets(): Sockets {
    return this.#open;
  }

  /** The arbiter's own, of the setting `adminBind`. */
  get admin(): Socket | undefined {
    return this.#admin;
  }

  /** Of the setting `controlSocket`. */
  get control(): Socket | undefined {
    return this.#control;
  }

  /** Whether systemd passed sockets. */
  get activated(): boolean {
    return this.#bind !== undefined;
  }

  /** Those, by their names. */
  get named(): Named {
    return this.#named;
  }

  get(number: number): Generation | undefined {
    return this.#kept.get(number);
  }

  /** The addresses that `config` asks for and that are not open yet. */
  missing(config: Config): readonly Address[] {
    const { adminBind } = config;
    const addresses = this.#wanted(config).map(({ address }) => address);
    const missing = addresses.filter((address) => !this.#open.some(isAt(address)));
    return adminBind === null || this.#hasAdmin(adminBind) ? missing : [...missing, adminBind];
  }

  /**
   * Where a generation with these settings listens.
   * @throws QilinError BIND_FAILED when `bind` names sockets that systemd did not pass
   */
  #wanted({ bind, workers }: Config): readonly Wanted[] {
    const picksByName = bind.some(({ kind }) => kind === 'named');
    const wanted = this.#bind === undefined || picksByName ? bind : this.#bind;
    return wanted.flatMap((each): readonly Wanted[] => {
      if (each.kind === 'named') return this.#calledBy(each.name).map((address) => ({ address, place: null }));
      if (each.kind !== 'eachWorker') return [{ address: each, place: null }];
      return Array.from({ length: workers }, (_, index) => index + 1).flatMap((place) => {
        const address = addressFor(each, place);
        return address === undefined ? [] : [{ address, place }];
      });
    });
  }

  #calledBy(name: string): readonly Address[] {
    const found = this.#named.get(name);
    if (found !== undefined) return found;
    const known = [...this.#named.keys()].map((each) => `"${each}"`).join(', ');
    throw new QilinError(
      'BIND_FAILED',
      `No socket with the name "${name}" (bind) was passed by systemd: ${known === '' ? 'it has passed none' : `there are ${known}`}; FileDescriptorName= of the .socket unit gives names.`,
    );
  }

  /** Whether workers have addresses of their own, so that there can be no more of them than addresses. */
  get areNumbered(): boolean {
    return [...this.#kept.values()].some(({ lent }) => lent.some(({ place }) => place !== null));
  }

  /**
   * The sockets that `config` asks for, opened where they are not open yet, for a generation that is then `add`ed. Where one
   * cannot be, the others are there for the next try, or for `keepOnly` to close.
   * @throws QilinError BIND_FAILED
   */
  open(config: Config, hosts: Hosts): readonly Lent[] {
    const lent: Lent[] = [];
    for (const { address, place } of this.#wanted(config)) {
      const present = this.#open.filter(isAt(address)).find((socket) => lent.every((one) => one.socket !== socket));
      const socket = present ?? openSocket(address, config, hosts);
      if (present === undefined) this.#open = [...this.#open, socket];
      lent.push({ socket, place });
    }
    return lent;
  }

  /**
   * Opens the one where the arbiter itself is asked, if `config` wants one and it is not open yet.
   * @throws QilinError BIND_FAILED
   */
  openAdmin(config: Config, hosts: Hosts): void {
    const { adminBind } = config;
    if (adminBind !== null && this.#hasAdmin(adminBind)) return;
    this.#closeAdmin();
    if (adminBind !== null) this.#admin = openSocket(adminBind, config, hosts);
  }

  /**
   * Opens the control socket, if there is to be one and it is not the one that is open.
   * @throws QilinError BIND_FAILED
   */
  openControl(path: string | null): void {
    const address = path === null ? null : ({ kind: 'unix', path } as const);
    if (address !== null && this.#control !== undefined && isAt(address)(this.#control)) return;
    this.#close(this.#control);
    this.#control = address === null ? undefined : openSocket(address, OWNERS_ALONE, new Map());
  }

  /**
   * Makes the file of the control socket anew where somebody has removed it.
   * @throws QilinError BIND_FAILED when another has taken its place
   */
  restoreControl(): void {
    const before = this.#control;
    if (before?.requested.kind !== 'unix' || socketFileAt(before.requested.path) === before.file) return;
    this.#control = openSocket(before.requested, OWNERS_ALONE, new Map());
    closeSockets([before]);
  }

  /** Those that are the arbiter's own. */
  closeOwn(): void {
    this.#closeAdmin();
    this.#close(this.#control);
    this.#control = undefined;
  }

  #closeAdmin(): void {
    this.#close(this.#admin);
    this.#admin = undefined;
  }

  #close(socket: Socket | undefined): void {
    if (socket === undefined) return;
    closeSockets([socket]);
    this.#closed = [...this.#closed, socket];
  }

  #hasAdmin(address: Address): boolean {
    return this.#admin !== undefined && isAt(address)(this.#admin);
  }

  add(number: number, generation: Generation): void {
    this.#kept.set(number, generation);
  }

  /** Forgets all other generations, and closes the sockets that only they listened on. */
  keepOnly(numbers: readonly (number | undefined)[]): void {
    for (const number of this.#kept.keys()) if (!numbers.includes(number)) this.#kept.delete(number);
    const used = new Set([...this.#kept.values()].flatMap(allSocketsOf));
    // What systemd has passed cannot be had again: a reload may name it.
    if (numbers.length > 0) for (const socket of this.#open.filter((one) => this.#isPassed(one))) used.add(socket);
    const unused = this.#open.filter((socket) => !used.has(socket));
    closeSockets(unused);
    this.#closed = [...this.#closed, ...unused];
    this.#open = [...used];
  }

  /** By systemd. */
  #isPassed(socket: Socket): boolean {
    return [...this.#named.values()].some((addresses) => addresses.some((address) => isAt(address)(socket)));
  }

  /** Removes the files of closed unix sockets. Not to be called while another arbiter may serve them. */
  removeFiles(): void {
    removeSocketFiles(this.#closed);
    this.#closed = [];
  }

  /** The same while there is another arbiter: only the files that nobody listens on. */
  async removeUnservedFiles(): Promise<void> {
    await removeUnservedSocketFiles(this.#closed);
  }
}
