/**
 * A server of the program's own whose connections are Qilin's: it looks as if it listened, and what it tells of its connections,
 * and when it is closed, is the truth of whoever serves them. The same on every worker class.
 */
import { type AddressInfo, isIPv6, type Server } from 'node:net';
import { type Address, formatAddress } from '../contract/address.ts';
import type { Traffic } from '../contract/traffic.ts';

/** What it has of its own while it is served. */
const MEMBERS = [
  'listening',
  'address',
  'getConnections',
  'close',
  'closeIdleConnections',
  'closeAllConnections',
] as const;

/** It listens to 'listening' already. */
const withoutCallback = (args: readonly unknown[]): readonly unknown[] =>
  typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;

export class ServedServer {
  readonly #server: Server;
  readonly #traffic: Traffic;
  #listening = false;
  /** It has told the program that it listens. */
  #hasTold = false;

  constructor(server: Server, address: Address, traffic: Traffic) {
    this.#server = server;
    this.#traffic = traffic;
    const told = addressInfo(address);
    const own = <T>(value: T) => ({ configurable: true, writable: true, value });
    Object.defineProperties(server, {
      listening: { configurable: true, get: () => this.#listening },
      address: own(() => (this.#listening ? told : null)),
      getConnections: own((callback?: (error: Error | null, count: number) => void) => {
        if (callback) process.nextTick(() => callback(null, traffic.connections()));
        return server;
      }),
      close: own((callback?: (error?: Error) => void) => this.#close(callback)),
      closeIdleConnections: own(() => traffic.close('idle')),
      closeAllConnections: own(() => traffic.close('all')),
    });
  }

  listen(callback?: () => void, signal?: AbortSignal): void {
    if (this.#listening) {
      const error = new Error('Listen method has been called more than once without closing.');
      throw Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' });
    }
    this.#listening = true;
    if (callback) this.#server.once('listening', callback);
    if (signal?.aborted) process.nextTick(() => this.#server.close());
    else signal?.addEventListener('abort', () => this.#server.close(), { once: true });
    process.nextTick(() => {
      if (!this.#listening) return;
      this.#hasTold = true;
      this.#server.emit('listening');
    });
  }

  /** Lets it have an address of its own after all, with what `listen()` was given. The program hears of it once. */
  release(listen: Server['listen'], args: readonly unknown[]): void {
    const server = this.#server;
    this.#listening = false;
    for (const member of MEMBERS) Reflect.deleteProperty(server, member);
    if (this.#hasTold) {
      const theirs = Object.getOwnPropertyDescriptor(server, 'emit');
      const { emit } = server;
      server.emit = (event: string | symbol, ...rest: unknown[]) => {
        if (event !== 'listening') return Reflect.apply(emit, server, [event, ...rest]);
        if (theirs === undefined) Reflect.deleteProperty(server, 'emit');
        else Object.defineProperty(server, 'emit', theirs);
        return true;
      };
    }
    Reflect.apply(listen, server, withoutCallback(args));
  }

  #close(callback?: (error?: Error) => void): Server {
    // A server that does not listen answers with Node's own error.
    if (!this.#listening) {
      const { close } = Object.getPrototypeOf(this.#server) as Server;
      return Reflect.apply(close, this.#server, [callback]);
    }
    this.#listening = false;
    const server = this.#server;
    if (callback) server.once('close', callback);
    // Node's own, which finds nothing open, lets go of its timer for slow requests and emits 'close'.
    const { close } = Object.getPrototypeOf(server) as Server;
    void this.#traffic.closed().then(() => Reflect.apply(close, server, []));
    return server;
  }
}

/** As `server.address()` has it: a string for all that is not TCP. */
function addressInfo(address: Address): string | AddressInfo {
  if (address.kind === 'unix') return address.path;
  if (address.kind === 'fd') return formatAddress(address);
  return { address: address.host, family: isIPv6(address.host) ? 'IPv6' : 'IPv4', port: address.port };
}
