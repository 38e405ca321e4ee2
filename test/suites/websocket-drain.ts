/** WebSockets when their worker leaves: each client is told so, behind all that the app had sent to it. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { drains } from '../processes/requests.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest } from './classes.ts';

const PROGRAM = 'test/fixtures/websockets.mjs';
const MANY = 300;
/** Seconds over which many are told. */
const DRAIN = 2;

class Client implements Disposable {
  readonly socket: WebSocket;
  readonly messages: Buffer[] = [];
  /** Resolves with the code that it was told. */
  readonly closed: Promise<number>;
  closedAt = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.messages.push(data));
    this.closed = new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.once('close', (code) => {
        this.closedAt = performance.now();
        resolve(code);
      });
    });
  }

  static async open(server: QilinProcess, path: string): Promise<Client> {
    const client = new Client(new WebSocket(server.url.replace('http:', 'ws:') + path));
    await once(client.socket, 'open');
    return client;
  }

  get numbers(): readonly number[] {
    return this.messages.map(Number);
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

export function describeWebSocketDrain(underTest: ClassUnderTest): void {
  describe('WebSockets in a drain', () => {
    const start = (...args: string[]) =>
      startQilin([...alone(underTest), '--graceful-timeout', '20', '--log-level', 'debug', ...args, PROGRAM]);

    test.each([
      ['SIGHUP', 1012],
      ['SIGTERM', 1001],
      ['SIGINT', 1001],
    ] as const)('after %s clients are told %i, and the worker does not wait for them', async (signal, code) => {
      await using server = await start();
      using client = await Client.open(server, '/silent');
      const [worker] = server.workerPids;
      server.signal(signal);
      expect(await client.closed).toBe(code);
      await server.logged(new RegExp(`Worker exited \\(pid: ${worker}, status 0\\)`));
      expect(server.log).not.toContain('Graceful timeout');
    });

    const many = underTest.lacks.concurrency === undefined ? MANY : 1;
    test('all are told, one after the other, and each has the messages of before', async () => {
      await using server = await start('--websocket-drain', String(DRAIN));
      const clients = await Promise.all(
        upTo(many).map((number) => Client.open(server, number % 2 === 0 ? '/count' : '/count?deflated')),
      );
      const before = performance.now();
      server.signal('SIGHUP');
      expect(new Set(await Promise.all(clients.map(({ closed }) => closed)))).toEqual(new Set([1012]));
      for (const { numbers } of clients) expect(numbers).toEqual(upTo(numbers.length));
      if (many === 1) return;
      const times = clients.map(({ closedAt }) => closedAt - before).sort((a, b) => a - b);
      const [tenth = 0, last = 0] = [times[many / 10], times.at(-1)];
      expect(last - tenth).toBeGreaterThan((DRAIN * 1_000) / 3);
    });

    test('what waits for a slow client comes before it is told', async () => {
      await using server = await start('--websocket-drain', '0');
      using client = await Client.open(server, '/burst');
      client.socket.pause();
      server.signal('SIGHUP');
      await drains(server);
      client.socket.resume();
      expect(await client.closed).toBe(1012);
      expect(client.messages.map(({ length }) => length)).toEqual(Array.from({ length: 100 }, () => 64 * 1024));
    });

    test('a message without an end is not waited for', async () => {
      await using server = await start('--websocket-drain', '0');
      using client = await Client.open(server, '/endless');
      server.signal('SIGHUP');
      expect(await client.closed).toBe(1012);
    });

    test('one that the app closes by itself is told once, by the app', async () => {
      await using server = await start('--websocket-drain', '0');
      using client = await Client.open(server, '/leave');
      client.socket.send('now');
      expect(await client.closed).toBe(4000);
      await server.logged(/closed by 4000/);
      server.signal('SIGHUP');
      await server.logged(/Worker exited \(pid: \d+, status 0\)/);
      expect(server.log).not.toContain('Graceful timeout');
    });

    test('frames that the app hands on from another server are followed too', async () => {
      await using upstream = await startQilin([...alone(underTest), '-w', '1', PROGRAM]);
      await using server = await start('--websocket-drain', '0');
      using client = await Client.open(server, `/count?to=${upstream.port}`);
      while (client.messages.length < 10) await once(client.socket, 'message');
      server.signal('SIGHUP');
      expect(await client.closed).toBe(1012);
      expect(client.numbers).toEqual(upTo(client.messages.length));
      // The client's own word has reached the other server.
      await upstream.logged(/closed by 1012/);
    });

    test('of 0 seconds all are told at once', async () => {
      await using server = await start('--websocket-drain', '0');
      const clients = await Promise.all(upTo(Math.min(many, 20)).map(() => Client.open(server, '/silent')));
      server.signal('SIGTERM');
      expect(new Set(await Promise.all(clients.map(({ closed }) => closed)))).toEqual(new Set([1001]));
      expect((await server.exited).status).toBe(0);
    });
  });
}
