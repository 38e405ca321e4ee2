import { once } from 'node:events';
import { createServer, Server as HttpServer } from 'node:http';
import { connect, createServer as createNetServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Interception, interceptListen, requestCapture } from '../../src/app/intercept.ts';
import type { Address } from '../../src/contract/address.ts';
import type { Traffic } from '../../src/contract/traffic.ts';

const ADDRESS: Address = { kind: 'tcp', host: '127.0.0.1', port: 8000 };

/** As a worker class tells it: what a test says. */
class FakeTraffic implements Traffic {
  open = 0;
  closings: string[] = [];
  tellDrained: () => void = () => {};
  #drained = Promise.resolve();

  connections(): number {
    return this.open;
  }

  closed(): Promise<void> {
    return this.#drained;
  }

  close(which: 'idle' | 'all'): void {
    this.closings.push(which);
  }

  unreferenced(): void {
    this.closings.push('unref');
  }

  /** From now on its connections are open until `tellDrained()` is called. */
  begin(open: number): void {
    this.open = open;
    this.#drained = new Promise((resolve) => {
      this.tellDrained = () => {
        this.open = 0;
        resolve();
      };
    });
  }
}

let traffic: FakeTraffic;
let interception: Interception;

beforeEach(() => {
  traffic = new FakeTraffic();
  interception = interceptListen({ addresses: [ADDRESS], traffic });
});

afterEach(() => interception.restore());

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Gives a server the connections of a real port, as a worker class does. */
async function serve(server: Server): Promise<{ port: number; close(): void }> {
  interception.restore();
  const front = createNetServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  return { port: typeof address === 'object' && address ? address.port : 0, close: () => front.close() };
}

describe('a captured server', () => {
  test.each<[string, (server: Server, callback: () => void) => unknown]>([
    ['a port', (server, callback) => server.listen(39_999, callback)],
    ['port and host', (server, callback) => server.listen(39_999, '127.0.0.1', callback)],
    ['port, host and backlog', (server, callback) => server.listen(39_999, '127.0.0.1', 10, callback)],
    ['port and backlog', (server, callback) => server.listen(39_999, 10, callback)],
    ['a port as a string', (server, callback) => server.listen('39999', callback)],
    ['nothing but a callback', (server, callback) => server.listen(callback)],
    ['options', (server, callback) => server.listen({ port: 39_999, host: '127.0.0.1' }, callback)],
    ['a path', (server, callback) => server.listen(join(tmpdir(), 'never.sock'), callback)],
    ['a path in options', (server, callback) => server.listen({ path: join(tmpdir(), 'never.sock') }, callback)],
    ['a descriptor', (server, callback) => server.listen({ fd: 3 }, callback)],
  ])('given %s, opens no port, and seems to listen where Qilin does', async (_, listen) => {
    const server = createNetServer();
    const order: string[] = [];
    server.once('listening', () => order.push('event'));
    const called = new Promise<void>((resolve) => {
      expect(listen(server, resolve)).toBe(server);
    });
    order.push('returned');
    expect(server.listening).toBe(true);
    await called;
    expect(order).toEqual(['returned', 'event']);
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: 8000 });
    expect(interception.current()).toBe(server);
    expect(await interception.captured).toBe(server);
    expect(await isOpen(39_999)).toBe(false);
  });

  test("is the `this` of its callback, as of a listener to 'listening'", async () => {
    const server = createNetServer();
    const address = await new Promise((resolve) => {
      server.listen(39_999, function told(this: Server) {
        resolve(this.address());
      });
    });
    expect(address).toMatchObject({ port: 8000 });
  });

  test('cannot listen twice, but again after it was closed', async () => {
    const server = createNetServer().listen(39_999);
    expect(() => server.listen(39_999)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
    await new Promise((resolve) => server.close(resolve));
    expect(server.listening).toBe(false);
    expect(server.address()).toBeNull();
    expect(server.listen(39_999).listening).toBe(true);
  });

  test('that is closed twice answers as Node does', async () => {
    const server = createNetServer().listen(39_999);
    server.close();
    const error = await new Promise((resolve) => server.close(resolve));
    expect(error).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
  });

  test('is closed by the signal that it was given', async () => {
    const control = new AbortController();
    const server = createNetServer().listen({ port: 39_999, signal: control.signal });
    control.abort();
    await once(server, 'close');
    expect(server.listening).toBe(false);
  });

  test('tells that it is closed when the last connection is, by the word of who serves them', async () => {
    const server = createServer().listen(39_999);
    traffic.begin(2);
    const order: string[] = [];
    const closed = new Promise<void>((resolve) => {
      expect(server.close(() => resolve(void order.push('closed')))).toBe(server);
    });
    expect(server.listening).toBe(false);
    await new Promise(setImmediate);
    expect(await connectionsOf(server)).toBe(2);
    order.push('still open');
    traffic.tellDrained();
    await closed;
    expect(order).toEqual(['still open', 'closed']);
    expect(await connectionsOf(server)).toBe(0);
  });

  test('has others close its connections', () => {
    const server = createServer().listen(39_999);
    server.closeIdleConnections();
    server.closeAllConnections();
    expect(traffic.closings).toEqual(['idle', 'all']);
  });

  test('of Express answers what comes by its event', async () => {
    const app = express().get('/', (_req, res) => void res.send('hello'));
    const server = app.listen(39_999);
    const { port, close } = await serve(server);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello');
    close();
  });
});

describe('a further server', () => {
  test('binds for itself', async () => {
    createNetServer().listen(39_999);
    const metrics = createNetServer().listen(0, '127.0.0.1');
    await once(metrics, 'listening');
    expect(metrics.address()).not.toMatchObject({ port: 8000 });
    expect(interception.current()).not.toBe(metrics);
    metrics.close();
  });

  test('gets the ordinary error when its port is taken', async () => {
    const holder = createNetServer();
    createNetServer().listen(39_999);
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const second = createNetServer().listen(typeof address === 'object' ? address?.port : 0, '127.0.0.1');
    expect(await once(second, 'error')).toEqual([expect.objectContaining({ code: 'EADDRINUSE' })]);
    holder.close();
  });

  test("that asks for the first one's port opens none either: Fastify binds localhost twice", async () => {
    const app = Fastify();
    expect(await app.listen({ port: 39_998, host: 'localhost' })).toContain('8000');
    expect(interception.current()).toBe(app.server);
    expect(await isOpen(39_998)).toBe(false);
    expect(await isOpen(8000)).toBe(false);
    await app.close();
  });
});

describe('of several servers, the one is captured', () => {
  const PUBLIC: Address = { kind: 'tcp', host: '0.0.0.0', port: 8000 };
  let told: string[];
  beforeEach(() => {
    interception.restore();
    told = [];
    const tell = (message: string) => void told.push(message);
    interception = interceptListen({ addresses: [PUBLIC], traffic, log: { warning: tell, error: tell } });
  });

  test('that asks for the port of Qilin, though another listened before, which gets its own then', async () => {
    const events: string[] = [];
    const admin = createNetServer().on('listening', () => events.push('listening'));
    const main = createNetServer();
    admin.listen(39_993, '127.0.0.1', () => {
      events.push('called back');
      main.listen(8000);
    });
    expect(await interception.captured).toBe(main);
    expect(interception.doubt()).toBeUndefined();
    await expect.poll(() => admin.address()).toMatchObject({ address: '127.0.0.1' });
    expect(admin.address()).not.toMatchObject({ port: 8000 });
    expect(events).toEqual(['listening', 'called back']);
    expect(main.address()).toMatchObject({ port: 8000 });
    await new Promise((resolve) => admin.close(resolve));
    expect(told).toEqual([]);
  });

  test('that is not for this machine alone, where Qilin serves others', async () => {
    const admin = createNetServer().listen(39_992, 'localhost');
    const main = createNetServer().listen(39_997);
    expect(await interception.captured).toBe(main);
    await new Promise((resolve) => admin.close(resolve));
  });

  test.each<[string, (inner: Server) => Server]>([
    ['port 0', (inner) => inner.listen(0)],
    ['port 0 of this machine', (inner) => inner.listen({ port: 0, host: '127.0.0.1' })],
  ])('that asks for a port, however late, and not one at %s, which has its own at once', async (_, listen) => {
    const inner = listen(createNetServer());
    await once(inner, 'listening');
    const address = inner.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect([port === 8000, await isOpen(port)]).toEqual([false, true]);
    interception.makeDo();
    expect([interception.current(), interception.listens()]).toEqual([undefined, true]);
    const main = createNetServer().listen(39_994);
    expect(await interception.captured).toBe(main);
    expect([inner.address(), await isOpen(port)]).toEqual([address, true]);
    inner.close();
    await once(inner, 'close');
    expect(told).toEqual([]);
  });

  test('that is alone, though at any free port, where the program has nothing else and is silent', async () => {
    const inner = createNetServer();
    const closed = createNetServer().listen(0, () => closed.close(() => inner.listen(0, '127.0.0.1', 10)));
    await once(inner, 'listening');
    const address = inner.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const events: string[] = [];
    inner.on('listening', () => events.push('listening'));
    interception.makeDo();
    expect(await interception.captured).toBe(inner);
    expect(inner.address()).toMatchObject({ port: 8000 });
    expect(interception.doubt()).toMatch(/127\.0\.0\.1:0, for this machine alone/);
    await expect.poll(() => isOpen(port)).toBe(false);
    expect(told).toEqual([expect.stringMatching(/asks for any free port, and is served at the address of Qilin/)]);
    const late = createNetServer().listen(0, '127.0.0.1');
    await once(late, 'listening');
    expect(late.address()).not.toMatchObject({ port: 8000 });
    late.close();
    const main = createNetServer().listen(39_991);
    expect(told).toEqual([expect.anything(), expect.stringMatching(/^A server for port 39991 listens after the one/)]);
    main.close();
    await new Promise((resolve) => inner.close(resolve));
    expect([events, inner.listening]).toEqual([[], false]);
  });

  test('that is for more than this machine, where Qilin is for this machine too', async () => {
    interception.restore();
    interception = interceptListen({ addresses: [ADDRESS], traffic });
    const beside = createNetServer().listen(39_992, 'localhost');
    const main = createNetServer().listen(39_994);
    expect(await interception.captured).toBe(main);
    await new Promise((resolve) => beside.close(resolve));
  });

  test('that came first, and the log tells of a better one that comes later and has its own port', async () => {
    interception.restore();
    const log = { warning: (message: string) => void told.push(message), error: () => {} };
    interception = interceptListen({ addresses: [ADDRESS], traffic, log });
    createNetServer().listen(39_993, '127.0.0.1');
    await interception.captured;
    const main = createNetServer().listen(39_991);
    await once(main, 'listening');
    expect(main.address()).toMatchObject({ port: 39_991 });
    expect(told).toEqual([expect.stringMatching('port 39991 listens after the one for 127.0.0.1:39993 was taken')]);
    await new Promise((resolve) => main.close(resolve));
  });

  test('that is alone, with a doubt about it if it is for this machine alone', async () => {
    const admin = createNetServer().listen(39_996, '127.0.0.1');
    expect(await interception.captured).toBe(admin);
    expect(interception.doubt()).toMatch(/127\.0\.0\.1:39996, for this machine alone/);
  });

  test('that was taken already, and a better one that comes too late is told of', async () => {
    createNetServer().listen(39_995);
    await interception.captured;
    const main = createNetServer().listen(8000);
    expect(interception.current()).not.toBe(main);
    expect(told).toEqual([expect.stringMatching(/port 8000 listens after the one for port 39995 was taken/)]);
  });

  test('and a further one whose address is taken hears of the cure', async () => {
    const holder = createNetServer();
    createNetServer().listen(8000);
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const second = createNetServer().listen(typeof address === 'object' ? address?.port : 0, '127.0.0.1');
    await once(second, 'error');
    expect(told).toEqual([expect.stringMatching(/cannot have 127\.0\.0\.1:\d+: each worker makes one.*reusePort/)]);
    holder.close();
  });
});

test('a server that lets nobody listen, and is served, looks the same', async () => {
  const server = createServer();
  interception.adopt(server);
  interception.adopt(server);
  await once(server, 'listening');
  expect(server.address()).toMatchObject({ port: 8000 });
  traffic.begin(1);
  const closed = once(server, 'close');
  server.close();
  traffic.tellDrained();
  await closed;
});

test('a unix socket is told by its path', () => {
  interception.restore();
  interception = interceptListen({ addresses: [{ kind: 'unix', path: '/run/app.sock' }], traffic });
  expect(createNetServer().listen(39_999).address()).toBe('/run/app.sock');
});

test('restore() puts back what was there, and only then can be intercepted anew', () => {
  expect(() => interceptListen({ addresses: [ADDRESS], traffic })).toThrow('already');
  const replaced = createNetServer().listen;
  interception.restore();
  interception.restore();
  expect(createNetServer().listen).not.toBe(replaced);
});

test('qilin/patch asks for the capture, and changes nothing without an interception', () => {
  expect(interception.requested()).toBe(false);
  requestCapture();
  expect(interception.requested()).toBe(true);
  interception.restore();
  const before = createNetServer().listen;
  requestCapture();
  expect(createNetServer().listen).toBe(before);
});

describe('what a program has of its own on a captured server', () => {
  test('wrappers of its methods, and overrides of its class, are called, and come to the truth', async () => {
    const calls: string[] = [];
    class Own extends HttpServer {
      override close(callback?: (error?: Error) => void): this {
        calls.push('class close');
        return super.close(callback);
      }
    }
    const server = new Own();
    const { close, closeIdleConnections, closeAllConnections, getConnections, address, listen } = server;
    Object.assign(server, {
      listen: (...args: Parameters<typeof listen>) => calls.push('listen') && Reflect.apply(listen, server, args),
      close: (...args: Parameters<typeof close>) => calls.push('close') && Reflect.apply(close, server, args),
      closeIdleConnections: () => calls.push('idle') && Reflect.apply(closeIdleConnections, server, []),
      closeAllConnections: () => calls.push('all') && Reflect.apply(closeAllConnections, server, []),
      getConnections: (...args: Parameters<typeof getConnections>) =>
        calls.push('count') && Reflect.apply(getConnections, server, args),
      address: () => calls.push('address') && Reflect.apply(address, server, []),
    });
    server.listen(39_999);
    traffic.begin(2);
    expect([await connectionsOf(server), server.listening]).toEqual([2, true]);
    expect(server.address()).toMatchObject({ port: 8000 });
    server.closeAllConnections();
    expect(traffic.closings).toEqual(['all']);
    const closed = new Promise((resolve) => server.close(resolve));
    expect(traffic.closings).toEqual(['all', 'idle']);
    expect([server.listening, server.address()]).toEqual([false, null]);
    traffic.tellDrained();
    expect(await closed).toBeUndefined();
    expect(calls).toEqual(['listen', 'count', 'address', 'all', 'close', 'class close', 'idle', 'address']);
    // Nothing of ours is left.
    expect(await connectionsOf(server)).toBe(0);
    expect(Object.hasOwn(server, '_emitCloseIfDrained')).toBe(false);
  });

  test('its wish that no process be kept is told, be it said before or behind listen()', () => {
    createServer().unref().listen(39_999);
    expect(traffic.closings).toEqual(['unref']);
    createServer().listen(39_999).unref().ref();
    expect(traffic.closings).toEqual(['unref', 'unref']);
  });
});
