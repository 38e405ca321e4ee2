/**
 * The client connections of a worker: accepts from every listener, at most `limit` at a time. Beyond that a connection
 * waits in the kernel's queue, where another worker can take it.
 */
import { Socket } from 'node:net';
import { Acceptor, closeFd } from '@qilin/picoev';
import type { Log } from '../../contract/log.ts';
import type { Listener } from '../../contract/messages.ts';

export interface ConnectionsOptions {
  /** The most connections that are open at a time. */
  readonly limit: number;
  /**
   * Whether a client may end its side before the answer is sent. As in Node's own servers: yes for HTTP, no for HTTPS, where
   * the connection of a client that is gone would stay open for ever.
   */
  readonly allowHalfOpen: boolean;
}

export class Connections {
  /** Open connections, from accept to close. */
  readonly open = new Set<Socket>();
  readonly #acceptors: Acceptor[] = [];
  #listeners: readonly Listener[] = [];
  readonly #options: ConnectionsOptions;
  readonly #onConnection: (socket: Socket) => void;
  readonly #log: Log;
  #accepted = 0;
  #paused = false;
  #closed = false;
  #onEmpty: (() => void) | undefined;
  /** One for all sockets: a closure for each showed in the cost of a connection. */
  readonly #onClose: (this: Socket) => void;

  constructor(options: ConnectionsOptions, log: Log, onConnection: (socket: Socket) => void) {
    this.#options = options;
    this.#log = log;
    this.#onConnection = onConnection;
    const forget = (socket: Socket) => this.#forget(socket);
    this.#onClose = function () {
      forget(this);
    };
  }

  get accepted(): number {
    return this.#accepted;
  }

  get wakeups(): number {
    return this.#acceptors.reduce((sum, { stats }) => sum + stats.wakeups, 0);
  }

  accept(listeners: readonly Listener[]): void {
    this.#listeners = listeners;
    for (const listener of listeners) {
      const onExhausted = (code: string) =>
        this.#log.warning(`No descriptor for another connection (${code}): ${this.open.size} are open, it waits`);
      this.#acceptors.push(new Acceptor(listener.fd, (fd) => this.#take(fd), { onExhausted }));
    }
  }

  /**
   * Accepts no more, for good; what is open stays open. Lets go of the listening sockets: one that the arbiter has closed
   * refuses clients only when the last worker has closed it too.
   */
  stopAccepting(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const acceptor of this.#acceptors) acceptor.close();
    for (const { fd } of this.#listeners) closeFd(fd);
  }

  /** Resolves when no connection is open. */
  async empty(): Promise<void> {
    if (this.open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  destroyAll(): void {
    for (const socket of this.open) socket.destroy();
  }

  #take(fd: number): void {
    const socket = openSocket(fd, this.#options.allowHalfOpen);
    // The client may be gone already.
    if (socket === undefined) return;
    this.#accepted += 1;
    this.open.add(socket);
    socket.on('close', this.#onClose);
    if (this.open.size >= this.#options.limit) this.#pause();
    this.#onConnection(socket);
  }

  #forget(socket: Socket): void {
    this.open.delete(socket);
    if (this.open.size === 0) this.#onEmpty?.();
    if (this.#paused && !this.#closed && this.open.size < this.#options.limit) this.#resume();
  }

  #pause(): void {
    this.#paused = true;
    for (const acceptor of this.#acceptors) acceptor.pause();
  }

  #resume(): void {
    this.#paused = false;
    for (const acceptor of this.#acceptors) acceptor.resume();
  }
}

function openSocket(fd: number, allowHalfOpen: boolean): Socket | undefined {
  try {
    return new Socket({ fd, readable: true, writable: true, allowHalfOpen });
  } catch {
    closeFd(fd);
    return undefined;
  }
}
