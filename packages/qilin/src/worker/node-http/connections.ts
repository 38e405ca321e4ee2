/**
 * The client connections of a worker: accepts from every listener, while fewer places are taken than there are. Beyond that a
 * connection waits in the kernel's queue, where another worker can take it.
 */
import { Socket } from 'node:net';
import { Acceptor, closeFd, type Endpoint, ProxyGate } from '@qilin/picoev';
import type { Log } from '../../contract/log.ts';
import type { Listener } from '../../contract/messages.ts';
import type { Milliseconds } from '../../contract/units.ts';
import { tellsOfShortage } from '../descriptor-shortage.ts';
import { ProxyRefusals } from '../proxy-refusals.ts';
import { Connection, connectionOf, noteHalfClosed } from './connection.ts';

/** How long a place that was promised to a client who waits is believed in: the answer that frees it may take its time. */
const PROMISE: Milliseconds = 100;

interface ProxyRules {
  /** Whom connections come from: addresses, blocks or `*`. */
  readonly allowFrom: readonly string[];
  /** For the header; 0 for ever. */
  readonly timeout: Milliseconds;
}

export interface ConnectionsOptions {
  /** The places of this worker: each connection takes one, each stream of HTTP/2 beyond its connection's first another. */
  readonly limit: number;
  /** Whether a client may end its side and still be answered. */
  readonly allowHalfOpen: boolean;
  /** Of each socket, as the server's option says. */
  readonly highWaterMark: number | undefined;
  /** A handshake comes first. */
  readonly tls: boolean;
  /** A header of PROXY protocol comes before all else; undefined where none does. */
  readonly proxies: ProxyRules | undefined;
  readonly onConnection: (socket: Socket) => void;
  /** Whether it has dealt with a connection that was just accepted; undefined where none is to be turned away unseen. */
  readonly turnsAway: ((fd: number) => boolean) | undefined;
  /** A place has become free; it may be taken before the next connection is accepted. */
  readonly onRoom: () => void;
}

export class Connections {
  /** From accept to close. */
  readonly open = new Set<Connection>();
  #acceptors: readonly Acceptor[] = [];
  /** Of each listener one, where connections wait for their PROXY header; none where none comes. */
  readonly #gates: ProxyGate[] = [];
  readonly #refusals: ProxyRefusals;
  #listeners: readonly Listener[] = [];
  readonly #options: ConnectionsOptions;
  readonly #onExhausted: (code: string) => void;
  #accepted = 0;
  /** Places that are taken beside those of connections. */
  #extra = 0;
  /** Clients that wait for whom a connection was asked to make room, since that time. */
  #promised = 0;
  #promisedAt: Milliseconds = 0;
  #paused = false;
  #closed = false;
  #ends: { onQuiet(): void; onEmpty(): void } | undefined;
  /** One for all sockets: a closure for each showed in the cost of a connection. */
  readonly #onClose: (this: Socket) => void;

  constructor(options: ConnectionsOptions, log: Log) {
    this.#options = options;
    this.#onExhausted = tellsOfShortage(log, () => this.open.size);
    this.#refusals = new ProxyRefusals(log);
    const forget = (socket: Socket) => this.#forget(socket);
    this.#onClose = function () {
      forget(this);
    };
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Connections that were closed for want of a valid PROXY header. */
  get unproxied(): number {
    return this.#refusals.count;
  }

  /** Of all that are accepted, those whose PROXY header has not come yet: nothing else is known of them. */
  get arriving(): number {
    return this.#gates.reduce((sum, gate) => sum + gate.waiting, 0);
  }

  get wakeups(): number {
    return this.#acceptors.reduce((sum, { stats }) => sum + stats.wakeups, 0);
  }

  accept(listeners: readonly Listener[]): void {
    this.#listeners = listeners;
    this.#acceptors = listeners.map(({ fd }) => this.#acceptFrom(fd));
  }

  /** Accepts what waits in the queues, as far as there are places. Returns how many still wait. */
  takeRest(): number {
    return this.#acceptors.reduce((sum, acceptor) => sum + acceptor.takeRest(), 0);
  }

  /** Takes a place that is no connection's. False when all are taken. */
  take(): boolean {
    if (this.#isFull) return false;
    this.#extra += 1;
    if (this.#isFull) this.#pause();
    return true;
  }

  /** Gives it back. */
  give(): void {
    this.#extra -= 1;
    this.#tellRoom();
  }

  /**
   * Whether a client waits for a place while all are taken: then the connection that asks makes room, behind what it has in
   * hand. Clients that are kept busy would keep their places for ever.
   */
  makesRoom(): boolean {
    if (!this.#paused || this.#closed) return false;
    const now = performance.now();
    if (now - this.#promisedAt >= PROMISE) {
      this.#promisedAt = now;
      this.#promised = 0;
    }
    if (this.#countWaiting() <= this.#promised) return false;
    this.#promised += 1;
    return true;
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

  /** Resolves when no connection is open; calls `onQuiet` before, when those that are have gone over to other protocols. */
  async empty(onQuiet: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ends = { onQuiet, onEmpty: resolve };
      this.tellEnds();
    });
  }

  /** To be called now and then, since nothing tells that a connection has gone over to another protocol. */
  tellEnds(): void {
    if (this.#ends === undefined) return;
    for (const { isUpgraded } of this.open) if (!isUpgraded) return;
    if (this.arriving > 0) return;
    this.#ends.onQuiet();
    if (this.open.size === 0) this.#ends.onEmpty();
  }

  destroyAll(): void {
    this.closeArriving();
    for (const connection of this.open) connection.destroy();
  }

  /** Of no more use. */
  close(): void {
    this.stopAccepting();
    this.destroyAll();
    for (const gate of this.#gates.splice(0)) gate.close();
  }

  /** Closes those whose PROXY header has not come yet. */
  closeArriving(): void {
    for (const gate of this.#gates) gate.closeWaiting();
    this.#noteEnd();
  }

  #acceptFrom(listener: number): Acceptor {
    const gate = this.#gateOf(listener);
    const { turnsAway } = this.#options;
    const take = (fd: number) => {
      this.#accepted += 1;
      if (turnsAway?.(fd)) return;
      if (gate === undefined) this.#take(fd, listener, undefined);
      else gate.take(fd);
      if (this.#isFull) this.#pause();
    };
    return new Acceptor(listener, take, { onExhausted: this.#onExhausted });
  }

  #gateOf(listener: number): ProxyGate | undefined {
    const { proxies } = this.#options;
    if (proxies === undefined) return undefined;
    const gate = new ProxyGate(proxies.allowFrom, proxies.timeout, {
      onPassed: (fd, client) => this.#take(fd, listener, client),
      onRefused: (reason, peer) => {
        if (reason !== undefined) this.#refusals.note(1, reason, peer);
        this.#noteEnd();
      },
    });
    this.#gates.push(gate);
    return gate;
  }

  #countWaiting(): number {
    return this.#acceptors.reduce((sum, acceptor) => sum + acceptor.waiting, 0);
  }

  get #isFull(): boolean {
    return this.open.size + this.arriving + this.#extra >= this.#options.limit;
  }

  #take(fd: number, listener: number, client: Endpoint | undefined): void {
    const { allowHalfOpen, highWaterMark, tls, onConnection } = this.#options;
    const socket = openSocket(fd, allowHalfOpen, highWaterMark);
    // The client may be gone already.
    if (socket === undefined) {
      this.#noteEnd();
      return;
    }
    this.open.add(new Connection(socket, listener, tls, client));
    socket.on('close', this.#onClose);
    if (!tls) socket.on('end', noteHalfClosed);
    onConnection(socket);
  }

  #forget(socket: Socket): void {
    const connection = connectionOf(socket);
    if (connection !== undefined) this.open.delete(connection);
    this.#noteEnd();
  }

  #noteEnd(): void {
    this.tellEnds();
    this.#tellRoom();
  }

  #tellRoom(): void {
    if (this.#isFull) return;
    this.#options.onRoom();
    if (this.#paused && !this.#closed && !this.#isFull) this.#resume();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const acceptor of this.#acceptors) acceptor.pause();
  }

  #resume(): void {
    this.#paused = false;
    for (const acceptor of this.#acceptors) acceptor.resume();
  }
}

function openSocket(fd: number, allowHalfOpen: boolean, mark: number | undefined): Socket | undefined {
  const marks = { readableHighWaterMark: mark, writableHighWaterMark: mark };
  try {
    return new Socket({ fd, readable: true, writable: true, allowHalfOpen, ...marks });
  } catch {
    closeFd(fd);
    return undefined;
  }
}
