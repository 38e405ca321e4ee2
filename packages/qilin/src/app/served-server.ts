/**
 * A server of the program's own whose connections are Qilin's: it looks as if it listened, and what it tells of its connections,
 * and when it is closed, is the truth of whoever serves them. The same on every worker class.
 *
 * What stands for a listening handle is all that Node's own methods need for that, so that they are called as ever: by the program's
 * wrappers of them, and by the overrides of its class.
 */
import { type AddressInfo, isIPv6, Server } from 'node:net';
import { type Address, formatAddress } from '../contract/address.ts';
import { lend } from '../contract/lend.ts';
import { lookForLateRequests, nodesOwn, stopLookingForLateRequests } from '../contract/node-http.ts';
import type { Traffic } from '../contract/traffic.ts';

/** Members of `net.Server` that its types leave out; they have been there since long before Node 20. */
interface OpenServer extends Server {
  _handle: { close(): void } | null;
  _pipeName?: string | undefined;
  readonly _unref?: boolean;
  _emitCloseIfDrained(): void;
}

/** It listens to 'listening' already. */
const withoutCallback = (args: readonly unknown[]): readonly unknown[] =>
  typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;

export class ServedServer {
  readonly #server: OpenServer;
  readonly #traffic: Traffic;
  readonly #told: string | AddressInfo;
  #state: 'closed' | 'listening' | 'closing' = 'closed';
  #takeBack: (() => void) | undefined;
  /** It has told the program that it listens. */
  #hasTold = false;

  constructor(server: Server, address: Address, traffic: Traffic) {
    this.#server = server as OpenServer;
    this.#traffic = traffic;
    this.#told = addressInfo(address);
  }

  listen(callback?: (this: Server) => void, signal?: AbortSignal): void {
    const server = this.#server;
    if (this.#state === 'listening') {
      const error = new Error('Listen method has been called more than once without closing.');
      throw Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' });
    }
    this.#open();
    if (callback) server.once('listening', callback);
    if (signal?.aborted) process.nextTick(() => server.close());
    else signal?.addEventListener('abort', () => server.close(), { once: true });
    process.nextTick(() => {
      if (this.#state !== 'listening') return;
      this.#hasTold = true;
      server.emit('listening');
    });
  }

  /** It listens by itself, and has told the program: its own address is given up. */
  takeOver(): void {
    this.#server._handle?.close();
    this.#open();
    this.#hasTold = true;
  }

  #open(): void {
    const server = this.#server;
    this.#state = 'listening';
    this.#takeBack ??= lend(server, this.#members());
    server._handle = this.#handle();
    if (typeof this.#told === 'string') server._pipeName = this.#told;
    if (server._unref) this.#traffic.unreferenced();
  }

  /** Lets it have an address of its own after all, with what `listen()` was given. The program hears of it once. */
  release(listen: Server['listen'], args: readonly unknown[]): void {
    const server = this.#server;
    this.#state = 'closed';
    server._handle = null;
    this.#letGo();
    if (this.#hasTold) {
      const { emit } = server;
      const takeBack = lend(server, {
        emit: own((event: string | symbol, ...rest: unknown[]) => {
          if (event !== 'listening') return Reflect.apply(emit, server, [event, ...rest]);
          takeBack();
          return true;
        }),
      });
    }
    Reflect.apply(listen, server, withoutCallback(args));
  }

  #members(): Record<string, PropertyDescriptor> {
    const traffic = this.#traffic;
    const members = {
      _connections: { get: () => traffic.connections(), set: () => {} },
      // Node's own `close()` asks for it; as long as others serve the connections, it is not the time.
      _emitCloseIfDrained: own(() => {
        if (this.#state !== 'closing') Reflect.apply(emitClose, this.#server, []);
      }),
    };
    // Of HTTP/1: Node's lists of connections have those of one engine, and not all of them.
    if (!('closeIdleConnections' in this.#server)) return members;
    return { ...members, ...this.#closers() };
  }

  #closers(): Record<string, PropertyDescriptor> {
    const server = this.#server;
    const closer = (name: 'closeIdleConnections' | 'closeAllConnections', which: 'idle' | 'all') => {
      const theirs: unknown = Reflect.get(server, name);
      const isTheirs = typeof theirs === 'function' && theirs !== nodesOwn[name];
      return own((...args: readonly unknown[]) => {
        if (isTheirs) Reflect.apply(theirs, server, args);
        this.#traffic.close(which);
      });
    };
    return {
      closeIdleConnections: closer('closeIdleConnections', 'idle'),
      closeAllConnections: closer('closeAllConnections', 'all'),
    };
  }

  /** What Node's methods take for the listening socket. */
  #handle(): OpenServer['_handle'] {
    const told = this.#told;
    const handle = {
      close: () => this.#close(),
      ref: () => {},
      unref: () => this.#traffic.unreferenced(),
    };
    if (typeof told === 'string') return handle;
    const getsockname = (info: object): number => {
      Object.assign(info, told);
      return 0;
    };
    return Object.assign(handle, { getsockname });
  }

  #close(): void {
    const server = this.#server;
    this.#state = 'closing';
    // Node's `close()` gives it up, and there may be some until the last connection has ended.
    process.nextTick(() => {
      if (this.#state === 'closing') lookForLateRequests(server);
    });
    void this.#traffic.closed().then(() => {
      if (this.#state !== 'closing') return;
      this.#state = 'closed';
      stopLookingForLateRequests(server);
      this.#letGo();
      server._emitCloseIfDrained();
    });
  }

  #letGo(): void {
    this.#server._pipeName = undefined;
    this.#takeBack?.();
    this.#takeBack = undefined;
  }
}

/** For the log. @param name The app's. */
export const unreferenced = (name: string): string =>
  `${name} calls unref() on its server; what Qilin serves keeps its process until it is told to leave.`;

const own = (value: unknown): PropertyDescriptor => ({ configurable: true, writable: true, value });

const emitClose: () => void = Reflect.get(Server.prototype, '_emitCloseIfDrained');

/** As `server.address()` has it: a string for all that is not TCP. */
function addressInfo(address: Address): string | AddressInfo {
  if (address.kind === 'unix') return address.path;
  if (address.kind === 'fd') return formatAddress(address);
  return { address: address.host, family: isIPv6(address.host) ? 'IPv6' : 'IPv4', port: address.port };
}
