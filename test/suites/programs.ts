/** What a program does to its own `http.Server`: kept, or said in the log at start. */
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
      const facts = { greeting: 'hello /facts', isServers: true, joined: '1, 2', upgrade: false };
      expect(JSON.parse(answer?.body ?? '')).toEqual(facts);
    });

    test('closes, by setTimeout(), a connection whose answer does not come', async () => {
      expect(await exchange(server, get('/nobody-answers'))).toBe('');
    });

    testIfAble(underTest, 'keepAlive', 'ends a connection at maxRequestsPerSocket, and says so', async () => {
      const { answers } = takeAnswers(await exchange(server, get('/').repeat(3)), []);
      expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close']);
      expect(answers[0]?.headers.get('keep-alive')).toBe('timeout=1, max=3');
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

    test("is told which of its settings are Qilin's", async () => {
      expect(server.log).toMatch(
        /\[INFO\] .*program\.mjs sets keepAliveTimeout = 65000 on its server; what holds is keepalive = 1/,
      );
      expect(await exchange(server, 'no HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 499 Mine/);
      expect(server.log).not.toContain('clientError');
    });
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
  });
}
