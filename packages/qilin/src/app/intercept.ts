/**
 * Lets a program that calls `listen()` itself run unchanged in a worker: `net.Server.prototype.listen`, through which
 * servers of http, https, tls and http2 all go, is replaced while the interception lasts. The first server on which it is
 * called is captured: it opens no port and appears to listen on Qilin's address, while the worker class hands it its
 * connections (`server.emit('connection', socket)`). A further server binds for itself with Node's own `listen()`,
 * unless it asks for the first one's port again: then it appears to listen too, and gets nothing (Fastify binds
 * `localhost` twice, and two workers cannot both have that port).
 *
 * The process is marked under a registered symbol, so that `qilin/patch` finds the mark even from another copy of Qilin.
 */
import { type AddressInfo, isIPv6, Server } from 'node:net';
import { type Address, formatAddress } from '../contract/address.ts';

export interface Interception {
  /** Resolves with the first server on which `listen()` is called. */
  readonly captured: Promise<Server>;
  /** The same, or undefined so far. */
  current(): Server | undefined;
  /** True once the program has imported `qilin/patch`: then its server is the app, whatever the module exports. */
  requested(): boolean;
  /** Puts Node's own `listen` back. A captured server stays captured. Idempotent. */
  restore(): void;
}

const MARK = Symbol.for('qilin.interception');
const marked: typeof globalThis & { [MARK]?: { requested: boolean } | undefined } = globalThis;

/** What `import 'qilin/patch'` does. Without Qilin around it, nothing. */
export function requestCapture(): void {
  if (marked[MARK]) marked[MARK].requested = true;
}

/**
 * Starts to intercept `listen()` in this process.
 * @param options.address what a captured server gives as its `address()`: the first that Qilin is bound to
 * @throws Error when an interception lasts already
 */
export function interceptListen({ address }: { readonly address: Address }): Interception {
  if (marked[MARK]) throw new Error('listen() is intercepted already; restore() the first interception before.');
  const mark = { requested: false };
  marked[MARK] = mark;
  const nodesOwn = Server.prototype.listen;
  const standIns = new Map<Server, StandIn>();
  const ports = new Set<number | undefined>(address.kind === 'tcp' ? [address.port] : [undefined]);
  let current: Server | undefined;
  let tellCaptured: (server: Server) => void;
  const captured = new Promise<Server>((resolve) => {
    tellCaptured = resolve;
  });

  function listen(this: Server, ...args: unknown[]): Server {
    const call = readListen(args);
    const isFirst = current === undefined;
    if (!isFirst && !standIns.has(this) && !ports.has(call.port)) return Reflect.apply(nodesOwn, this, args);
    const standIn = standIns.get(this) ?? new StandIn(this, address);
    standIns.set(this, standIn);
    standIn.listen(call);
    if (isFirst) {
      current = this;
      if (call.port !== 0) ports.add(call.port);
      tellCaptured(this);
    }
    return this;
  }

  Server.prototype.listen = listen;
  return {
    captured,
    current: () => current,
    requested: () => mark.requested,
    restore() {
      if (marked[MARK] !== mark) return;
      marked[MARK] = undefined;
      Server.prototype.listen = nodesOwn;
    },
  };
}

interface ListenCall {
  /** 0 for any free port; undefined where one was to be given and was not; NaN for a path, a descriptor, a handle. */
  readonly port: number | undefined;
  readonly callback: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Reads the arguments in all the forms that Node documents: (port, host, backlog), (options), (path), (handle). */
function readListen(args: readonly unknown[]): ListenCall {
  const last = args.at(-1);
  const callback = typeof last === 'function' ? () => Reflect.apply(last, undefined, []) : undefined;
  const [first] = args;
  if (typeof first !== 'object' || first === null) {
    const isPort = first === undefined || first === null || typeof first === 'function';
    return { port: isPort ? 0 : Number(first), callback, signal: undefined };
  }
  const options: { port?: unknown; signal?: unknown } = first;
  const signal = options.signal instanceof AbortSignal ? options.signal : undefined;
  if (!('port' in options)) return { port: Number.NaN, callback, signal };
  return { port: options.port == null ? undefined : Number(options.port), callback, signal };
}

/** Makes one server look as if it listened. Its connections come by its event `'connection'`. */
class StandIn {
  readonly #server: Server;
  readonly #address: string | AddressInfo;
  #listening = false;
  #connections = 0;

  constructor(server: Server, address: Address) {
    this.#server = server;
    this.#address = addressInfo(address);
    const own = <T>(value: T) => ({ configurable: true, writable: true, value });
    Object.defineProperties(server, {
      listening: { configurable: true, get: () => this.#listening },
      address: own(() => (this.#listening ? this.#address : null)),
      close: own((callback?: (error?: Error) => void) => this.#close(callback)),
    });
    server.on('connection', (socket) => {
      this.#connections += 1;
      socket.once('close', () => {
        this.#connections -= 1;
        this.#tellWhenClosed();
      });
    });
  }

  listen({ callback, signal }: ListenCall): void {
    if (this.#listening) {
      const error = new Error('Listen method has been called more than once without closing.');
      throw Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' });
    }
    this.#listening = true;
    if (callback) this.#server.once('listening', callback);
    if (signal?.aborted) process.nextTick(() => this.#server.close());
    else signal?.addEventListener('abort', () => this.#server.close(), { once: true });
    process.nextTick(() => {
      if (this.#listening) this.#server.emit('listening');
    });
  }

  #close(callback?: (error?: Error) => void): Server {
    // A server that does not listen answers with Node's own error.
    if (!this.#listening) {
      const { close } = Object.getPrototypeOf(this.#server) as Server;
      return Reflect.apply(close, this.#server, [callback]);
    }
    this.#listening = false;
    if (callback) this.#server.once('close', callback);
    if ('closeIdleConnections' in this.#server && typeof this.#server.closeIdleConnections === 'function') {
      this.#server.closeIdleConnections();
    }
    this.#tellWhenClosed();
    return this.#server;
  }

  #tellWhenClosed(): void {
    if (!this.#listening && this.#connections === 0) process.nextTick(() => this.#server.emit('close'));
  }
}

/** As `server.address()` has it: a string for all that is not TCP. */
function addressInfo(address: Address): string | AddressInfo {
  if (address.kind === 'unix') return address.path;
  if (address.kind === 'fd') return formatAddress(address);
  return { address: address.host, family: isIPv6(address.host) ? 'IPv6' : 'IPv4', port: address.port };
}
