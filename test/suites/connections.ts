/** HTTP/1.1 connections: how long they last, what comes on them and in which order. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { ask, countAnswers, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP, LISTENER_APP, SHAPES, testIfAble } from './classes.ts';
import { exchange, get, post, UNREAD } from './requests.ts';

export function describeConnections(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('connections with $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...underTest.flags, '--keep-alive', '1', app]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    testIfAble(underTest, 'keepAlive', 'are kept, and closed when idle for `keepalive` seconds', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(get('/one'));
      await connection.until(/GET \/one $/);
      expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
      expect(connection.received).not.toMatch(/\r\nConnection: close\r\n/i);
      connection.send(get('/two'));
      await connection.until(/GET \/two $/);
      const idle = performance.now();
      await connection.ended;
      expect(performance.now() - idle).toBeGreaterThan(900);
      expect(countAnswers(connection.received)).toBe(2);
    });

    testIfAble(underTest, 'keepAlive', 'tell for how long they are kept, as long as they are', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(get('/kept'));
      await connection.until(/GET \/kept $/);
      expect(connection.received).toMatch(/\r\nKeep-Alive: timeout=1\r\n/i);
      connection.received = '';
      connection.send(get('/last', 'Connection: close'));
      await connection.ended;
      expect(connection.received).toMatch(/\r\nConnection: close\r\n/i);
      expect(connection.received).not.toMatch(/\r\nKeep-Alive:/i);
    });

    test('end after a request with Connection: close, and no further one is read', async () => {
      const received = await exchange(server, get('/', 'Connection: close') + UNREAD);
      expect(received).toMatch(/\r\nConnection: close\r\n/i);
      expect(countAnswers(received)).toBe(1);
      expect(server.log).not.toContain('began /unread');
    });

    test('end after a request of HTTP/1.0', async () => {
      const received = await exchange(server, 'GET /old HTTP/1.0\r\n\r\n');
      expect(received).toMatch(/^HTTP\/1\.1 200 [\s\S]*GET \/old $/);
      expect(received).toMatch(/\r\nConnection: close\r\n/i);
      expect(received).not.toMatch(/\r\nTransfer-Encoding:/i);
    });

    test('a stream to a client of HTTP/1.0 has no chunks, and ends with the connection', async () => {
      const received = await exchange(server, 'GET /flood?mib=1 HTTP/1.0\r\n\r\n');
      expect(received).not.toMatch(/\r\nTransfer-Encoding:/i);
      expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toBe('x'.repeat(1024 * 1024));
    });

    testIfAble(
      underTest,
      'keepAlive',
      'are kept that long behind an answer that took all the time of the event loop',
      async () => {
        await using server = await startQilin([...underTest.flags, '--keep-alive', '2', FETCH_APP]);
        using connection = await RawConnection.open(server.port);
        connection.send(get('/block?ms=2500'));
        await connection.until(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n./);
        connection.received = '';
        // An end that is under way by then is not the answer.
        connection.send(get('/next', 'Connection: close'));
        await connection.ended;
        expect(connection.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*GET \/next $/);
      },
    );

    testIfAble(underTest, 'keepAlive', 'have pipelined requests answered in their order', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(`${get('/first?wait=100')}${post('/second', 'Content-Length: 4')}body${get('/third')}`);
      await connection.until(/GET \/third $/);
      const { answers, rest } = takeAnswers(connection.received, []);
      expect(answers.map(({ body }) => body)).toEqual(['GET /first ', 'POST /second body', 'GET /third ']);
      expect(rest).toBe('');
    });

    testIfAble(
      underTest,
      'keepAlive',
      'have pipelined answers streamed that are larger than what may wait',
      async () => {
        const received = await exchange(
          server,
          get('/first?wait=100') + get('/flood?mib=1').repeat(3) + get('/last', 'Connection: close'),
        );
        const { answers, rest } = takeAnswers(received, []);
        expect(answers.map(({ body }) => body.length)).toEqual([11, ...Array(3).fill(1024 * 1024), 10]);
        expect(rest).toBe('');
      },
    );

    testIfAble(underTest, 'keepAlive', 'have a thousand pipelined requests answered in their order', async () => {
      using connection = await RawConnection.open(server.port);
      const targets = Array.from({ length: 1_000 }, (_, index) => `/${index}`);
      connection.send(targets.map((target) => get(target)).join(''));
      await connection.until(/GET \/999 $/);
      const { answers } = takeAnswers(connection.received, []);
      expect(answers.map(({ body }) => body)).toEqual(targets.map((target) => `GET ${target} `));
    });

    testIfAble(underTest, 'concurrency', 'have their requests served at the same time', async () => {
      await Promise.all(Array.from({ length: 3 }, () => ask(`${server.url}/slow?wait=100`)));
      expect(Number((await ask(`${server.url}/most`)).text)).toBeGreaterThanOrEqual(3);
    });

    test.each([
      { what: 'HEAD', request: get('/head').replace('GET', 'HEAD'), method: 'HEAD', status: 200 },
      { what: '204', request: get('/no-content'), method: 'GET', status: 204 },
      { what: '304', request: get('/not-modified'), method: 'GET', status: 304 },
    ])('get no body with $what', async ({ request, method, status }) => {
      using connection = await RawConnection.open(server.port);
      const last = get('/last', 'Connection: close');
      // Where connections are kept, the next answer shows that nothing came in between.
      await connection.send(underTest.lacks.keepAlive === undefined ? request + last : request);
      await connection.ended;
      const { answers, rest } = takeAnswers(connection.received, [method]);
      expect(answers[0]).toMatchObject({ status, body: '' });
      if (status === 204) expect(answers[0]?.headers.has('content-length')).toBe(false);
      expect(answers[0]?.headers.has('transfer-encoding')).toBe(false);
      if (underTest.lacks.keepAlive === undefined) expect(answers[1]?.body).toBe('GET /last ');
      expect(rest).toBe('');
    });

    test.each([
      { what: 'the standard reason phrase', path: '/', line: '200 OK' },
      { what: 'that of an error', path: '/nowhere', line: '404 Not Found' },
      { what: "the app's own", path: '/teapot', line: '418 Short and stout' },
    ])('get $what in the status line', async ({ path, line }) => {
      const received = await exchange(server, get(path, 'Connection: close'));
      expect(received.split('\r\n')[0]).toBe(`HTTP/1.1 ${line}`);
    });

    test('get 100 Continue before the body is sent', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(post('/length', 'Content-Length: 5', 'Expect: 100-continue'));
      await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
      connection.send('12345');
      await connection.until(/\r\n\r\nHTTP\/1\.1 200 [\s\S]*\r\n\r\n(?:1\r\n)?5/);
    });

    test('are told of bytes that are no request, and nothing behind them is read', async () => {
      const received = await exchange(server, `GET / HTTP/1.1\r\nno colon\r\n\r\n${UNREAD}`);
      expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(countAnswers(received)).toBe(1);
      expect(server.log).not.toContain('began /unread');
    });

    test('whose client has sent its end still get the answer', async () => {
      for (const wait of [0, 50, 600]) {
        using connection = await RawConnection.open(server.port);
        connection.socket.end(get(`/half?wait=${wait}`));
        await connection.ended;
        expect(connection.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*GET \/half $/);
      }
    });

    test('whose client has sent its end get a streamed answer in full', async () => {
      using connection = await RawConnection.open(server.port);
      connection.socket.end(get('/flood?mib=4'));
      await connection.ended;
      expect(connection.received).toMatch(/\r\nTransfer-Encoding: chunked\r\n/i);
      expect(connection.received).toMatch(/\r\n0\r\n\r\n$/);
      const { answers } = takeAnswers(connection.received, []);
      expect(answers[0]?.body).toHaveLength(4 * 1024 * 1024);
    });
  });

  describe('early hints', () => {
    test('reach the client before the answer', async () => {
      await using server = await startQilin([...underTest.flags, LISTENER_APP]);
      using connection = await RawConnection.open(server.port);
      connection.send(get('/hints'));
      await connection.until(/hinted$/);
      expect(connection.received).toMatch(
        /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 /i,
      );
    });

    test('begin no answer: 100 Continue and the deadline of the answer follow them', async () => {
      await using server = await startQilin([...underTest.flags, '--response-timeout', '1', LISTENER_APP]);
      using reading = await RawConnection.open(server.port);
      reading.send(post('/hints-first', 'Content-Length: 5', 'Expect: 100-continue'));
      // Node says 100 before the app sees the request, the native engine when its body is read.
      await reading.until(/HTTP\/1\.1 100 Continue\r\n\r\n/);
      await reading.until(/HTTP\/1\.1 103 /);
      reading.send('12345');
      await reading.until(/\r\n\r\nHTTP\/1\.1 200 [\s\S]*read 5/);
      reading[Symbol.dispose]();
      const received = await exchange(server, get('/hints-alone'));
      expect(received).toMatch(/^HTTP\/1\.1 103 [\s\S]*\r\n\r\nHTTP\/1\.1 503 /);
    });
  });

  describe('at workerConnections 2', () => {
    testIfAble(
      underTest,
      'keepAlive',
      'the third connection waits, and another is asked to make room for it',
      async () => {
        const lasting = ['--keep-alive', '60', '--worker-connections', '2'];
        await using server = await startQilin([...underTest.flags, ...lasting, FETCH_APP]);
        const opened = async () => {
          const connection = await RawConnection.open(server.port);
          connection.send(get('/pid'));
          await connection.until(/\r\n\r\n\d+$/);
          return connection;
        };
        // One after the other: while the second waits for its thread, the first would be asked to make room for it.
        using first = await opened();
        using second = await opened();
        expect(first.received + second.received).not.toMatch(/^connection: close/im);
        using third = await RawConnection.open(server.port);
        third.send(get('/third'));
        second.send(get('/turn'));
        // Busy clients would else keep the worker to themselves for ever.
        await second.until(/^connection: close\r\n[\s\S]*GET \/turn $/im);
        await third.until(/GET \/third $/);
      },
    );
  });
}
