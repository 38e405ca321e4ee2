/** Fetch handlers, and bodies that are not what they should be: of requests, of answers, and of answers that are handed on. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, testIfAble } from './classes.ts';
import { exchange, get, post } from './requests.ts';

const APP = 'test/fixtures/bodies.mjs';
const BODY = 'x'.repeat(300_000);

/** What an app hands on: compressed, with fields of the connection that it came on. */
function serveUpstream(): Promise<Server> {
  const server = createServer((req, res) => {
    const body = gzipSync('from upstream');
    res.setHeader('Connection', 'close, x-hop').setHeader('X-Hop', 'private').setHeader('X-Kept', 'yes');
    res.setHeader('Set-Cookie', ['a=1', 'b=2']).setHeader('Proxy-Connection', 'close');
    res.setHeader('Content-Encoding', 'gzip').setHeader('Content-Length', body.length);
    res.end(req.method === 'HEAD' ? undefined : body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

export function describeFetchBodies(underTest: ClassUnderTest): void {
  const { flags } = underTest;
  describe('bodies with a fetch handler', () => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...flags, APP]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.each(['/ignore', '/touch', '/cancel', '/cancel-begun', '/release', '/keep'])(
      'one that is not read to its end costs the next request nothing, or the answer says so: %s',
      async (path) => {
        const framings = [
          { field: `Content-Length: ${BODY.length}`, first: BODY.slice(0, 100_000), rest: BODY.slice(100_000) },
          { field: 'Transfer-Encoding: chunked', first: `186a0\r\n${BODY.slice(0, 100_000)}`, rest: '\r\n0\r\n\r\n' },
        ];
        for (const { field, first, rest } of framings) {
          using connection = await RawConnection.open(server.port);
          connection.send(post(path, field) + first);
          await connection.until(/\r\n\r\ndone$/);
          connection.send(rest + get('/next', 'Connection: close'));
          await connection.ended;
          const { answers } = takeAnswers(connection.received, []);
          const closes = answers[0]?.headers.get('connection') === 'close';
          expect(answers.map(({ body }) => body)).toEqual(closes ? ['done'] : ['done', 'next']);
        }
        expect(server.log).not.toMatch(/\[(?:ERROR|WARNING|CRITICAL)\]/);
      },
    );

    test.each(['/long', '/short'])(
      'an answer without the length that it tells is cut, and the log says why: %s',
      async (path) => {
        const from = server.log.length;
        const received = await exchange(server, get(path) + get('/next', 'Connection: close'));
        expect(takeAnswers(received, []).answers.filter(({ status }) => status === 200)).toEqual([]);
        expect(received).not.toContain('FORGED');
        await server.logged(/\[ERROR\][\s\S]*The body must have the 5 bytes of its Content-Length/, from);
      },
    );

    test('one that is read when its answer is given, or its client has left, fails: what is not whole is no body', async () => {
      using reader = await RawConnection.open(server.port);
      await reader.send(post('/read-after', `Content-Length: ${BODY.length}`) + BODY);
      await server.logged(/^reading after the answer fails$/m);
      using leaver = await RawConnection.open(server.port);
      await leaver.send(`${post('/read-late', 'Content-Length: 10')}half`);
      await server.logged(/^reads late$/m);
      leaver.socket.resetAndDestroy();
      await server.logged(/^reading after its client has left fails$/m);
    });

    test.each(['/reused/buffer', '/reused/memory', '/reused/view'])(
      'an answer is what its memory held when it was made, whenever its client takes it: %s',
      async (path) => {
        const from = server.log.length;
        const outgoing = request(server.url + path, { agent: false }).end();
        const [incoming] = await once(outgoing, 'response');
        incoming.pause();
        await server.logged(/^wrote over it$/m, from);
        const pieces: Buffer[] = [];
        for await (const piece of incoming) pieces.push(piece);
        const body = Buffer.concat(pieces);
        expect([body.length, body.indexOf('b'), body.indexOf('c')]).toEqual([24 * 1024 * 1024, -1, -1]);
      },
    );

    test.each(['text', BODY])('a request can be made anew, with another body, when it was read', async (body) => {
      expect((await ask(`${server.url}/made-anew`, { method: 'POST', body })).text).toBe(`${body}!`);
    });

    testIfAble(underTest, 'keepAlive', 'one that waits for its turn is told when its client leaves', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      await connection.send(get('/wait') + get('/endless'));
      await server.logged(/^waits$/m, from);
      connection.socket.resetAndDestroy();
      await server.logged(/^nobody wants more of it$/m, from);
    });

    test.each([
      { path: '/exact', body: '12345' },
      { path: '/null', body: '' },
      { path: '/text', body: 'more than five' },
    ])('an answer that is whole tells its own length: $path', async ({ path, body }) => {
      expect((await ask(server.url + path)).text).toBe(body);
      const received = await exchange(server, get(path, 'Connection: close'));
      expect(takeAnswers(received, []).rest).toBe('');
    });
  });

  describe('an answer of fetch() that a handler returns', () => {
    let server: QilinProcess;
    let upstream: Server;
    let from: string;
    beforeAll(async () => {
      server = await startQilin([...flags, APP]);
      upstream = await serveUpstream();
      from = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      upstream.close();
    });

    test.each(['/proxy', '/remade'])(
      'is its own: what was true of the connection upstream is left out, %s',
      async (path) => {
        const answer = await ask(`${server.url}${path}?from=${encodeURIComponent(from)}`);
        expect(answer.text).toBe('from upstream');
        expect(answer.headers).toMatchObject({ 'x-kept': 'yes', 'set-cookie': ['a=1', 'b=2'] });
        for (const name of ['content-encoding', 'x-hop', 'proxy-connection'])
          expect(answer.headers).not.toHaveProperty(name);
        expect(answer.headers['content-length'] ?? '13').toBe('13');
      },
    );

    test('to HEAD tells what the upstream told', async () => {
      const { headers } = await ask(`${server.url}/proxy?from=${encodeURIComponent(from)}`, { method: 'HEAD' });
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'x-kept': 'yes' });
    });

    test('is told apart from one that the app has encoded', async () => {
      const { headers, body } = await ask(`${server.url}/encoded`);
      expect(headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(body).toString()).toBe('by the app');
    });
  });
}
