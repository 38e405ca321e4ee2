/** `setTimeout()` of a socket that stands for a connection: tells when for so long nothing has come on it, and nothing was taken. */
import type { Connection } from '@qilin/picoev';
import type { Milliseconds } from '../../contract/units.ts';

export interface TimedSocket {
  readonly connection: Connection;
  timedOut(): void;
}

export class SocketClock {
  readonly #socket: TimedSocket;
  readonly #timer: NodeJS.Timeout;
  #read = 0;
  #waiting = 0;

  constructor(socket: TimedSocket, time: Milliseconds) {
    this.#socket = socket;
    this.#note();
    this.#timer = setTimeout(look, time, this).unref();
  }

  /** It begins anew. */
  wind(): void {
    this.#note();
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Of what the engine has read or sent meanwhile, the socket was told nothing. */
  look(): void {
    const { bytesRead, bytesWaiting } = this.#socket.connection;
    if (bytesRead === this.#read && bytesWaiting === this.#waiting) this.#socket.timedOut();
    else this.wind();
  }

  #note(): void {
    const { bytesRead, bytesWaiting } = this.#socket.connection;
    this.#read = bytesRead;
    this.#waiting = bytesWaiting;
  }
}

// One function for all instead of a closure for each.
const look = (clock: SocketClock): void => clock.look();
