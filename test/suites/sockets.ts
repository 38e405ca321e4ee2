/** A program's sockets: one for each connection, announced and ended once, as under node. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest, testIfAble } from './classes.ts';
import { exchange, get, post } from './requests.ts';

interface Facts {
  readonly url: string;
  readonly count: number;
  readonly isTracked: boolean;
  readonly isSame: boolean;
  readonly isServers: boolean;
  readonly listeners: readonly number[];
  readonly remotePort: number;
  readonly connections: number;
  readonly open: number;
  readonly closed: number;
}

const factsIn = (received: string): Facts[] => takeAnswers(received, []).answers.map(({ body }) => JSON.parse(body));

export function describeSockets(underTest: ClassUnderTest): void {
  describe('the sockets of a program', () => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...alone(underTest), '--keep-alive', '60', 'test/fixtures/sockets.mjs']);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    testIfAble(
      underTest,
      'keepAlive',
      'are the same for all requests of a connection, pipelined ones too',
      async () => {
        const from = server.log.length;
        using connection = await RawConnection.open(server.port);
        connection.send(get('/1'));
        await connection.until(/"url":"\/1".*\}/);
        connection.send(get('/later') + get('/3') + get('/later') + get('/5'));
        await connection.until(/"url":"\/5".*\}/);
        const facts = factsIn(connection.received);
        expect(facts.map(({ url, count }) => `${count} ${url}`)).toEqual([
          '1 /1',
          '2 /later',
          '3 /3',
          '4 /later',
          '5 /5',
        ]);
        for (const { isTracked, isSame, isServers, remotePort, listeners } of facts) {
          expect([isTracked, isSame, isServers, remotePort]).toEqual([true, true, true, connection.socket.localPort]);
          for (const [index, count] of listeners.entries())
            expect(count).toBeLessThanOrEqual((facts[0]?.listeners[index] ?? 0) + 3);
        }
        connection.socket.end();
        const [, text = ''] = await server.logged(/closed (\{.*\})/, from);
        expect(JSON.parse(text)).toEqual({
          before: [0, false],
          hadError: false,
          destroyed: true,
          writable: false,
          bytesRead: connection.socket.bytesWritten,
          bytesWritten: connection.received.length,
        });
      },
    );

    testIfAble(underTest, 'keepAlive', 'know how many bytes wait for a client that does not read', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.socket.pause();
      connection.send(get('/flood'));
      const [, waiting] = await server.logged(/waiting (\d+)/, from);
      const size = 16 * 1024 * 1024;
      expect(Number(waiting)).toBeGreaterThan(size / 4);
      expect(Number(waiting)).toBeLessThan(size + 1024);
    });

    testIfAble(underTest, 'keepAlive', 'keep nothing of their requests while they are idle', async () => {
      const count = 10;
      const connections = await Promise.all(Array.from({ length: count }, () => RawConnection.open(server.port)));
      for (const connection of connections) {
        connection.send(get('/remember'));
        await connection.until(/"url":"\/remember".*\}/);
      }
      await vi.waitFor(async () => expect((await ask(`${server.url}/kept`)).text).toBe('0'), 10_000);
      for (const connection of connections) connection[Symbol.dispose]();
    });

    test('are let go of when their connections end', async () => {
      for (let index = 0; index < 20; index++) await exchange(server, get('/', 'Connection: close'));
      const from = server.log.length;
      const [facts] = factsIn(await exchange(server, get('/', 'Connection: close')));
      if (facts === undefined) throw new Error('no answer');
      expect(facts.connections - facts.closed).toBe(facts.open);
      expect(facts.open).toBeLessThanOrEqual(2);
      await server.logged(/closed/, from);
    });

    test.each(['/destroy', '/end', '/end-later'])('end the connection behind the answer: %s', async (path) => {
      const [facts] = factsIn(await exchange(server, get(path)));
      expect(facts?.url).toBe(path);
    });

    test.each(['/end-reading', '/last-reading'])(
      'end behind the answer, though a body is still read: %s',
      async (path) => {
        const answer = await exchange(server, `${post(path, 'Content-Length: 10')}part`);
        expect(factsIn(answer)[0]?.url).toBe(path);
      },
    );

    test('cut the connection when they are destroyed before the answer is sent', async () => {
      const from = server.log.length;
      await exchange(server, get('/cut'));
      const [, text = ''] = await server.logged(/closed (\{.*"hadError":true.*\})/, from);
      expect(JSON.parse(text)).toMatchObject({ destroyed: true, writable: false });
    });

    test('have no error where the client has closed while its answer is awaited: it may have ended its side alone', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      await connection.send(get('/never'));
      connection.socket.destroy();
      const [, text = ''] = await server.logged(/closed (\{.*\})/, from);
      expect(JSON.parse(text)).toMatchObject({ hadError: false, destroyed: true });
    });

    test('reset the connection where the program wants that', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.send(get('/reset'));
      await connection.ended;
      expect(connection.socket.errored).toMatchObject({ code: 'ECONNRESET' });
      await server.logged(/closed \{.*"hadError":false/, from);
    });

    test('are real ones where another protocol takes over, by the name that the program had for it', async () => {
      const from = server.log.length;
      const [facts] = factsIn(await exchange(server, get('/before', 'Connection: close')));
      await server.logged(/closed/, from);
      using connection = await RawConnection.open(server.port);
      if (underTest.lacks.keepAlive === undefined) {
        connection.send(get('/before'));
        await connection.until(/"url":"\/before"/);
      }
      connection.send(get('/', 'Connection: Upgrade', 'Upgrade: echo'));
      const [, text = ''] = await connection.until(/ 101 [\s\S]*\r\n\r\n(\{"is[^}]*\})/);
      expect(JSON.parse(text)).toEqual({
        isTracked: true,
        isServers: true,
        connections: (facts?.connections ?? 0) + 1,
      });
      connection.send('said');
      await connection.until(/said/);
      connection.send('end-kept');
      await connection.until(/ended$/);
      await connection.ended;
      await server.logged(/closed[\s\S]*closed/, from);
      expect(server.log.slice(from).match(/closed/g)).toHaveLength(2);
    });
  });
}
