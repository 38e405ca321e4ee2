/**
 * What the workers of each generation are started with: settings and listening sockets. Invariant: a socket is open as
 * long as a generation that is kept listens on it, and is closed with the last one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Address } from '../contract/address.ts';
import type { Log } from '../contract/log.ts';
import type { Config } from '../settings/config.ts';
import { closeSockets, openSockets, removeSocketFiles, removeUnservedSocketFiles, type Sockets } from './sockets.ts';

export interface Generation {
  readonly config: Config;
  readonly sockets: Sockets;
}

export class Generations {
  readonly #kept = new Map<number, Generation>();
  readonly #log: () => Log;
  /** The addresses that systemd passed, in place of the setting `bind`. */
  readonly #bind: readonly Address[] | undefined;
  #open: Sockets;
  /** Those that were closed, but whose files may still be there. */
  #closed: Sockets = [];

  constructor(inherited: { readonly sockets: Sockets; readonly bind: readonly Address[] | undefined }, log: () => Log) {
    this.#open = inherited.sockets;
    this.#bind = inherited.bind;
    this.#log = log;
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

  /**
   * Opens the sockets that `config` asks for and that are not open yet, for a generation that is then `add`ed.
   * @throws QilinError BIND_FAILED after `attempts` tries a second apart; then nothing has changed
   */
  async open(config: Config, attempts: number): Promise<Sockets> {
    const bind = this.#bind ?? config.bind;
    const sockets = await openSockets({ ...config, bind }, this.#open, this.#log(), attempts, pause);
    this.#open = [...new Set([...this.#open, ...sockets])];
    return sockets;
  }

  add(number: number, generation: Generation): void {
    this.#kept.set(number, generation);
  }

  /** Forgets all other generations, and closes the sockets that only they listened on. */
  keepOnly(numbers: readonly (number | null)[]): void {
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
