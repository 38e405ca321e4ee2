/** Fetch apps and Node listeners on the real native engine, as clients on real connections see them. */
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { addressOf, closeFd, type Exchange, HttpLoop, listen } from '@qilin/picoev';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOOP_OPTIONS } from '../../../picoev/test/fixtures/loop-options.mjs';
import type { FetchHandler, NodeListener } from '../../src/contract/app.ts';
import { createFetchServer } from '../../src/http/light/fetch-server.ts';
import { createNodeServer } from '../../src/http/node/listener-server.ts';

const MEBIBYTE = 1024 * 1024;
const errors: unknown[] = [];
let fd: number;
let port: number;
let loop: HttpLoop | undefined;
let agent: Agent;

beforeEach(() => {
  errors.length = 0;
  fd = listen({ host: '127.0.0.1', port: 0 });
  const address = addressOf(fd);
  port = 'port' in address ? address.port : 0;
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(() => {
  agent.destroy();
  loop?.close();
  closeFd(fd);
  expect(errors).toEqual([]);
});

const onError = (error: unknown) => errors.push(error);

function serve(onRequest: (exchange: Exchange) => void, lowerCaseNames: boolean): void {
  loop = new HttpLoop({ ...LOOP_OPTIONS, lowerCaseNames }, { onRequest });
  loop.accept(fd);
}

const serveFetch = (fetch: FetchHandler) => serve(createFetchServer(fetch, { onError }), true);
const serveNode = (listener: NodeListener) =>
  serve(createNodeServer(listener, { keepAliveTimeout: 2000, onError }), false);

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** All on one connection, so that an answer with a wrong length or a body left unread spoils the next. */
async function ask({ body, ...options }: Ask = {}): Promise<Answer> {
  const req = httpRequest({ port, host: '127.0.0.1', agent, ...options }).end(body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode, headers: res.headers, body: await text(res) };
}

/** Bytes of a body, a piece at a time, as many as are taken. */
function endless(): { readonly stream: ReadableStream; taken(): number } {
  let taken = 0;
  const pull = (controller: ReadableStreamDefaultController) => {
    taken += 65_536;
    controller.enqueue(new Uint8Array(65_536));
  };
  return { stream: new ReadableStream({ pull }), taken: () => taken };
}

async function atRest(count: () => number): Promise<number> {
  for (let before = -1; ; ) {
    if (count() === before) return before;
    before = count();
    await wait(100);
  }
}

describe('a fetch app', () => {
  test('answers texts, bytes, streams and nothing, one after the other on a connection', async () => {
    serveFetch((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/text') return new Response('héllo', { headers: { 'X-A': 'b' } });
      if (pathname === '/bytes') return new Response(new Uint8Array(MEBIBYTE).fill(97));
      if (pathname === '/stream') return new Response(new Blob(['a'.repeat(200_000)]).stream());
      if (pathname === '/long') return new Response('é'.repeat(MEBIBYTE));
      if (pathname === '/json') return Response.json({ a: 1 });
      return new Response(null, { status: pathname === '/304' ? 304 : 204 });
    });
    for (const method of ['GET', 'HEAD']) {
      const sent = (body: string) => (method === 'GET' ? body : '');
      expect(await ask({ method, path: '/text' })).toMatchObject({
        body: sent('héllo'),
        headers: {
          'content-length': '6',
          'content-type': 'text/plain;charset=UTF-8',
          'x-a': 'b',
          date: expect.any(String),
        },
      });
      expect((await ask({ method, path: '/bytes' })).body).toBe(sent('a'.repeat(MEBIBYTE)));
      expect((await ask({ method, path: '/stream' })).body).toBe(sent('a'.repeat(200_000)));
      expect((await ask({ method, path: '/long' })).body).toBe(sent('é'.repeat(MEBIBYTE)));
      expect(await ask({ method, path: '/json' })).toMatchObject({ body: sent('{"a":1}') });
      expect(await ask({ method, path: '/304' })).toMatchObject({ status: 304, body: '' });
      expect(await ask({ method, path: '/204' })).toMatchObject({ status: 204, body: '' });
    }
  });

  test.each([10, 100_000, 2 * MEBIBYTE])('reads a body of %i bytes in every way, at once and later', async (size) => {
    const body = JSON.stringify('x'.repeat(size));
    const later = async (request: Request) => {
      await wait(1);
      return new Response(await request.text());
    };
    const ways: Record<string, FetchHandler> = {
      text: async (request) => new Response(await request.text()),
      json: async (request) => Response.json(await request.json()),
      bytes: async (request) => new Response(await request.arrayBuffer()),
      stream: (request) => new Response(request.body as never),
      clone: async (request) => new Response(await request.clone().text()),
      copy: async (request) => new Response(await new Request(request).text()),
      later,
    };
    serveFetch(
      (request, environment) => ways[new URL(request.url).pathname.slice(1)]?.(request, environment) as Response,
    );
    for (const way of Object.keys(ways)) {
      const answer = await ask({ method: 'POST', path: `/${way}`, body });
      expect([way, answer.body === body]).toEqual([way, true]);
    }
  });

  test('sends no faster than the client reads, and is told when it leaves', async () => {
    const { stream, taken } = endless();
    let aborted = false;
    serveFetch((request) => {
      request.signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Response(stream);
    });
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'connect');
    const sent = await atRest(taken);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(64 * MEBIBYTE);
    socket.destroy();
    while (!aborted) await wait(5);
    const after = taken();
    await wait(20);
    expect(taken()).toBe(after);
  });

  test('keeps its own Date, and may close the connection', async () => {
    serveFetch(() => new Response('', { status: 299, statusText: 'Odd', headers: { date: 'x', connection: 'close' } }));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 299 Odd\r\n/);
    expect(answer.match(/^date: .*$/gim)).toEqual(['date: x']);
  });

  test('that has answered cannot go on reading, and is told', async () => {
    const read = new Promise<string>((resolve) => {
      serveFetch((request) => {
        request.text().then(resolve, (error: Error) => resolve(error.message));
        return new Response('early');
      });
    });
    expect((await ask({ method: 'POST', body: 'x'.repeat(4 * MEBIBYTE) })).body).toBe('early');
    expect(await read).toMatch(/answer/);
    expect((await ask()).body).toBe('early');
  });

  test('of Hono works', async () => {
    const app = new Hono().post('/echo/:id', async (c) =>
      c.json({ id: c.req.param('id'), body: await c.req.json() }, 201),
    );
    serveFetch((request) => app.fetch(request));
    expect(await ask({ method: 'POST', path: '/echo/7', body: '[1]' })).toMatchObject({
      status: 201,
      body: '{"id":"7","body":[1]}',
    });
  });
});

describe('a Node listener', () => {
  test('answers in one piece, in several and without a body, one after the other on a connection', async () => {
    serveNode((req, res) => {
      if (req.url === '/one') res.setHeader('X-A', 'b').end('héllo');
      else if (req.url === '/chunks') {
        res.write('a'.repeat(100_000));
        setImmediate(() => res.end('b'.repeat(100_000)));
      } else if (req.url === '/bytes') res.end(Buffer.alloc(2 * MEBIBYTE, 97));
      else res.writeHead(req.url === '/304' ? 304 : 204).end();
    });
    for (const method of ['GET', 'HEAD']) {
      const sent = (body: string) => (method === 'GET' ? body : '');
      expect(await ask({ method, path: '/one' })).toMatchObject({
        body: sent('héllo'),
        headers: { 'x-a': 'b', connection: 'keep-alive', date: expect.any(String) },
      });
      expect((await ask({ method, path: '/chunks' })).body).toBe(sent('a'.repeat(100_000) + 'b'.repeat(100_000)));
      expect((await ask({ method, path: '/bytes' })).body).toBe(sent('a'.repeat(2 * MEBIBYTE)));
      expect(await ask({ method, path: '/304' })).toMatchObject({ status: 304, body: '' });
      expect(await ask({ method, path: '/204' })).toMatchObject({ status: 204, body: '' });
    }
  });

  test.each([10, 100_000, 4 * MEBIBYTE])(
    'reads a body of %i bytes, at once and later, whole and through pipes',
    async (size) => {
      const body = 'x'.repeat(size);
      serveNode(async (req, res) => {
        if (req.url === '/pipe') req.pipe(new PassThrough()).pipe(res);
        else {
          if (req.url === '/later') await wait(1);
          res.end(await text(req));
        }
      });
      for (const path of ['/whole', '/later', '/pipe']) {
        expect([path, (await ask({ method: 'POST', path, body })).body === body]).toEqual([path, true]);
      }
    },
  );

  test('that leaves a body unread gets the next request all the same', async () => {
    serveNode((req, res) => {
      req.on('close', () => {});
      res.end('done');
    });
    for (const size of [10, 100_000]) {
      expect((await ask({ method: 'POST', body: 'x'.repeat(size) })).body).toBe('done');
      expect((await ask()).body).toBe('done');
    }
  });

  test('reads no faster than it wants', async () => {
    let goOn: () => void = () => {};
    const read = new Promise<number>((resolve) => {
      serveNode((req, res) => {
        let bytes = 0;
        req.once('data', (piece: Buffer) => {
          bytes += piece.length;
          req.pause();
        });
        goOn = () =>
          req
            .on('data', (piece: Buffer) => {
              bytes += piece.length;
            })
            .on('end', () => res.end(() => resolve(bytes)))
            .resume();
      });
    });
    const req = httpRequest({ port, host: '127.0.0.1', agent, method: 'POST' });
    let written = 0;
    const acknowledged = () => written - req.writableLength;
    for (; written < 32 * MEBIBYTE; written += MEBIBYTE) req.write(Buffer.alloc(MEBIBYTE));
    expect(await atRest(acknowledged)).toBeLessThan(32 * MEBIBYTE);
    goOn();
    req.end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    await text(res);
    expect(await read).toBe(32 * MEBIBYTE);
  });

  test('sends no faster than the client reads, and is told when it leaves', async () => {
    let written = 0;
    const events: string[] = [];
    serveNode((req, res) => {
      req.on('aborted', () => events.push('aborted'));
      res.on('close', () => events.push('close'));
      const more = (): void => {
        while (!res.destroyed) {
          written += 65_536;
          if (!res.write(Buffer.alloc(65_536))) return;
        }
      };
      res.on('drain', more);
      more();
    });
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'connect');
    expect(await atRest(() => written)).toBeLessThan(64 * MEBIBYTE);
    socket.destroy();
    while (events.length < 2) await wait(5);
    expect(events).toEqual(['aborted', 'close']);
  });

  test('answers pipelined requests in their order', async () => {
    serveNode((req, res) => {
      setTimeout(() => res.end(req.url), req.url === '/1' ? 30 : 0);
    });
    const socket = connect(port, '127.0.0.1');
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
    socket.write(get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
    expect((await text(socket)).match(/^\/\d/gm)).toEqual(['/1', '/2', '/3']);
  });

  test('is asked for the body with 100 Continue when it reads', async () => {
    serveNode(async (req, res) => res.end(await text(req)));
    const req = httpRequest({ port, host: '127.0.0.1', agent, method: 'POST', headers: { expect: '100-continue' } });
    req.flushHeaders();
    await once(req, 'continue');
    req.end('body');
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    expect(await text(res)).toBe('body');
  });

  test('may send early hints', async () => {
    serveNode((_, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.end('ok');
    });
    const req = httpRequest({ port, host: '127.0.0.1', agent }).end();
    const [[hints], [res]] = await Promise.all([once(req, 'information'), once(req, 'response')]);
    expect(hints).toMatchObject({ statusCode: 103, headers: { link: '</a.css>; rel=preload' } });
    expect(await text(res)).toBe('ok');
  });

  test('may go on reading when it has answered', async () => {
    const read = new Promise<string>((resolve) => {
      serveNode((req, res) => {
        res.end('early');
        text(req).then(resolve, (error: Error) => resolve(error.message));
      });
    });
    const body = 'x'.repeat(MEBIBYTE);
    expect((await ask({ method: 'POST', body })).body).toBe('early');
    expect((await read) === body).toBe(true);
    expect((await ask({ method: 'POST' })).body).toBe('early');
  });

  test('says the last answer of a server that drains', async () => {
    serveNode((_, res) => {
      loop?.drain();
      res.end('last');
    });
    expect((await ask()).headers.connection).toBe('close');
  });

  test.each<[string, () => Promise<NodeListener>]>([
    [
      'Express',
      async () =>
        express().use(express.json(), (req, res) => res.status(201).json({ body: req.body, ip: req.ip }) as never),
    ],
    [
      'Koa',
      async () => {
        const app = new Koa();
        app.use(async (ctx) => {
          ctx.status = 201;
          ctx.body = { body: JSON.parse(await text(ctx.req)), ip: ctx.ip };
        });
        return app.callback();
      },
    ],
    [
      'Fastify',
      async () => {
        const app = fastify();
        app.post('/', async (request, reply) => reply.code(201).send({ body: request.body, ip: request.ip }));
        await app.ready();
        return app.routing;
      },
    ],
  ])('of %s works', async (_, make) => {
    serveNode(await make());
    const body = JSON.stringify({ list: Array.from({ length: 5000 }, (_, index) => index) });
    for (let time = 0; time < 3; time += 1) {
      const answer = await ask({ method: 'POST', body, headers: { 'content-type': 'application/json' } });
      expect([answer.status, JSON.parse(answer.body)]).toEqual([201, { body: JSON.parse(body), ip: '127.0.0.1' }]);
    }
  });
});
