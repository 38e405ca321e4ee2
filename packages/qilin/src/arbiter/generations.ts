/**
 * What the workers of each generation are started with: settings, user and listening sockets. Invariant: a socket is open as
 * long as a generation that is kept listens on it, and is closed with the last one.
 */
import type { Address } from '../contract/address.ts';
import type { Config } from '../settings/config.ts';
import type { Hosts } from './hosts.ts';
import type { Privileges } from './privileges.ts';
import {
  closeSockets,
  isAt,
  openSocket,
  removeSocketFiles,
  removeUnservedSocketFiles,
  type Socket,
  type Sockets,
} from './sockets.ts';

export interface Generation {
  readonly config: Config;
  readonly privileges: Privileges;
  readonly sockets: Sockets;
}

export class Generations {
  readonly #kept = new Map<number, Generation>();
  /** The addresses that systemd passed, in place of the setting `bind`. */
  readonly #bind: readonly Address[] | undefined;
  #open: Sockets;
  /** Those that were closed, but whose files may still be there. */
  #closed: Sockets = [];

  constructor(inherited: { readonly sockets: Sockets; readonly bind: readonly Address[] | undefined }) {
    this.#open = inherited.sockets;
    this.#bind = inherited.bind;
  }

  /** All sockets that are open. */
  get sockets(): Sockets {
    return this.#open;
  }

  /** Whether systemd passed the sockets. */
  get activated(): boolean {
    return this.#bind !== undefined;
  }

  get(number: number): Generation | undefined {
    return this.#kept.get(number);
  }

  /** The addresses that `config` asks for and that are not open yet. */
  missing(config: Config): readonly Address[] {
    return (this.#bind ?? config.bind).filter((address) => !this.#open.some(isAt(address)));
  }

  /**
   * The sockets that `config` asks for, opened where they are not open yet, for a generation that is then `add`ed. Where one
   * cannot be, the others are there for the next try, or for `keepOnly` to close.
   * @throws QilinError BIND_FAILED
   */
  open(config: Config, hosts: Hosts): Sockets {
    const sockets: Socket[] = [];
    for (const address of this.#bind ?? config.bind) {
      const present = this.#open.filter(isAt(address)).find((socket) => !sockets.includes(socket));
      const socket = present ?? openSocket(address, config, hosts);
      if (present === undefined) this.#open = [...this.#open, socket];
      sockets.push(socket);
    }
    return sockets;
  }

  add(number: number, generation: Generation): void {
    this.#kept.set(number, generation);
  }

  /** Forgets all other generations, and closes the sockets that only they listened on. */
  keepOnly(numbers: readonly (number | undefined)[]): void {
    for (const number of this.#kept.keys()) if (!numbers.includes(number)) this.#kept.delete(number);
    const used = new Set([...this.#kept.values()].flatMap(({ sockets }) => sockets));
    const unused = this.#open.filter((socket) => !used.has(socket));
    closeSockets(unused);
    this.#closed = [...this.#closed, ...unused];
    this.#open = [...used];
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
