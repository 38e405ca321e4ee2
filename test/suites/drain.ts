/** What a worker does with its connections when it is told to finish. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, RawConnection } from '../processes/http-client.ts';
import { drains, HeldRequest, openIdle, tryToConnect } from '../processes/requests.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest, FETCH_APP, SHAPES, testIfAble } from './classes.ts';
import { get } from './requests.ts';

async function expectGone(server: QilinProcess): Promise<void> {
  expect(await server.exited).toEqual({ status: 0, signal: null });
  expect(server.running).toEqual([]);
}

/** Asks, as the worker may not have heard of it yet, until an answer says that it is the last one, and is. */
async function askForTheLast(connection: RawConnection): Promise<void> {
  do {
    connection.received = '';
    connection.send(get('/last'));
    await connection.until(/^HTTP\/1\.1 200 [\s\S]*GET \/last $/);
  } while (!/\r\nConnection: close\r\n/i.test(connection.received));
  await connection.ended;
}

export function describeDrain(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('a drain with $kind', ({ app }) => {
    test('lets the request in flight be answered, with Connection: close, and refuses new connections', async () => {
      await using server = await startQilin([...underTest.flags, '-w', '2', '--log-level', 'debug', app]);
      using request = await HeldRequest.begin(server);
      server.signal('SIGTERM');
      await drains(server, request.worker);
      await expect.poll(() => tryToConnect(server.port), { interval: 10, timeout: 10_000 }).toBe('ECONNREFUSED');
      expect(await request.finish()).toMatch(/^HTTP\/1\.1 200 [\s\S]*Connection: close\r\n/i);
      await request.connection.ended;
      await expectGone(server);
    });

    testIfAble(
      underTest,
      'keepAlive',
      'lets all requests that have come on a connection be answered, the last with Connection: close',
      async () => {
        await using server = await startQilin([...underTest.flags, '--log-level', 'debug', app]);
        using connection = await RawConnection.open(server.port);
        // More than are handed to an app at once.
        const paths = Array.from({ length: 30 }, (_, index) => `/number-${index}?wait=700`);
        connection.send(get('/first?wait=700&announce') + paths.map((path) => get(path)).join(''));
        await server.logged(/began \/first/);
        server.signal('SIGTERM');
        await drains(server);
        await connection.ended;
        const answered = connection.received.matchAll(/GET (\/number-\d+)/g);
        expect([...answered].map(([, path]) => path)).toEqual(paths.map((path) => path.replace(/\?.*/, '')));
        expect(connection.received.match(/^Connection: close\r$/gim)).toHaveLength(1);
        expect(connection.received).toMatch(/Connection: close\r\n[\s\S]*number-29[^\n]*$/i);
        await expectGone(server);
      },
    );

    testIfAble(
      underTest,
      'keepAlive',
      'lets requests that come together on an idle connection be answered',
      async () => {
        await using server = await startQilin([...underTest.flags, '--keep-alive', '10', '--log-level', 'debug', app]);
        using connection = await RawConnection.open(server.port);
        await connection.send(get('/first'));
        await connection.until(/GET \/first $/);
        connection.received = '';
        server.signal('SIGTERM');
        await drains(server);
        await connection.send(['/a', '/b', '/c?wait=700'].map((path) => get(path)).join(''));
        await connection.ended;
        expect(connection.received.match(/GET \/[abc]/g)).toEqual(['GET /a', 'GET /b', 'GET /c']);
        expect(connection.received).toMatch(
          /^(?:(?!Connection: close)[\s\S])*GET \/b [\s\S]*Connection: close\r\n[\s\S]*GET \/c/i,
        );
        await expectGone(server);
      },
    );
  });

  describe('a drain', () => {
    const start = (...args: string[]) => startQilin([...underTest.flags, '--log-level', 'debug', ...args, FETCH_APP]);

    test('lets a stream that has begun come to its end', async () => {
      await using server = await start();
      using connection = await RawConnection.open(server.port);
      connection.send(get('/flood?mib=64'));
      await connection.until(/xxxx/);
      connection.socket.pause();
      server.signal('SIGTERM');
      await drains(server);
      connection.socket.resume();
      await connection.ended;
      expect(connection.received.length).toBeGreaterThan(64 * 1024 * 1024);
      await expectGone(server);
    });

    testIfAble(underTest, 'keepAlive', 'lets the client of such a stream make its last request', async () => {
      await using server = await start('--keep-alive', '20');
      using connection = await RawConnection.open(server.port);
      connection.send(get('/flood?mib=64'));
      await connection.until(/xxxx/);
      connection.socket.pause();
      server.signal('SIGTERM');
      await drains(server);
      connection.socket.resume();
      // Tens of megabytes: too much to look through with each piece.
      await expect.poll(() => connection.received.endsWith('x\r\n0\r\n\r\n'), { timeout: 20_000 }).toBe(true);
      await askForTheLast(connection);
      await expectGone(server);
    });

    test('loses none of those that wait to be accepted', async () => {
      await using server = await start();
      using busy = await RawConnection.open(server.port);
      busy.send(get('/block?announce&ms=1500', 'Connection: close'));
      await server.logged(/began \/block/);
      // The worker stands still: all of these wait in the kernel's queue, with what they have sent.
      const waiting = await Promise.all(Array.from({ length: 50 }, () => RawConnection.open(server.port)));
      await Promise.all(waiting.map((connection) => connection.send(get('/waited'))));
      server.signal('SIGTERM');
      await Promise.all(waiting.map(({ ended }) => ended));
      expect(waiting.map(({ received }) => /GET \/waited $/.test(received))).toEqual(waiting.map(() => true));
      await expectGone(server);
    });

    test('loses none of those for whom there is no place yet, where the server ends', async () => {
      // Each takes 1.2 s, and only one of them has a place.
      const few = ['--worker-connections', '1', '--graceful-timeout', '20'];
      await using server = await startQilin([...alone(underTest), ...few, FETCH_APP]);
      const clients = await Promise.all(Array.from({ length: 2 }, () => RawConnection.open(server.port)));
      for (const client of clients) client.send(get('/held?announce&wait=1200'));
      await server.logged(/began \/held/);
      server.signal('SIGTERM');
      await Promise.all(clients.map(({ ended }) => ended));
      expect(clients.map(({ received }) => /GET \/held /.test(received))).toEqual([true, true]);
      await expectGone(server);
    });

    testIfAble(underTest, 'keepAlive', 'lets an idle connection make its last request', async () => {
      await using server = await start('--keep-alive', '20');
      using connection = await openIdle(server);
      server.signal('SIGTERM');
      await drains(server);
      await askForTheLast(connection);
      await expectGone(server);
    });

    testIfAble(underTest, 'keepAlive', 'closes connections that stay idle after the time of keepalive', async () => {
      await using server = await start('--keep-alive', '1', '--graceful-timeout', '20');
      using used = await openIdle(server);
      using unused = await RawConnection.open(server.port);
      // It is accepted before one that is answered.
      await ask(server.url);
      const before = performance.now();
      server.signal('SIGTERM');
      await Promise.all([used.ended, unused.ended]);
      expect(performance.now() - before).toBeLessThan(4_000);
      await expectGone(server);
    });

    testIfAble(underTest, 'keepAlive', 'closes them also when their clients never close', async () => {
      await using server = await start('--keep-alive', '0.5', '--graceful-timeout', '20');
      const open = async (bytes: string) => {
        const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
        await once(socket, 'connect');
        socket.on('data', () => {}).on('error', () => {});
        if (bytes !== '') socket.write(bytes);
        return socket;
      };
      const clients = [await open(''), await open(get('/used'))];
      // Both have been accepted before one that is answered.
      await ask(server.url);
      server.signal('SIGTERM');
      await expectGone(server);
      expect(server.log).not.toContain('Graceful timeout');
      for (const client of clients) client.destroy();
    });

    test.each([
      // The path, and what comes between the drain's start and the end of the chunks.
      ['/events', /hello[\s\S]*data: goodbye\n\n\r\n0\r\n\r\n$/],
      ['/relayed', /hello\n\n\r\n0\r\n\r\n$/],
    ])('has an event stream end by its signal, with nothing cut and nothing told (%s)', async (path, end) => {
      const flags = ['--log-level', 'debug', '--graceful-timeout', '20'];
      await using server = await startQilin([...underTest.flags, ...flags, 'test/fixtures/event-streams.mjs']);
      using connection = await RawConnection.open(server.port);
      connection.send(get(path));
      await connection.until(/hello/);
      server.signal('SIGTERM');
      await connection.until(end);
      await server.logged(new RegExp(`aborted ${path}`));
      connection.socket.end();
      await expectGone(server);
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });

    test('aborts no other stream', async () => {
      const app = 'test/fixtures/event-streams.mjs';
      await using server = await startQilin([...underTest.flags, '--log-level', 'debug', app]);
      using connection = await RawConnection.open(server.port);
      connection.send(get('/plain', 'Connection: close'));
      await connection.until(/hello/);
      server.signal('SIGTERM');
      await connection.ended;
      expect(connection.received).toContain('goodbye, whole');
      await expectGone(server);
    });

    test('refuses at gracefulTimeout what has no answer yet, cuts what has, and says so', async () => {
      await using server = await start('--graceful-timeout', '1', '--access-logfile', '-');
      using connection = await RawConnection.open(server.port);
      using stream = await RawConnection.open(server.port);
      // A class that serves one request at a time has no other in hand.
      const isAlone = underTest.lacks.concurrency !== undefined;
      if (!isAlone) {
        stream.send(get('/hush'));
        await stream.until(/first/);
      }
      connection.send(get('/never?announce'));
      await server.logged(/began \/never/);
      server.signal('SIGTERM');
      await Promise.all([connection.ended, stream.ended]);
      expect(connection.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close[\s\S]*Service Unavailable\n$/i);
      if (!isAlone) expect(stream.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*first\r\n$/);
      await expectGone(server);
      expect(server.log).toContain(`Graceful timeout of 1 s has passed; connections closed: ${isAlone ? 1 : 2}`);
      expect(server.log).toMatch(
        /Cut by that, the oldest first:\n(?: .*\n)? {4}GET \/never, [1-9]\.\d s old \(503\)\n/,
      );
      if (!isAlone) expect(server.log).toMatch(/ {4}GET \/hush, [1-9]\.\d s old\n/);
      expect(server.log).toMatch(/"GET \/never\?announce HTTP\/1\.1" 503 /);
    });

    testIfAble(
      underTest,
      'concurrency',
      'tells of many that it cuts the ten oldest, without their queries',
      async () => {
        await using server = await startQilin([...alone(underTest), '--graceful-timeout', '1', FETCH_APP]);
        const connections: RawConnection[] = [];
        for (let number = 1; number <= 13; number++) {
          const connection = await RawConnection.open(server.port);
          connections.push(connection);
          const from = server.log.length;
          connection.send(`POST /${number}?announce HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n`);
          await server.logged(/began /, from);
        }
        server.signal('SIGTERM');
        await Promise.all(connections.map(({ ended }) => ended));
        await expectGone(server);
        const [, told = ''] = /the oldest first:\n((?: {4}.*\n)+)/.exec(server.log) ?? [];
        const lines = told
          .replace(/, \d\.\d s old \(503\)/g, '')
          .trim()
          .split(/\n {4}/);
        expect(lines).toEqual([...Array.from({ length: 10 }, (_, index) => `POST /${index + 1}`), 'and 3 more']);
      },
    );
  });
}
