/** A connection of the engine, for whoever has asked for it: its facts are the kernel's, and asked for one by one. */
import { AppScope } from './app-scope.ts';
import type { Connection, Endpoint } from './exchange.ts';
import { EVENT_FLAG } from './wire.ts';

/** What a connection needs of the loop that it belongs to. Nothing of a connection that has ended. */
export interface ConnectionLoop {
  peerOf(connection: HttpConnection): Endpoint | undefined;
  localOf(connection: HttpConnection): Endpoint | undefined;
  receivedOf(connection: HttpConnection): number;
  sentOf(connection: HttpConnection): number;
  waitingOf(connection: HttpConnection): number;
  /** No further request of it is read. */
  endConnection(connection: HttpConnection): void;
  /** Cuts it, by a reset or an end. */
  abort(connection: HttpConnection, resets: boolean): void;
}

export class HttpConnection implements Connection {
  isOpen = true;
  wasReset = false;
  hasEnded = false;
  owner: object | null = null;
  onClose: ((connection: Connection) => void) | null = null;

  /** @internal */
  readonly fd: number;
  /** @internal */
  readonly serial: number;
  readonly listener: number;

  readonly #loop: ConnectionLoop;
  /** Null where nobody has asked yet. */
  #peer: Endpoint | undefined | null = null;
  #local: Endpoint | undefined | null = null;
  // When it has ended.
  #received = 0;
  #sent = 0;
  /** Until its end is told: what was cut with it. */
  #waiting = 0;

  /** @internal */
  constructor(loop: ConnectionLoop, fd: number, serial: number, listener: number) {
    this.#loop = loop;
    this.fd = fd;
    this.serial = serial;
    this.listener = listener;
  }

  get peer(): Endpoint | undefined {
    if (this.#peer === null) this.#peer = this.#loop.peerOf(this);
    return this.#peer;
  }

  get local(): Endpoint | undefined {
    if (this.#local === null) this.#local = this.#loop.localOf(this);
    return this.#local;
  }

  get bytesRead(): number {
    return this.isOpen ? this.#loop.receivedOf(this) : this.#received;
  }

  get bytesWritten(): number {
    return this.isOpen ? this.#loop.sentOf(this) : this.#sent;
  }

  get bytesWaiting(): number {
    return this.isOpen ? this.#loop.waitingOf(this) : this.#waiting;
  }

  end(): void {
    if (this.isOpen) this.#loop.endConnection(this);
  }

  destroy(resets = false): void {
    if (!this.isOpen) return;
    const { bytesRead, bytesWritten, bytesWaiting } = this;
    this.#loop.abort(this, resets);
    this.leave(bytesRead, bytesWritten, bytesWaiting);
  }

  /** @internal @param flags Of EVENT_FLAG. */
  noteEnd(flags: number): void {
    if ((flags & EVENT_FLAG.RESET) !== 0) this.wasReset = true;
    if ((flags & EVENT_FLAG.ENDED) !== 0) this.hasEnded = true;
  }

  /** @internal It is none of the engine's any more. */
  leave(received = 0, sent = 0, waiting = 0): void {
    this.#received = received;
    this.#sent = sent;
    this.#waiting = waiting;
    this.isOpen = false;
  }

  /** @internal It has ended. */
  tellEnd(received: number, sent: number): void {
    this.leave(received, sent);
    if (this.onClose !== null) new AppScope('TCPWRAP').call(this.onClose, undefined, this);
  }
}
