/**
 * The deadlines that Node's HTTP server does not keep: of clients that take no answer, that have ended their side, or that
 * leave a connection of HTTP/2 idle. docs/architecture.md has the table of states and deadlines.
 */
import type { Server } from 'node:net';
import type { Milliseconds } from '../../contract/units.ts';
import type { ServerTies } from '../../http/node/server-ties.ts';
import { type Connection, connectionOf, type HttpSocket } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Http2Sessions } from './http2-sessions.ts';

/** How often connections are looked at. */
const SWEEP_EVERY: Milliseconds = 1_000;

export class Deadlines {
  readonly #connections: Connections;
  readonly #sessions: Http2Sessions;
  readonly #sendTimeout: Milliseconds;
  readonly #onLate: (deadline: 'sendTimeout') => void;
  #sweeper: NodeJS.Timeout | undefined;

  /** @param sendTimeout Infinity for ever. */
  constructor(
    connections: Connections,
    sessions: Http2Sessions,
    sendTimeout: Milliseconds,
    onLate: (deadline: 'sendTimeout') => void,
  ) {
    this.#connections = connections;
    this.#sessions = sessions;
    this.#sendTimeout = sendTimeout;
    this.#onLate = onLate;
  }

  start(ties: ServerTies, server: Server): void {
    ties.on(server, 'timeout', (socket: HttpSocket) => onTimeout(server, socket));
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY).unref();
  }

  stop(): void {
    clearInterval(this.#sweeper);
  }

  /** Ends, so much later, those that are idle now and have said nothing meanwhile. Node ends others when they have become idle. */
  endIdleAfter(patience: Milliseconds): { cancel(): void } {
    const seen = new Map<Connection, number>();
    for (const connection of this.#connections.open)
      if (!connection.isAnswering) seen.set(connection, connection.bytesRead);
    const timer = setTimeout(() => {
      this.#connections.closeArriving();
      for (const [connection, bytesRead] of seen) endIfIdle(connection, bytesRead);
    }, patience);
    return { cancel: () => clearTimeout(timer) };
  }

  /** Ends those now that have had an answer and wait for a request. */
  endIdle(): void {
    for (const connection of this.#connections.open)
      if (connection.isBetweenRequests) endIfIdle(connection, connection.bytesRead);
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections.open) {
      if (!connection.isAnswering) {
        connection.rest();
        continue;
      }
      connection.limitSending(this.#sendTimeout, now, this.#onLate);
      connection.watchHalfClosed(now);
    }
    this.#sessions.sweep(now);
    this.#connections.tellEnds();
  }
}

/**
 * In the place of Node, which would destroy the connection, and with it a request that has arrived in this very turn of the
 * loop. A program that listens to the event decides by itself.
 */
function onTimeout(server: Server, socket: HttpSocket): void {
  if (server.listenerCount('timeout') > 1) return;
  const connection = connectionOf(socket);
  if (connection === undefined) socket.destroy();
  else if (connection.isAnswering) connection.answerTimedOut();
  else endIfIdle(connection, connection.bytesRead);
}

/** Unless the client has said something in the meantime. What has arrived is read before an immediate is called. */
function endIfIdle(connection: Connection, bytesRead: number): void {
  setImmediate(() => {
    if (connection.isIdleSince(bytesRead)) connection.close();
  });
}
