/**
 * Lets a program that calls `listen()` itself run unchanged in a worker: `net.Server.prototype.listen`, through which
 * servers of http, https, tls and http2 all go, is replaced while the interception lasts. One server is captured: it opens no
 * port and appears to listen on Qilin's address, while the worker class hands it its connections
 * (`server.emit('connection', socket)`). That is the one which asks for Qilin's own port, else the first; but one that asks for a
 * loopback address gives way to one for others that comes with it, or soon, where Qilin itself serves others. One that asks for whatever port is free has it,
 * since only the program itself can know that: it is captured where the program makes no other. Further servers bind for themselves with Node's
 * own `listen()`, unless they ask for the captured one's port again: then they appear to listen too, and get nothing (Fastify
 * binds `localhost` twice, and two workers cannot both have that port).
 *
 * The process is marked under a registered symbol, so that `qilin/patch` finds the mark even from another copy of Qilin.
 */
import { type EventEmitter, errorMonitor } from 'node:events';
import { Server } from 'node:net';
import type { Address } from '../contract/address.ts';
import type { Log } from '../contract/log.ts';
import type { Traffic } from '../contract/traffic.ts';
import type { Milliseconds } from '../contract/units.ts';
import { CLAIM, type Claim, claimOf, isPrivate, type ListenCall, readListen, wanted } from './listen-call.ts';
import { ServedServer } from './served-server.ts';

export interface Interception {
  /** Resolves with the server that is captured, when no better one has come. */
  readonly captured: Promise<Server>;
  /** The same, or undefined so far. */
  current(): Server | undefined;
  /** Whether any server listens, captured or not, that could be the app. */
  listens(): boolean;
  /** The program has loaded, and nothing else of it is the app: a server at any free port will do, once no other has come for a second. */
  makeDo(): void;
  /** Why the captured server may not be the one that is meant to be public; undefined where nothing speaks against it. */
  doubt(): string | undefined;
  /** Has a server that the program lets nobody listen on, but that Qilin serves, look as if it listened. Idempotent. */
  adopt(server: Server): void;
  /** True once the program has imported `qilin/patch`: then its server is the app, whatever the module exports. */
  requested(): boolean;
  /** Puts Node's own `listen` back. A captured server stays captured. Idempotent. */
  restore(): void;
}

interface InterceptOptions {
  /** What Qilin is bound to; the first is what a captured server gives as its `address()`. */
  readonly addresses: readonly [Address, ...Address[]];
  /** What it tells of its connections. */
  readonly traffic: Traffic;
  readonly log?: Pick<Log, 'warning' | 'error'>;
}

/** How long a server for this machine alone waits for a better one, where Qilin is bound to more. */
const PRIVATE_WAITS: Milliseconds = 1000;
/** For so long no server of the program may begin to listen before one at any free port is taken for the app. */
const SILENCE: Milliseconds = 1000;

const MARK = Symbol.for('qilin.interception');
const marked: typeof globalThis & { [MARK]?: { requested: boolean } | undefined } = globalThis;

/** What `import 'qilin/patch'` does. Without Qilin around it, nothing. */
export function requestCapture(): void {
  if (marked[MARK]) marked[MARK].requested = true;
}

/** A server that is captured, and what it asked for. */
interface Capture {
  readonly server: Server;
  readonly args: readonly unknown[];
  readonly call: ListenCall;
  readonly claim: Claim;
}

/**
 * Starts to intercept `listen()` in this process.
 * @throws Error when an interception lasts already
 */
export function interceptListen({ addresses, traffic, log }: InterceptOptions): Interception {
  if (marked[MARK]) throw new Error('listen() is intercepted already; restore() the first interception before.');
  const mark = { requested: false };
  marked[MARK] = mark;
  const nodesOwn = Server.prototype.listen;
  const served = new Map<Server, ServedServer>();
  let current: Capture | undefined;
  let isChosen = false;
  /** At any free port. */
  const inner = new Set<Capture>();
  let makesDo = false;
  let silence: NodeJS.Timeout | undefined;
  let tellCaptured: (server: Server) => void;
  const captured = new Promise<Server>((resolve) => {
    tellCaptured = resolve;
  });

  function servedBy(server: Server): ServedServer {
    const known = served.get(server) ?? new ServedServer(server, addresses[0], traffic);
    served.set(server, known);
    return known;
  }

  function choose(capture: Capture): void {
    if (current !== capture || isChosen) return;
    isChosen = true;
    tellCaptured(capture.server);
  }

  function capture(next: Capture): void {
    const before = current;
    current = next;
    servedBy(next.server).listen(next.call.callback, next.call.signal);
    if (before !== undefined) {
      served.get(before.server)?.release(nodesOwn, before.args);
      served.delete(before.server);
      watch(before);
    }
    if (next.claim === CLAIM.QILINS) choose(next);
    else if (isPrivate(next.call, addresses)) setTimeout(choose, PRIVATE_WAITS, next);
    // One that it starts as soon as it listens may be better.
    else setImmediate(() => setImmediate(choose, next));
  }

  function listenInside(next: Capture): void {
    inner.add(next);
    next.server.once('listening', awaitSilence).once('close', () => inner.delete(next));
    Reflect.apply(nodesOwn, next.server, next.args);
  }

  function awaitSilence(): void {
    clearTimeout(silence);
    if (makesDo && current === undefined) silence = setTimeout(takeInner, SILENCE);
  }

  function takeInner(): void {
    const next = [...inner].find(({ server }) => server.listening);
    if (current !== undefined || next === undefined || marked[MARK] !== mark) return;
    current = next;
    servedBy(next.server).takeOver();
    log?.warning(`The only server of the program asks for any free port${ALONE}`);
    choose(next);
  }

  /** Tells, of a further server, what an address means that is taken. The error is the program's to handle. */
  function watch({ server, call }: Pick<Capture, 'server' | 'call'>): void {
    const emitter: EventEmitter = server;
    emitter.on(errorMonitor, (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') log?.error(`A further server of the program cannot have ${wanted(call)}${CURE}`);
    });
  }

  function listen(this: Server, ...args: unknown[]): Server {
    const call = readListen(args);
    const claim = claimOf(call, addresses);
    if (silence !== undefined) awaitSilence();
    if (claim === CLAIM.FREE && !served.has(this)) {
      listenInside({ server: this, args, call, claim });
      return this;
    }
    const mayReplace = current === undefined || (!isChosen && this !== current.server && claim > current.claim);
    if (mayReplace) {
      capture({ server: this, args, call, claim });
      return this;
    }
    const asksAgain = claim === CLAIM.QILINS || (call.port !== undefined && call.port === current?.call.port);
    if (current !== undefined && this !== current.server && claim > current.claim)
      log?.warning(`A server for ${wanted(call)} listens after the one for ${wanted(current.call)} was taken${LATE}`);
    if (served.has(this) || asksAgain) {
      servedBy(this).listen(call.callback, call.signal);
      return this;
    }
    watch({ server: this, call });
    return Reflect.apply(nodesOwn, this, args);
  }

  Server.prototype.listen = listen;
  return {
    captured,
    current: () => current?.server,
    listens: () => current !== undefined || inner.size > 0,
    makeDo() {
      makesDo = true;
      awaitSilence();
    },
    doubt: () =>
      current !== undefined && current.claim < CLAIM.ANY && isPrivate(current.call, addresses)
        ? `asks for ${wanted(current.call)}, for this machine alone, and is served wherever Qilin is bound to`
        : undefined,
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

const CURE =
  ': each worker makes one, and so does the next generation while the last one still runs; listen with reusePort: true ' +
  '(Node 23.1), on port 0, or answer at a path of the app itself (docs/apps.md).';

const ALONE =
  ', and is served at the address of Qilin in its place, which it was not told at first: let it listen on a port, or export it (docs/apps.md).';

const LATE =
  ' for the app, and gets none of the requests that come to Qilin: let it listen first, or export it and name it, as in server.js:server (docs/apps.md).';
