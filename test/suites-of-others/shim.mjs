/**
 * Preloaded into the tests of other projects (`NODE_OPTIONS=--import=…`): each `http.Server` that they let listen is served by
 * `serve()` in the same process, on the worker class that QILIN_SUITES_CLASS names. Node itself reads what `listen()` is given,
 * binds and refuses; its listening socket is then Qilin's. What a program sets on its server before it listens becomes settings.
 */
import { linkSync, renameSync, rmSync } from 'node:fs';
import { Server as HttpServer, maxHeaderSize as headSize } from 'node:http';
import { Server } from 'node:net';
import { duplicateFd } from '@qilin/picoev';
import { serve } from 'qilin';
import { ServedServer } from '../../packages/qilin/dist/app/served-server.js';

const { QILIN_SUITES_CLASS: workerClass = 'picoev', QILIN_SUITES_LOG: errorlog = '/dev/null' } = process.env;

/**
 * Members of Node's servers that its types leave out.
 * @typedef {import('node:http').Server & { _handle: Handle | null, maxHeaderSize?: number }} OpenServer
 * @typedef {{ readonly fd: number, close(): void }} Handle
 * @typedef {import('qilin').Address} Address
 */

/** As `server.close()` of Node, which waits for as long as a client does. */
const FOR_EVER = 1_000_000;
/** What stands for no limit at Node's server, and would be the contrary at Qilin's. */
const MANY = { seconds: 1_000, fields: 1_024, bytes: 65_536 };

const seconds = (/** @type {number | undefined} */ milliseconds) => (milliseconds ?? 0) / 1000;

/** @param {OpenServer} server @returns {import('qilin').ServeOptions} */
function settingsOf(server) {
  const bytes = Math.min(server.maxHeaderSize ?? headSize, MANY.bytes);
  return {
    workerClass,
    errorlog,
    loglevel: 'info',
    gracefulTimeout: FOR_EVER,
    workerConnections: 10_000,
    // Of Node's server 0 is no limit.
    keepalive: seconds(server.keepAliveTimeout) || MANY.seconds,
    // Node's `requestTimeout` is that of the head too; 0 is none.
    headersTimeout: seconds(
      Math.min(server.headersTimeout || server.requestTimeout, server.requestTimeout || server.headersTimeout),
    ),
    bodyTimeout: seconds(server.requestTimeout),
    limitRequestLine: bytes,
    limitRequestFieldSize: bytes,
    limitRequestFields: Math.min(server.maxHeadersCount || MANY.fields, MANY.fields),
    forwardedAllowIps: [],
  };
}

/**
 * Where Node's server listens, as Qilin calls it.
 * @param {OpenServer} server @param {number} fd @returns {Address}
 */
function addressOf(server, fd) {
  // Its own says where Qilin listened for it before.
  const told = Reflect.apply(Server.prototype.address, server, []);
  if (typeof told === 'string') return { kind: 'unix', path: told };
  return told === null ? { kind: 'fd', fd } : { kind: 'tcp', host: told.address, port: told.port };
}

/**
 * A unix socket's file would be removed with the handle.
 * @param {Address} address @param {() => void} close
 */
function keepingFile(address, close) {
  if (address.kind !== 'unix' || address.path.startsWith('\0')) {
    close();
    return;
  }
  const kept = `${address.path}.kept`;
  linkSync(address.path, kept);
  close();
  renameSync(kept, address.path);
}

/**
 * Node's server has bound its address: Qilin listens there in its place.
 * @param {OpenServer} server @param {Handle} handle
 */
function takeOver(server, handle) {
  const fd = duplicateFd(handle.fd);
  const address = addressOf(server, fd);
  server._handle = null;
  keepingFile(address, () => handle.close());
  const running = serve(server, { ...settingsOf(server), bind: `fd://${fd}` });
  running.catch((error) => process.nextTick(() => server.emit('error', error)));
  /** @type {import('qilin').RunningServer | undefined} */
  let known;
  running.then((it) => {
    known = it;
  });
  new ServedServer(server, address, {
    connections: () => known?.stats().connections ?? 0,
    closed: async () => {
      const it = await running;
      const closed = it.close();
      it.closeConnections('idle');
      await closed;
      // As Node does, when it closes the handle.
      if (address.kind === 'unix') rmSync(address.path, { force: true });
    },
    close: (which) => known?.closeConnections(which),
    unreferenced() {},
  }).listen();
}

// What every form of `listen()` comes to, once the host has an address; what fails there is told by Node as ever.
const setUp = Reflect.get(Server.prototype, '_listen2');

/** @this {OpenServer} @param {readonly unknown[]} args */
function listen(...args) {
  let isTaken = false;
  /** @type {Handle | null} */
  let handle = null;
  // Between these two ticks Node tells that a server with a handle listens, as ServedServer does.
  process.nextTick(() => {
    handle = this._handle;
    if (isTaken) this._handle = null;
  });
  Reflect.apply(setUp, this, args);
  if (!(this instanceof HttpServer && this._handle)) return;
  isTaken = true;
  process.nextTick(() => {
    this._handle = handle;
  });
  takeOver(this, this._handle);
}

Object.assign(Server.prototype, { _listen2: listen });
