/**
 * The connections of a worker that have gone over to another protocol. In a drain the clients of WebSockets are told one after
 * the other, evenly spread over the time that they are given: those who come again at once must not come all at once.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Milliseconds, toMilliseconds } from '../../contract/units.ts';
import type { RequestInHand } from '../../contract/worker-class.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import { GOING_AWAY, SERVICE_RESTART, WebSocketConnection } from './web-socket.ts';

/**
 * How often some are told, at most. The first after one such time: why a worker leaves may be known a moment later than that it does,
 * where a service manager signals all processes at once.
 */
const TELL_EVERY: Milliseconds = 100;

/** An event loop that stood still makes up for it little by little: at a tick it tells so many times the even share, of so long a time at most. */
const CATCH_UP = 1.25;
const LONGEST_STEP: Milliseconds = 300;

const WEBSOCKET = /\bwebsocket\b/;

/** Before the rest is cut, those that were told last have this long to close, but not more than half of all. */
const FOR_THE_LAST: Milliseconds = 2_000;

/** Over how long all are told. */
function timeToTell({ websocketDrain, gracefulTimeout }: WorkerConfig): Milliseconds {
  const patience = toMilliseconds(gracefulTimeout);
  return Math.min(toMilliseconds(websocketDrain), patience - Math.min(FOR_THE_LAST, patience / 2));
}

interface Upgraded {
  readonly method: string;
  readonly target: string;
  readonly since: Milliseconds;
  readonly protocol: string;
  readonly webSocket: WebSocketConnection | undefined;
}

export class UpgradedConnections {
  readonly #open = new Map<Socket, Upgraded>();
  #serverEnds = false;
  #teller: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#open.size;
  }

  /** To be called before the app has the socket. */
  keep(socket: Socket, { method = '-', url = '-', headers }: IncomingMessage): void {
    const protocol = headers.upgrade?.toLowerCase() ?? 'tunnel';
    const webSocket = WEBSOCKET.test(protocol) ? new WebSocketConnection(socket) : undefined;
    this.#open.set(socket, { method, target: url, since: performance.now(), protocol, webSocket });
    socket.once('close', () => this.#open.delete(socket));
  }

  requestsInHand(): readonly RequestInHand[] {
    const now = performance.now();
    return [...this.#open.values()].map(({ method, target, since, protocol }) => {
      return { method, target, protocol, age: now - since };
    });
  }

  /** Nobody takes the place of this worker. */
  serverEnds(): void {
    this.#serverEnds = true;
  }

  /** The worker leaves: has each client told. Those that come meanwhile are told when all others are. */
  tell(config: WorkerConfig): void {
    const time = timeToTell(config);
    const waiting = [...this.#open.keys()];
    const count = waiting.length;
    const begin = performance.now();
    let before = begin;
    let told = 0;
    this.#teller = setInterval(() => {
      const now = performance.now();
      const step = Math.min(now - before, LONGEST_STEP) * CATCH_UP;
      before = now;
      const due = Math.min(now - begin, (told * time) / Math.max(1, count) + step);
      const next = due >= time ? count : Math.ceil((due / time) * count);
      this.#tellThese(waiting.slice(told, next));
      told = Math.max(told, next);
      if (told >= count) this.#tellThese(this.#open.keys());
    }, TELL_EVERY).unref();
  }

  /** All are about to be cut, or none is left: those that can be told still are. */
  stop(): void {
    clearInterval(this.#teller);
    for (const { webSocket } of this.#open.values()) webSocket?.tellNow(this.#code);
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #tellThese(sockets: Iterable<Socket>): void {
    for (const socket of sockets) this.#open.get(socket)?.webSocket?.tell(this.#code);
  }

  get #code() {
    return this.#serverEnds ? GOING_AWAY : SERVICE_RESTART;
  }
}
