/**
 * The 'connection' event of a program's own server, whose connections are the native engine's: whoever counts or keeps its sockets
 * hears of each one.
 */
import http, { type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Connection } from '@qilin/picoev';
import { ConnectionSocket, socketOf } from './connection-socket.ts';

/** Null while nobody wants to hear of connections. */
type SetListener = (listener: ((connection: Connection) => void) | null) => void;

/** Sockets that went over to another protocol, and were announced: Node's server must not read requests from them. */
const upgraded = new WeakSet<object>();

const isOurs = (socket: unknown): boolean => socket instanceof ConnectionSocket || upgraded.has(socket as object);

/** What Node's own server listens with: it would read requests from the sockets. */
const nodesOwn: unknown = Reflect.get(http, '_connectionListener');

/** Calls `set` now, and whenever the first listener comes or the last one goes. */
export function followConnections(server: Server, set: SetListener): void {
  // A socket that the program itself gives to its server is served by Node, as ever.
  const serveOthers = (socket: unknown): void => {
    if (!isOurs(socket) && typeof nodesOwn === 'function') Reflect.apply(nodesOwn, server, [socket]);
  };
  if (server.listeners('connection').some((listener) => listener === nodesOwn)) {
    server.removeListener('connection', nodesOwn as () => void);
    server.prependListener('connection', serveOthers);
  }
  const announce = (connection: Connection): void => {
    server.emit('connection', socketOf(connection, server) as unknown as Socket);
  };
  const isHeard = () => server.listeners('connection').some((listener) => listener !== serveOthers);
  set(isHeard() ? announce : null);
  server.on('newListener', (event) => {
    if (event === 'connection') set(announce);
  });
  server.on('removeListener', (event) => {
    if (event === 'connection' && !isHeard()) set(null);
  });
}

/** The real socket of a connection that goes over to another protocol. The one that stood for it has ended. */
export function upgradeSocket(server: Server, connection: Connection, fd: number): Socket {
  const { owner } = connection;
  const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  Object.assign(socket, { server, parser: null });
  upgraded.add(socket);
  if (owner instanceof ConnectionSocket) owner.close();
  server.emit('connection', socket);
  return socket;
}
