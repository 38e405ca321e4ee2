/** Every kind of app of the examples, as a client sees it. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import type { ClassUnderTest } from './classes.ts';

const APPS = [
  { name: 'Hono', app: 'examples/hono.ts:app' },
  { name: 'H3', app: 'examples/h3.ts:app' },
  { name: 'Express', app: 'examples/express.ts:app' },
  { name: 'Koa', app: 'examples/koa.ts:app' },
  { name: 'Flask', app: 'examples/flask.ts:app' },
  { name: 'Fastify', app: 'examples/fastify.ts:app' },
  { name: 'plain Node', app: 'examples/plain.ts' },
] as const;

const MEBIBYTE = 1024 * 1024;
const STREAMED = Array.from({ length: 10 }, (_, index) => `tick ${index + 1}\n`).join('');

/** A line for each request whose connection or answer is over: that is what the tests wait for. */
const ACCESS = ['--access-logfile', '-', '--access-logformat', 'done %(m)s %(U)s %(s)s'];

/** Before every stack that Qilin logs. What frameworks print of their own accord when a client leaves is their affair. */
const TROUBLE = /\[(?:WARNING|ERROR|CRITICAL)\]/;

export function describeApps({ flags }: ClassUnderTest): void {
  const start = (app: string) => startQilin(['-w', '2', ...flags, ...ACCESS, app]);

  describe.each(APPS)('serves $name', ({ name, app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await start(app);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test('answers a GET', async () => {
      const { status, text } = await ask(server.url);
      expect([status, text]).toEqual([200, `Hello from ${name}!`]);
    });

    test('takes a body of 1 MiB and sends it back unchanged', async () => {
      const body = randomBytes(MEBIBYTE);
      const headers = { 'Content-Type': 'application/octet-stream' };
      const answer = await ask(`${server.url}/echo`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      expect(answer.body.equals(body)).toBe(true);
    });

    test('streams: the first piece arrives before the last is made', async () => {
      const answer = await ask(`${server.url}/stream`);
      expect([answer.status, answer.text]).toEqual([200, STREAMED]);
      expect(answer.pieces.length).toBeGreaterThan(1);
      expect(answer.pieces[0]?.toString()).not.toContain('tick 10');
    });

    test('answers 404 by its own router', async () => {
      const { status } = await ask(`${server.url}/nowhere`);
      expect(status).toBe(404);
    });

    test('outlives clients that leave in the middle of an upload', async () => {
      // More than there are workers: were one of them stuck, the next request would wait for ever.
      for (let client = 1; client <= 3; client++) {
        const from = server.log.length;
        using connection = await RawConnection.open(server.port);
        const type = 'Content-Type: application/octet-stream';
        await connection.send(`POST /echo HTTP/1.1\r\nHost: test\r\n${type}\r\nContent-Length: ${MEBIBYTE}\r\n\r\n`);
        await connection.send(randomBytes(MEBIBYTE / 2));
        connection.socket.resetAndDestroy();
        await server.logged(/done POST \/echo/, from);
      }
      expect((await ask(server.url)).status).toBe(200);
      expect(server.log).not.toMatch(TROUBLE);
    });

    test('outlives clients that leave in the middle of a stream', async () => {
      for (let client = 1; client <= 3; client++) {
        const from = server.log.length;
        const outgoing = request(`${server.url}/stream`, { agent: false }).end();
        const [incoming] = await once(outgoing, 'response');
        await once(incoming, 'data');
        outgoing.destroy();
        await server.logged(/done GET \/stream/, from);
      }
      expect((await ask(server.url)).status).toBe(200);
      expect(server.log).not.toMatch(TROUBLE);
    });
  });
}
