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
import { Server } from 'node:net';
import type { Address } from '../contract/address.ts';
import type { Traffic } from '../contract/traffic.ts';
import { ServedServer } from './served-server.ts';

export interface Interception {
  /** Resolves with the first server on which `listen()` is called. */
  readonly captured: Promise<Server>;
  /** The same, or undefined so far. */
  current(): Server | undefined;
  /** Has a server that the program lets nobody listen on, but that Qilin serves, look as if it listened. Idempotent. */
  adopt(server: Server): void;
  /** True once the program has imported `qilin/patch`: then its server is the app, whatever the module exports. */
  requested(): boolean;
  /** Puts Node's own `listen` back. A captured server stays captured. Idempotent. */
  restore(): void;
}

interface InterceptOptions {
  readonly address: Address;
  readonly traffic: Traffic;
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
 * @param options.traffic what it tells of its connections
 * @throws Error when an interception lasts already
 */
export function interceptListen({ address, traffic }: InterceptOptions): Interception {
  if (marked[MARK]) throw new Error('listen() is intercepted already; restore() the first interception before.');
  const mark = { requested: false };
  marked[MARK] = mark;
  const nodesOwn = Server.prototype.listen;
  const served = new Map<Server, ServedServer>();
  const ports = new Set<number | undefined>(address.kind === 'tcp' ? [address.port] : [undefined]);
  let current: Server | undefined;
  let tellCaptured: (server: Server) => void;
  const captured = new Promise<Server>((resolve) => {
    tellCaptured = resolve;
  });

  function servedBy(server: Server): ServedServer {
    const known = served.get(server) ?? new ServedServer(server, address, traffic);
    served.set(server, known);
    return known;
  }

  function listen(this: Server, ...args: unknown[]): Server {
    const call = readListen(args);
    const isFirst = current === undefined;
    if (!isFirst && !served.has(this) && !ports.has(call.port)) return Reflect.apply(nodesOwn, this, args);
    servedBy(this).listen(call.callback, call.signal);
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
    adopt(server) {
      if (!served.has(server)) servedBy(server).listen();
    },
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
