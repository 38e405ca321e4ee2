/** What a program does to its own `http.Server`: kept, or said in the log at start. */
import { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest, testIfAble } from './classes.ts';
import { exchange, get } from './requests.ts';

export function describePrograms(underTest: ClassUnderTest): void {
  describe('a program with a server of its own', () => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...alone(underTest), '--keep-alive', '1', 'test/fixtures/program.mjs']);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test("has its listeners to 'request' called as they are at that moment", async () => {
      const first = await ask(server.url);
      expect([first.text, first.headers['x-once']]).toEqual(['first\n', 'yes']);
      expect((await ask(server.url)).headers['x-once']).toBeUndefined();
      expect((await ask(`${server.url}/late`)).text).toBe('added when it listened\n');
      expect((await ask(`${server.url}/wrapped`)).text).toBe('wrapped\n');
    });

    test('is answered for with 500 where an async listener rejects', async () => {
      const from = server.log.length;
      expect((await ask(`${server.url}/rejects`)).status).toBe(500);
      await server.logged(/Error handling request GET \/rejects\nError: on purpose/, from);
    });

    test('has messages of the classes, and with the options, that it gave to createServer()', async () => {
      const [answer] = takeAnswers(
        await exchange(server, get('/facts', 'Connection: close', 'X-Twice: 1', 'X-Twice: 2')),
        [],
      ).answers;
      expect(JSON.parse(answer?.body ?? '')).toEqual({
        greeting: 'hello /facts',
        isServers: true,
        joined: '1, 2',
        upgrade: false,
        isSocket: true,
        marks: [100_000, 100_000, 100_000],
        encoding: 'ERR_HTTP_SOCKET_ENCODING',
        // Where Node has that option.
        isEmpty: '_dumpAndCloseReadable' in IncomingMessage.prototype,
      });
    });

    test('closes, by setTimeout(), a connection whose answer does not come', async () => {
      expect(await exchange(server, get('/nobody-answers'))).toBe('');
    });

    test('closes one also where the request listens, which is told of its own body alone', async () => {
      expect(await exchange(server, get('/unheard'))).toBe('');
    });

    testIfAble(underTest, 'keepAlive', 'answers by setTimeout(), and what was asked behind', async () => {
      const { answers } = takeAnswers(await exchange(server, get('/late-answer') + get('/', 'Connection: close')), []);
      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [504, 'late\n'],
        [200, 'first\n'],
      ]);
    });

    testIfAble(underTest, 'keepAlive', 'ends a connection at maxRequestsPerSocket, and says so', async () => {
      const { answers } = takeAnswers(await exchange(server, get('/').repeat(3)), []);
      expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close']);
      expect(answers[0]?.headers.get('keep-alive')).toBe('timeout=1, max=3');
    });

    test('answers what has its strictContentLength, and of anything else not a byte', async () => {
      const from = server.log.length;
      for (const path of ['/strict-at-once', '/strict-in-parts']) {
        const { answers } = takeAnswers(await exchange(server, get(path, 'Connection: close')), []);
        expect(answers.map(({ body }) => body)).toEqual(['abcdef']);
      }
      expect(await exchange(server, get('/strict-wrong'))).toBe('');
      await server.logged(/\/strict-wrong\n[\s\S]*ERR_HTTP_CONTENT_LENGTH_MISMATCH/, from);
    });

    test("gives a tunnel's connection to its 'connect' listeners", async () => {
      using connection = await RawConnection.open(server.port);
      connection.send('CONNECT some.host:443 HTTP/1.1\r\nHost: some.host:443\r\n\r\nhead');
      await connection.until(/^HTTP\/1\.1 200 Connected\r\n\r\nCONNECT some\.host:443 head$/);
      connection.send('said');
      await connection.until(/said$/);
      connection.socket.end();
      await connection.ended;
    });

    test("serves what comes on a tunnel's connection that it gives to its server", async () => {
      using connection = await RawConnection.open(server.port);
      connection.send('CONNECT this.host:80 HTTP/1.1\r\nHost: this.host\r\n\r\n');
      await connection.until(/^HTTP\/1\.1 200 Mine\r\n\r\n$/);
      connection.send(get('/late', 'Connection: close'));
      await connection.until(/added when it listened/);
      await connection.ended;
    });

    test("is told which of its settings are Qilin's", async () => {
      expect(server.log).toMatch(
        /\[INFO\] .*program\.mjs sets keepAliveTimeout = 65000 on its server; what holds is keepalive = 1/,
      );
      expect(await exchange(server, 'no HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 499 Mine/);
      expect(server.log).not.toContain('clientError');
    });
  });

  describe('a program that listens to the end of the time that it sets for its connections', () => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...alone(underTest), '--keep-alive', '1', 'test/fixtures/timeouts.mjs']);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    const hears = (what: string, name: string, asked: string): void =>
      testIfAble(underTest, 'keepAlive', name, async () => {
        const from = server.log.length;
        using connection = await RawConnection.open(server.port);
        connection.send(asked);
        await server.logged(new RegExp(`timeout ${what} a request`), from);
        await connection.ended;
      });
    hears('before', 'hears of one that sends nothing', '');
    hears('behind', 'hears of one whose answer does not come', get('/nothing'));
    hears('behind', 'hears of one that asks for nothing more', get('/'));
  });

  test.each([
    ['', /\[ERROR\] Error handling request [\s\S]*guess\.mjs returned a Response, .*--interface fetch/],
    [':failing', /\[ERROR\] .*guess\.mjs:failing is served as a Node listener .*--interface fetch/],
    [
      ':app',
      /\[ERROR\] Error handling request[\s\S]*guess\.mjs:app, a function without parameters, .*guess\.mjs:app\(\)/,
    ],
  ])('what was taken for an app of another kind is a 500, and the cure is told: %s', async (name, told) => {
    await using server = await startQilin([...alone(underTest), `test/fixtures/guess.mjs${name}`]);
    expect((await ask(server.url)).status).toBe(500);
    await server.logged(told);
    const from = server.log.length;
    expect((await ask(server.url)).status).toBe(500);
    await server.logged(/Error handling request/, from);
  });

  test.each([':bare', ':passes'])('a function without parameters is served: %s', async (name) => {
    await using server = await startQilin([...alone(underTest), `test/fixtures/guess.mjs${name}`]);
    for (const _ of [1, 2]) expect((await ask(server.url)).text).toBe('hello\n');
    expect(server.log).not.toMatch(/\[(?:WARNING|ERROR)\]/);
  });

  test.each(['', ':fetchApp'])('the upgrades of a server beside the exported app are served: %s', async (name) => {
    await using server = await startQilin([...underTest.flags, `test/fixtures/beside.mjs${name}`]);
    expect((await ask(server.url)).text).toBe('app true\n');
    using connection = await RawConnection.open(server.port);
    connection.send(get('/', 'Connection: Upgrade', 'Upgrade: echo'));
    await connection.until(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\ntrue $/);
    connection.send('said');
    await connection.until(/said$/);
    connection.socket.end();
    await connection.ended;
    // Kept, or refused with a sentence.
    const isHeard = name === '' || !/\[INFO\] .*clientError/.test(server.log);
    expect(await exchange(server, 'no HTTP\r\n\r\n')).toMatch(isHeard ? /^HTTP\/1\.1 499 Mine/ : /^HTTP\/1\.1 400 /);
  });
}
