/** Accepts connections from a listening socket that several processes share. */
import { addon, isFailure, type NativeAcceptor } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';
import { SocketError } from './socket-error.ts';

export interface AcceptorOptions {
  /** Connections that are accepted in one turn of the event loop, at most. Default 4: the README has the figures. */
  readonly perTurn?: number;
  /**
   * Called when descriptors or memory ran out: `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`. Once, until accepting has
   * succeeded again. The connection keeps waiting: another process is woken for it, and this one tries again each 100 ms.
   */
  readonly onExhausted?: (code: string) => void;
}

/** Counted since the acceptor was made. */
export interface AcceptorStats {
  /** Times that the event loop was woken for a connection. */
  readonly wakeups: number;
  readonly accepted: number;
  /** Wake-ups that found nothing, because another process had been faster. */
  readonly empty: number;
  /** Connections that had failed before they were accepted: accept(2), "Error handling". */
  readonly aborted: number;
  /** Times that descriptors or memory ran out. */
  readonly exhausted: number;
}

/** A small number spreads connections over processes, a large one lets them in while the loop is busy with long turns. */
const DEFAULT_PER_TURN = 4;

/**
 * Accepts from the moment it is made, and keeps the process alive until {@link Acceptor.close}. Several may share one
 * socket, in as many processes or threads: a new connection wakes one of those that are idle, in turn, and a busy one
 * holds up nobody.
 *
 * `onConnection` gets each connection's descriptor, non-blocking, close-on-exec and without Nagle's delay, and owns it from
 * then on. It may pause or close the acceptor, which takes effect at once. What it throws is an `uncaughtException`; the
 * descriptor is still its own.
 */
export class Acceptor {
  readonly #native: NativeAcceptor;
  /** For error messages. */
  readonly #attempt: string;

  /**
   * @param fd a listening socket as {@link listen} gives it. It stays the caller's, and must be open until `close()`.
   * @throws {SocketError} when `fd` is not a listening socket, or has an acceptor in this thread already (`EEXIST`).
   * @throws {RangeError} when `perTurn` is not a positive integer.
   */
  constructor(fd: number, onConnection: (fd: number) => void, options: AcceptorOptions = {}) {
    const { perTurn = DEFAULT_PER_TURN, onExhausted = () => {} } = options;
    requireInteger('fd', fd, 0, INT_MAX);
    requireInteger('perTurn', perTurn, 1, INT_MAX);
    this.#attempt = `cannot accept from descriptor ${fd}`;
    const result = addon().startAcceptor(fd, perTurn, onConnection, onExhausted, (failure) => {
      // The addon holds this function, and so this object, until the acceptor is closed.
      throw new SocketError(this.#attempt, failure);
    });
    if (isFailure(result)) throw new SocketError(this.#attempt, result);
    this.#native = result;
  }

  /** Accepts no more for now. What waits stays in the kernel's queue, and another process is woken for it. */
  pause(): void {
    this.#native.pause();
  }

  /** Accepts again after {@link Acceptor.pause}. Without effect otherwise. */
  resume(): void {
    this.#native.resume();
  }

  /**
   * Accepts at once what waits, unless it is paused, or pauses meanwhile: where nobody else has the listening socket, the kernel
   * resets what is in its queue when that is closed. Returns how many still wait, as {@link waiting}.
   */
  takeRest(): number {
    return this.#native.takeRest();
  }

  /** Accepts no more. The listening socket stays open, and what waits stays in its queue for others. Idempotent. */
  close(): void {
    this.#native.close();
  }

  /**
   * Connections that wait in the kernel's queue now, for any process. Where the system does not tell how many (a unix socket,
   * and all of them outside Linux), 1 stands for any number.
   */
  get waiting(): number {
    return this.#native.waiting();
  }

  get stats(): AcceptorStats {
    return this.#native.stats();
  }
}
