/**
 * A server of the program's own, whose requests come from Qilin: its listeners are called as they are at that moment (socket.io
 * wraps them when it is attached), by its own `emit()`, which tracing packages wrap.
 */
import { captureRejectionSymbol } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type Server, Socket } from 'node:net';
import type { App, NodeListener } from '../../contract/app.ts';
import { Server as HttpServer, IncomingMessage } from '../../contract/node-http.ts';
import { CAPTURE } from './node-internals.ts';
import type { ServerTies } from './server-ties.ts';

/** The server of the app: the app itself, or what its module lets listen beside it; undefined where it makes none. */
export function serverOf(app: App): Server | undefined {
  return app.kind === 'server' ? app.server : app.beside;
}

const ADMITTED = Symbol('admitted');

export function callListeners(server: Server): NodeListener {
  return (req, res: ServerResponse & { [ADMITTED]?: boolean }) => {
    res[ADMITTED] = true;
    server.emit('request', req, res);
  };
}

/** Tells when a listener to 'request' rejects, which an emitter does not follow by itself. */
export function followRejections(
  ties: ServerTies,
  server: Server,
  onError: (error: unknown, req: IncomingMessage, res: ServerResponse) => void,
): void {
  if (CAPTURE === undefined) return;
  const follow = (error: unknown, event: string, req: IncomingMessage, res: ServerResponse): void => {
    // Whatever else rejects is nobody's, as if it had not been followed.
    if (event === 'request') onError(error, req, res);
    else Promise.reject(error);
  };
  ties.lend(server, {
    [CAPTURE]: { configurable: true, writable: true, enumerable: true, value: true },
    [captureRejectionSymbol]: { configurable: true, writable: true, enumerable: true, value: follow },
  });
}

type RequestListener = (req: IncomingMessage, res: ServerResponse) => void;

/** Calls `set`, now and when that changes, with whether somebody listens to an event. */
export function followListeners(
  ties: ServerTies,
  server: Server,
  event: string,
  set: (isHeard: boolean) => void,
): void {
  set(server.listenerCount(event) > 0);
  ties.on(server, 'newListener', (added: string) => {
    if (added === event) set(true);
  });
  ties.on(server, 'removeListener', (removed: string) => {
    if (removed === event) set(server.listenerCount(event) > 0);
  });
}

/** Has the requests that Node makes of a server's connections pass `admit` first. What went through `callListeners()` has passed it. */
export function gateRequests(ties: ServerTies, server: Server, admit: RequestListener): void {
  interceptEvents(ties, server, (event, req, res) => {
    if (event !== 'request' || typeof res !== 'object' || res === null || ADMITTED in res) return false;
    admit(req as IncomingMessage, res as ServerResponse);
    return true;
  });
}

/** Shows `take` each event of a server first; what it takes, nobody else hears of. */
function interceptEvents(ties: ServerTies, server: Server, take: (...args: readonly unknown[]) => boolean): void {
  const theirs: unknown = Object.getOwnPropertyDescriptor(server, 'emit')?.value;
  const emit = (...args: readonly unknown[]): unknown => {
    if (ties.isTied && take(...args)) return true;
    const original: unknown = theirs ?? Reflect.get(Object.getPrototypeOf(server), 'emit');
    return typeof original === 'function' && Reflect.apply(original, server, args);
  };
  ties.lend(server, { emit: { configurable: true, writable: true, value: emit } });
}

/** Tells of each connection that goes over to another protocol, before its listeners hear of it. */
export function followUpgrades(
  ties: ServerTies,
  server: Server,
  tell: (req: IncomingMessage, socket: Socket) => void,
): void {
  interceptEvents(ties, server, (event, req, socket) => {
    if ((event === 'upgrade' || event === 'connect') && req instanceof IncomingMessage && socket instanceof Socket) {
      tell(req, socket);
    }
    return false;
  });
}

type Listener = (...args: never[]) => void;

/** Listens in the program's place, until it does so itself. */
export function listenInstead(ties: ServerTies, server: Server, event: string, listener: Listener): void {
  if (server.listenerCount(event) > 0) return;
  const giveWay = (added: string, by: unknown): void => {
    if (added !== event || by === listener) return;
    server.off(event, listener as () => void);
    server.off('newListener', giveWay);
  };
  ties.on(server, event, listener);
  ties.on(server, 'newListener', giveWay);
}

/** Passes an event on from the moment when somebody listens to it, since Node acts by itself where nobody does. */
export function forwardEvents(ties: ServerTies, events: readonly string[], from: Server, to: Server): void {
  const forwarded = new Set<string>();
  const forward = (event: string): void => {
    if (forwarded.has(event) || !events.includes(event)) return;
    forwarded.add(event);
    from.on(event, (...args: unknown[]) => to.emit(event, ...args));
  };
  for (const event of events) if (to.listenerCount(event) > 0) forward(event);
  ties.on(to, 'newListener', forward);
}

/** Of HTTP without TLS: the native engine can serve no other. */
export const isPlainHttp = (server: Server): server is HttpServer => server instanceof HttpServer;
