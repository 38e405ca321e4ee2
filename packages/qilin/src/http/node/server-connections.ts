/**
 * The 'connection' event of a program's own server, whose connections are the native engine's: whoever counts or keeps its sockets
 * hears of each one.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { Connection, Detached } from '@qilin/picoev';
import { connectionListener as nodesOwn } from '../../contract/node-http.ts';
import { ConnectionSocket, socketOf, timesConnections } from './connection-socket.ts';
import type { ServerTies } from './server-ties.ts';
import { tellClient } from './told-client.ts';

/** Null while nobody wants to hear of connections. */
type SetListener = (listener: ((connection: Connection) => void) | null) => void;

/** Calls `set` now, and whenever the first listener comes or the last one goes. */
export function followConnections(ties: ServerTies, server: Server, set: SetListener): void {
  // A socket that the program itself gives to its server is served by Node, as ever.
  const serveOthers = (socket: unknown): void => {
    if (!(socket instanceof ConnectionSocket) && typeof nodesOwn === 'function')
      Reflect.apply(nodesOwn, server, [socket]);
  };
  if (server.listeners('connection').some((listener) => listener === nodesOwn)) {
    server.removeListener('connection', nodesOwn as () => void);
    ties.add(() => server.prependListener('connection', nodesOwn as () => void));
    ties.onFirst(server, 'connection', serveOthers);
  }
  const announce = (connection: Connection): void => {
    const socket = socketOf(connection, server);
    socket.accept();
    server.emit('connection', socket as unknown as Socket);
  };
  const isHeard = () =>
    timesConnections(server) || server.listeners('connection').some((listener) => listener !== serveOthers);
  set(isHeard() ? announce : null);
  ties.on(server, 'newListener', (event: string) => {
    if (event === 'connection' || (event === 'timeout' && server.timeout > 0)) set(announce);
  });
  ties.on(server, 'removeListener', (event: string) => {
    if ((event === 'connection' || event === 'timeout') && !isHeard()) set(null);
  });
}

/** The real socket of a connection that goes over to another protocol, from which Node's server must read no requests. */
export function upgradeSocket(server: Server, connection: Connection, { fd, client }: Detached): Socket {
  const { owner } = connection;
  const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  if (client !== undefined) tellClient(socket, client);
  Object.assign(socket, { server, parser: null });
  if (owner instanceof ConnectionSocket) owner.become(socket);
  return socket;
}
