import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, get, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { linux } from '../../../../test/needs.ts';
import { openFilesOf } from '../../../../test/processes/process-table.ts';
import { Server, serve } from '../../src/index.ts';

const hello = { fetch: () => new Response('hello') };

test('an app is served in this process, at a port that the system chose', async () => {
  const server = await serve(hello, { bind: '127.0.0.1:0' });
  try {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const response = await fetch(server.url);
    expect(await response.text()).toBe('hello');
    expect(server.stats().requests).toBe(1);
  } finally {
    await server.close();
  }
  await expect(fetch(server.url)).rejects.toThrow();
});

test.each(['async', 'picoev'])('class %s: a proxy in front tells whose a connection is', async (workerClass) => {
  const app = { fetch: (request: Request & { readonly ip?: string }) => new Response(request.ip) };
  const server = await serve(app, { bind: '127.0.0.1:0', workerClass, proxyProtocol: true });
  try {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (piece) => {
      text += String(piece);
    });
    socket.write(
      'PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\nGET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n',
    );
    await once(socket, 'close');
    expect(text).toMatch(/\r\n\r\n203\.0\.113\.7$/);
    await expect(fetch(server.url)).rejects.toThrow();
    expect(server.stats()).toMatchObject({ accepted: 2, requests: 1, unproxied: 1 });
  } finally {
    await server.close();
  }
});

test.each(['async', 'picoev'])('class %s: close() tells WebSockets that the server goes away', async (workerClass) => {
  const sockets = new WebSocketServer({ noServer: true });
  const program = createServer().on('upgrade', (req, socket, head) => {
    sockets.handleUpgrade(req, socket, head, () => {});
  });
  const server = await serve(program, { bind: '127.0.0.1:0', workerClass, websocketDrain: 0 });
  const client = new WebSocket(server.url.replace('http:', 'ws:'));
  await once(client, 'open');
  const [[code]] = await Promise.all([once(client, 'close'), server.close()]);
  expect(code).toBe(1001);
});

test('close() waits for the answer that is in flight, and runs the app’s onShutdown after it', async () => {
  const order: string[] = [];
  let asked: () => void = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const app = {
    fetch: async () => {
      asked();
      await pause(50);
      order.push('answered');
      return new Response('late');
    },
    onShutdown: () => {
      order.push('shut down');
    },
  };
  const server = await serve(app, { bind: '127.0.0.1:0' });
  const answer = fetch(server.url, { headers: { connection: 'close' } });
  await isAsked;
  await Promise.all([server.close(), server.close()]);
  expect(await (await answer).text()).toBe('late');
  expect(order).toEqual(['answered', 'shut down']);
});

test.each([
  [{ bnd: 3 }, 'serve(): bnd is not a setting; did you mean bind?'],
  [{ backlog: -1 }, 'backlog'],
  [{ workerClass: 'nonsense' }, 'workerClass must be one of'],
  [{ proxyAllowFrom: ['10.0.0.0/8', '10.0.0.0/33'] }, 'proxyAllowFrom must be IP addresses, CIDR blocks'],
])('%j is an error that names the setting', async (options, message) => {
  await expect(serve(hello, { bind: '127.0.0.1:0', ...options })).rejects.toThrow(message);
});

test('an address in use is an error, and what was opened before it is closed again', async () => {
  const first = await serve(hello, { bind: '127.0.0.1:0' });
  const taken = first.url.replace('http://', '');
  await expect(serve(hello, { bind: ['127.0.0.1:0', taken] })).rejects.toMatchObject({ code: 'BIND_FAILED' });
  await first.close();
});

test('a value that is no app is an error', async () => {
  await expect(serve({ port: 3 }, { bind: '127.0.0.1:0' })).rejects.toMatchObject({ code: 'APP_UNCLEAR' });
});

test('serveForever() ends at SIGTERM and leaves no listener for signals behind', async () => {
  const before = process.listenerCount('SIGTERM');
  const server = new Server(['127.0.0.1', 0], hello);
  const { url } = await server.start();
  const ended = server.serveForever();
  expect(await (await fetch(url, { headers: { connection: 'close' } })).text()).toBe('hello');
  await expect.poll(() => process.listenerCount('SIGTERM')).toBe(before + 1);
  process.emit('SIGTERM');
  await ended;
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

describe.skipIf(linux.isMissing)(linux.named('what a server had open'), () => {
  let folder = '';
  const openLogs = () => openFilesOf(process.pid).filter((file) => file.startsWith(folder));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qilin-serve-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['async', 'picoev'])('is closed with it, its logs too (%s)', async (workerClass) => {
    const [errorlog, accesslog] = [join(folder, 'error.log'), join(folder, 'access.log')];
    const server = await serve(hello, { bind: '127.0.0.1:0', workerClass, errorlog, accesslog });
    await fetch(server.url, { headers: { connection: 'close' } });
    expect(openLogs()).toHaveLength(2);
    await server.close();
    expect(openLogs()).toEqual([]);
    expect(readFileSync(accesslog, 'utf8')).toContain('GET /');
  });

  test.each(['async', 'picoev'])(
    'is closed at once, not when its memory is collected: class %s',
    async (workerClass) => {
      const countOpen = () => openFilesOf(process.pid).filter((file) => file.includes('eventpoll')).length;
      const serveOnce = async () => (await serve(hello, { bind: '127.0.0.1:0', workerClass })).close();
      await serveOnce();
      const before = countOpen();
      for (let times = 0; times < 5; times++) await serveOnce();
      expect(countOpen()).toBe(before);
    },
  );

  test.each([{ certfile: '/nowhere/cert.pem', keyfile: '/nowhere/key.pem' }, { accesslog: '/nowhere/access.log' }])(
    'is closed when it cannot start: %j',
    async (wrong) => {
      const taken = await serve(hello, { bind: '127.0.0.1:0' });
      const bind = taken.url.replace('http://', '');
      await taken.close();
      const options = { bind, workerClass: 'async', errorlog: join(folder, 'error.log') };
      await expect(serve(hello, { ...options, ...wrong })).rejects.toThrow('/nowhere/');
      expect(openLogs()).toEqual([]);
      const server = await serve(hello, options);
      await server.close();
    },
  );
});

test.each(['picoev', 'async'])(
  'a WebSocket that outlives gracefulTimeout ends with the server, not the program: class %s',
  async (workerClass) => {
    const app = createServer((_req, res) => res.end('plain'));
    app.on('upgrade', (_req, socket: Socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const server = await serve(app, { bind: '127.0.0.1:0', workerClass, gracefulTimeout: 0.2 });
    const client = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await once(client, 'data');
    const closed = once(client, 'close');
    await server.close();
    await closed;
    expect(server.stats().accepted).toBe(1);
  },
);

describe.each(['picoev', 'async'])('an http.Server of the program, served on class %s', (workerClass) => {
  const agent = new Agent({ keepAlive: true });
  afterAll(() => agent.destroy());

  async function ask(url: string): Promise<string> {
    const [response]: IncomingMessage[] = await once(get(url, { agent }), 'response');
    let text = '';
    for await (const piece of response ?? []) text += piece;
    return text;
  }

  test('looks as if it listened, and its close() is that of what serves it: idle connections end', async () => {
    const app = createServer((_req, res) => res.end('hello'));
    const listens = once(app, 'listening');
    const server = await serve(app, { bind: '127.0.0.1:0', workerClass, keepalive: 600, gracefulTimeout: 600 });
    await listens;
    expect(app.listening).toBe(true);
    expect(app.address()).toMatchObject({ port: Number(new URL(server.url).port) });
    expect(await ask(server.url)).toBe('hello');
    await new Promise((resolve) => app.close(resolve));
    await server.closed;
    expect(app.listening).toBe(false);
    await expect(ask(server.url)).rejects.toThrow('ECONNREFUSED');
  });

  test('is closed with what serves it, and can be served again, since nothing of that is left on it', async () => {
    const app = createServer((_req, res) => res.end('hello'));
    const before = ownOf(app);
    for (let times = 0; times < 3; times++) {
      const server = await serve(app, { bind: '127.0.0.1:0', workerClass });
      expect(await ask(server.url)).toBe('hello');
      const closed = once(app, 'close');
      server.closeConnections('idle');
      await server.close();
      await closed;
      expect(ownOf(app)).toEqual(before);
    }
  });

  /** What it has of its own: listeners by their events, members, and the settings of Node's. */
  function ownOf(app: HttpServer) {
    const events = app.eventNames().map((event) => [String(event), app.listeners(event)] as const);
    const { keepAliveTimeout, headersTimeout, requestTimeout, maxHeadersCount } = app;
    // Not those that Node makes when a server listens, nor the classes of its messages.
    const members = Object.getOwnPropertyNames(app).filter((name) => name !== '_pipeName');
    return {
      listeners: Object.fromEntries(events.filter(([, listeners]) => listeners.length > 0)),
      members: members.sort(),
      settings: [keepAliveTimeout, headersTimeout, requestTimeout, maxHeadersCount],
    };
  }
});
