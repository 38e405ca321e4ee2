/** Where connections wait for their header of PROXY protocol, for stacks that read from the descriptor by themselves. */
import { addon, type NativeProxyGate } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';
import type { Endpoint } from './exchange.ts';

export interface ProxyGateHandlers {
  /**
   * The header is read, and not a byte behind it: the descriptor is the handler's.
   * @param client Undefined where the proxy speaks for itself: then it is the connection's own other end.
   */
  onPassed(fd: number, client: Endpoint | undefined): void;
  /**
   * The connection is closed.
   * @param reason Undefined where it had merely ended without a word, or was reset.
   * @param peer Its other end, empty where nobody knows.
   */
  onRefused(reason: string | undefined, peer: string): void;
}

export class ProxyGate {
  readonly #native: NativeProxyGate;

  /**
   * @param networks The proxies: addresses, CIDR blocks, or `*` for all. Whoever may connect to a unix socket is one.
   * @param timeout Milliseconds for a header; 0 for ever.
   * @throws {RangeError} when `timeout` is no such number.
   */
  constructor(networks: readonly string[], timeout: number, handlers: ProxyGateHandlers) {
    requireInteger('timeout', timeout, 0, INT_MAX);
    this.#native = addon().startProxyGate(
      networks,
      timeout,
      ({ fd, client }) => handlers.onPassed(fd, client),
      ({ reason, peer }) => handlers.onRefused(reason, peer),
    );
  }

  /** Takes an accepted connection. A handler is called before this returns where its header has come already. */
  take(fd: number): void {
    this.#native.take(fd);
  }

  /** Connections whose header has not come yet. */
  get waiting(): number {
    return this.#native.waiting();
  }

  /** Closes those, without calling a handler. */
  closeWaiting(): void {
    this.#native.closeWaiting();
  }

  /** The same, for good. Idempotent. */
  close(): void {
    this.#native.close();
  }
}
