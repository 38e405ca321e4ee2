/** What Node's HTTP code and the frameworks ask a socket without changing anything: its addresses, and what never varies. */
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { getDefaultHighWaterMark, Readable } from 'node:stream';
import type { Connection } from '@qilin/picoev';
import { optionsOf } from './node-internals.ts';

const NO_BYTES =
  "req.socket gives no bytes, which are the engine's on classes picoev and threads: read the request, or use class async.";

export class SocketFacts extends EventEmitter {
  readable = true;
  writable = true;
  /** `end()` was called. */
  writableEnded = false;
  readonly connection: Connection;

  // On the prototype, since they are the same for all.
  /** Written by ServerResponse.end(), read by nobody. */
  declare readonly _writableState: { corked: number };
  declare readonly writableHighWaterMark: number;
  declare readonly readableHighWaterMark: number;
  /** Where the app is an `http.Server` of its own. */
  declare readonly server: Server | undefined;

  constructor(connection: Connection, server: Server | undefined) {
    super();
    this.connection = connection;
    if (server === undefined) return;
    const { highWaterMark } = optionsOf(server);
    Object.assign(this, { server });
    if (highWaterMark !== undefined && highWaterMark !== this.writableHighWaterMark)
      Object.assign(this, { writableHighWaterMark: highWaterMark, readableHighWaterMark: highWaterMark });
  }

  get bytesRead(): number {
    return this.connection.bytesRead;
  }

  get bytesWritten(): number {
    return this.connection.bytesWritten;
  }

  get remoteAddress(): string | undefined {
    return this.connection.peer?.address;
  }

  get remotePort(): number | undefined {
    return this.connection.peer?.port;
  }

  get remoteFamily(): string | undefined {
    return this.connection.peer?.family;
  }

  get localAddress(): string | undefined {
    return this.connection.local?.address;
  }

  get localPort(): number | undefined {
    return this.connection.local?.port;
  }

  get localFamily(): string | undefined {
    return this.connection.local?.family;
  }

  address(): object {
    return this.connection.local ?? {};
  }

  get readyState(): string {
    if (this.writable) return this.readable ? 'open' : 'writeOnly';
    return this.readable ? 'readOnly' : 'closed';
  }

  // Its bytes are the engine's.
  override on(event: string | symbol, listener: (...args: unknown[]) => void): this {
    if (event === 'data' || event === 'readable') process.emitWarning(NO_BYTES, { code: 'QILIN_SOCKET_BYTES' });
    return super.on(event, listener);
  }

  connect(): never {
    throw new Error('req.socket is connected, to the client: make a new net.Socket for another connection.');
  }

  unpipe(): this {
    return this;
  }

  isPaused(): boolean {
    return false;
  }

  // The engine decides these for the connection.
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** As a socket of Node's server. */
  setEncoding(): never {
    const message = 'Changing the socket encoding is not allowed per RFC7230 Section 3.';
    throw Object.assign(new Error(message), { code: 'ERR_HTTP_SOCKET_ENCODING' });
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function giveNoBytes(): never {
  throw new Error(NO_BYTES);
}

/** A stream's way to its bytes: `read()`, `pipe()`, `map()` and their like, whichever this version of Node has. */
function isReader(name: string | symbol): boolean {
  const isPublic = typeof name === 'string' ? !name.startsWith('_') : name === Symbol.asyncIterator;
  const readers = [Readable.prototype, Object.getPrototypeOf(Readable.prototype)];
  return isPublic && readers.some((owner) => typeof Object.getOwnPropertyDescriptor(owner, name)?.value === 'function');
}

/**
 * Node's documentation promises a `net.Socket`: this is one for `instanceof`. Of its methods, each of which would look for a
 * stream, none is inherited; those that would give bytes say why there are none.
 */
function bareSocket(): object {
  const bare: object = Object.create(Socket.prototype);
  let prototype: unknown = Socket.prototype;
  while (typeof prototype === 'object' && prototype !== null && prototype !== EventEmitter.prototype) {
    for (const name of Reflect.ownKeys(prototype)) {
      const value: unknown = Reflect.get(EventEmitter.prototype, name) ?? (isReader(name) ? giveNoBytes : undefined);
      Object.defineProperty(bare, name, { configurable: true, writable: true, value });
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return bare;
}

Object.setPrototypeOf(SocketFacts.prototype, bareSocket());
Object.assign(SocketFacts.prototype, {
  _writableState: { corked: 0 },
  writableHighWaterMark: getDefaultHighWaterMark(false),
  readableHighWaterMark: getDefaultHighWaterMark(false),
  writableObjectMode: false,
  readableObjectMode: false,
  readableEncoding: null,
  readableFlowing: true,
  readableLength: 0,
  readableDidRead: false,
  server: undefined,
  parser: null,
  connecting: false,
  pending: false,
  allowHalfOpen: true,
});
