/**
 * Node's own `node:http`, by require: an `import` of it asks for every export, and with `WebSocket` Node 22 and later load all of
 * undici and HTTP/2 (a third of the time in which a worker boots). What its types are, files take from `node:http` itself.
 */
import { createRequire } from 'node:module';
import type { Server as NetServer } from 'node:net';

const http: typeof import('node:http') = createRequire(import.meta.url)('node:http');

export const { createServer, IncomingMessage, request, Server, ServerResponse, STATUS_CODES } = http;
export type IncomingMessage = import('node:http').IncomingMessage;
export type Server = import('node:http').Server;
export type ServerResponse = import('node:http').ServerResponse;

/** With it a server listens to 'connection', and reads requests from the sockets; not in its types. */
export const connectionListener: unknown = Reflect.get(http, '_connectionListener');

/** Of `http.Server`, and of `https.Server`, which has the same. */
export const nodesOwn = {
  closeIdleConnections: http.Server.prototype.closeIdleConnections,
  closeAllConnections: http.Server.prototype.closeAllConnections,
} as const;

/** Has the server look for requests that are late as often as its options say now; Node reads them when a server listens. */
export function lookForLateRequests(server: NetServer): void {
  for (const listener of server.listeners('listening'))
    if (listener.name === 'setupConnectionsTracking') Reflect.apply(listener, server, []);
}

/** As its `close()` does. */
export function stopLookingForLateRequests(server: NetServer): void {
  const timer = Object.getOwnPropertySymbols(server).find(({ description }) => description === LOOKS);
  if (timer !== undefined) clearInterval(Reflect.get(server, timer));
}

const LOOKS = 'http.server.connectionsCheckingInterval';
