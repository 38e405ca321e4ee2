/** What Node listeners see and do on the native engine, with an exchange that stands in for the engine. */
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { finished, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished as finishedPromise, pipeline } from 'node:stream/promises';
import { runInNewContext } from 'node:vm';
import express from 'express';
import { fastify } from 'fastify';
import Koa from 'koa';
import { afterEach, describe, expect, test } from 'vitest';
import type { NodeListener } from '../../../src/contract/app.ts';
import { createNodeServer, type NodeServerOptions } from '../../../src/http/node/listener-server.ts';
import { FakeExchange, type FakeRequest } from '../fake-exchange.ts';

const errors: unknown[] = [];

afterEach(() => {
  errors.length = 0;
});

function serve(
  listener: NodeListener,
  request: FakeRequest = {},
  options: Partial<NodeServerOptions> = {},
): FakeExchange {
  const exchange = new FakeExchange(request);
  createNodeServer(listener, { keepAliveTimeout: 5000, onError: (error) => errors.push(error), ...options })(exchange);
  return exchange;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Answer {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the client reads from the wire, chunks put together. */
function answerOf({ wire }: FakeExchange): Answer {
  const end = wire.indexOf('\r\n\r\n');
  const [line = '', ...lines] = wire.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]),
  );
  const rest = wire.slice(end + 4);
  const body = headers['transfer-encoding'] === 'chunked' ? dechunk(rest) : rest;
  return { line, headers, body: Buffer.from(body, 'latin1').toString() };
}

function dechunk(bytes: string): string {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    if (size === 0) return body;
    body += bytes.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}

/** Writes piece by piece, and ends with nothing. */
const writing =
  (...pieces: (string | Buffer)[]): NodeListener =>
  (_, res) => {
    for (const piece of pieces) res.write(piece);
    res.end();
  };

const ask = async (listener: NodeListener, request: FakeRequest = {}) => answerOf(await serve(listener, request).over);

describe('a request', () => {
  test('is an IncomingMessage with the head as Node reads it', async () => {
    const rawHeaders = ['Host', 'h', 'X-A', '1', 'x-a', '2', 'User-Agent', 'a', 'user-agent', 'b', 'Cookie', 'a=1'];
    rawHeaders.push('cookie', 'b=2', 'Set-Cookie', 's');
    let request: IncomingMessage | undefined;
    await serve(
      (req, res) => {
        request = req;
        res.end();
      },
      { method: 'PUT', target: '/a?b', rawHeaders },
    ).over;
    expect(request).toBeInstanceOf(IncomingMessage);
    expect(request).toMatchObject({
      method: 'PUT',
      url: '/a?b',
      httpVersion: '1.1',
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      rawHeaders,
      headers: { host: 'h', 'x-a': '1, 2', 'user-agent': 'a', cookie: 'a=1; b=2', 'set-cookie': ['s'] },
      trailers: {},
      complete: true,
      aborted: false,
    });
    expect(request?.headersDistinct['x-a']).toEqual(['1', '2']);
  });

  test.each([true, false])('is complete before anybody reads it where all of its body has come: %s', (hasWholeBody) => {
    const exchange = new FakeExchange({ method: 'POST', body: 'a body' });
    exchange.hasWholeBody = hasWholeBody;
    let complete: boolean | undefined;
    const listener: NodeListener = (req, res) => {
      complete = req.complete;
      res.end();
    };
    createNodeServer(listener, { keepAliveTimeout: 5000, onError: (error) => errors.push(error) })(exchange);
    expect(complete).toBe(hasWholeBody);
  });

  test('has a socket with the addresses of both ends', async () => {
    let seen: unknown;
    await serve(({ socket, connection }, res) => {
      const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, destroyed, readable, writable } =
        socket;
      seen = { remoteAddress, remotePort, remoteFamily, localAddress, localPort, destroyed, readable, writable };
      expect([connection, res.socket, 'encrypted' in socket]).toEqual([socket, socket, false]);
      expect(socket.address()).toEqual({ address: '127.0.0.1', port: 8000, family: 'IPv4' });
      socket.setNoDelay(true).setKeepAlive(true).ref().unref();
      res.end();
    }).over;
    expect(seen).toEqual({
      remoteAddress: '192.0.2.1',
      remotePort: 40_000,
      remoteFamily: 'IPv4',
      localAddress: '127.0.0.1',
      localPort: 8000,
      destroyed: false,
      readable: true,
      writable: true,
    });
  });

  test('without a body ends when it is read', async () => {
    expect((await ask(async (req, res) => res.end(`<${await text(req)}>`))).body).toBe('<>');
  });

  test.each([
    ['with the head', { body: 'héllo' }],
    ['in pieces', { chunked: true }],
  ])('has a body that comes %s', async (_, request) => {
    const exchange = serve(async (req, res) => res.end(await text(req)), { method: 'POST', ...request });
    await settled();
    if ('chunked' in request) {
      exchange.arrive('hé');
      exchange.arrive('llo');
      exchange.sink?.end();
    }
    expect(answerOf(await exchange.over).body).toBe('héllo');
  });

  test('is not read before the app reads, and no faster', async () => {
    let request: IncomingMessage | undefined;
    const exchange = serve(
      (req) => {
        request = req;
      },
      { method: 'POST', chunked: true },
    );
    await settled();
    expect(exchange.sink).toBeUndefined();
    request?.once('readable', () => {});
    await settled();
    exchange.arrive(new Uint8Array(200_000));
    expect(exchange.paused).toBe(true);
    await settled();
    request?.resume();
    await settled();
    expect(exchange.paused).toBe(false);
    exchange.arrive(new Uint8Array(200_000));
    exchange.sink?.end();
    if (request) await once(request, 'end');
    expect(request?.complete).toBe(true);
    exchange.leave();
  });

  test.each(['', 'a body'])(
    'that nobody reads ends and closes after the answer, for those who listen (%j)',
    async (body) => {
      const events: string[] = [];
      const exchange = serve(
        (req, res) => {
          req.on('end', () => events.push('end')).on('close', () => events.push('close'));
          res.on('finish', () => events.push('finish'));
          res.end();
        },
        { method: 'POST', ...(body !== '' && { body }) },
      );
      await exchange.over;
      await settled();
      expect(events).toEqual(['finish', 'end', 'close']);
    },
  );

  test('that nobody read or listened to is closed after the answer', async () => {
    let request: IncomingMessage | undefined;
    await serve((req, res) => {
      request = req;
      res.end();
    }).over;
    expect(request).toMatchObject({
      readableEnded: true,
      destroyed: true,
      closed: true,
      aborted: false,
      complete: true,
    });
    await finishedPromise(request as IncomingMessage);
  });
});

describe('a response', () => {
  test('is a ServerResponse, which writes head and framing', async () => {
    const exchange = serve((_, res) => {
      expect(res).toBeInstanceOf(ServerResponse);
      res.writeHead(201, 'Made', { 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] }).end('héllo');
    });
    const { line, headers, body } = answerOf(await exchange.over);
    expect([line, body, headers['transfer-encoding'], exchange.persists]).toEqual([
      'HTTP/1.1 201 Made',
      'héllo',
      'chunked',
      true,
    ]);
    expect(exchange.wire).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n');
    expect(headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=5', date: expect.any(String) });
  });

  test.each<[string, NodeListener, string]>([
    ['in one piece', (_, res) => res.end('abc'), 'abc'],
    ['in bytes', (_, res) => res.end(Buffer.from('abc')), 'abc'],
    ['in latin1', (_, res) => res.setHeader('Content-Length', 1).end('\xe9', 'latin1'), '\ufffd'],
    ['in base64', (_, res) => res.end('YWJj', 'base64'), 'abc'],
    ['in pieces', writing('ä', Buffer.from('b'), 'c'), 'äbc'],
    ['later', (req, res) => setImmediate(() => writing('a', 'b')(req, res)), 'ab'],
    ['with its length told', (req, res) => writing('a', 'b')(req, res.setHeader('Content-Length', 2) as never), 'ab'],
    ['by a pipe', (_, res) => Readable.from(['a', 'b']).pipe(res), 'ab'],
    ['not at all', (_, res) => res.writeHead(204).end(), ''],
  ])('may be written %s', async (_, listener, body) => {
    expect((await ask(listener)).body).toBe(body);
  });

  test('to HEAD has no body', async () => {
    const { headers, body } = await ask((_, res) => res.setHeader('Content-Length', 5).end('hello'), {
      method: 'HEAD',
    });
    expect([headers['content-length'], body]).toEqual(['5', '']);
  });

  test('to HTTP/1.0 in pieces ends with the connection', async () => {
    const exchange = serve(writing('a', 'b'), { minorVersion: 0 });
    const { headers, body } = answerOf(await exchange.over);
    expect([headers['connection'], body, exchange.persists]).toEqual(['close', 'ab', false]);
  });

  test.each<[string, FakeRequest, NodeListener, boolean]>([
    ['when the client wants that', { keepsAlive: false }, (_, res) => res.end(), false],
    ['when the app wants that', {}, (_, res) => res.setHeader('Connection', 'close').end(), false],
    ['when the server drains', {}, (_, res) => setImmediate(() => res.end()), true],
  ])('says Connection: close %s', async (_, request, listener, drains) => {
    const exchange = serve(listener, request);
    if (drains) exchange.becomeLast();
    expect(answerOf(await exchange.over).headers['connection']).toBe('close');
    expect(exchange.persists).toBe(false);
  });

  test('finishes and closes, in this order, and not before end() has returned', async () => {
    const events: string[] = [];
    const exchange = serve((_, res) => {
      for (const event of ['prefinish', 'finish', 'close']) res.on(event, () => events.push(event));
      res.end('a', () => events.push('callback'));
      events.push('returned');
      expect(res).toMatchObject({ writableEnded: true, writableFinished: false, headersSent: true });
    });
    await exchange.over;
    await settled();
    expect(events.filter((event) => event !== 'callback')).toEqual(['prefinish', 'returned', 'finish', 'close']);
    expect(events).toContain('callback');
  });

  test.each([
    ['pipe', 'gives no bytes'],
    ['read', 'gives no bytes'],
    ['unshift', 'gives no bytes'],
    ['map', 'gives no bytes'],
    ['wrap', 'gives no bytes'],
    ['connect', 'is connected'],
    ['setDefaultEncoding', 'Unknown encoding: undefined'],
  ])('has a socket whose %s() says that it %s', async (name, sentence) => {
    let told: unknown;
    const exchange = serve(({ socket }, res) => {
      try {
        Reflect.apply(Reflect.get(socket, name), socket, []);
      } catch (error) {
        told = error;
      }
      res.end();
    });
    await exchange.over;
    expect(told).toMatchObject({ message: expect.stringContaining(sentence) });
  });

  test('has a socket that writes texts in the encoding that is set', async () => {
    const exchange = serve(({ socket }) => {
      socket.setDefaultEncoding('hex');
      socket.write('6869');
      socket.end('é', 'latin1');
    });
    await exchange.over;
    expect(exchange.wire).toBe('hi\xe9');
  });

  test('waits while the client takes no more', async () => {
    const source = Readable.from(Array.from({ length: 10 }, () => Buffer.alloc(50_000)));
    let drains = 0;
    const exchange = serve(async (_, res) => {
      res.on('drain', () => {
        drains += 1;
      });
      await pipeline(source, res.setHeader('Content-Length', 500_000));
    });
    for (let turn = 0; turn < 5; turn += 1) await settled();
    expect(exchange.wire.length).toBeLessThan(200_000);
    while (!exchange.isOver) {
      exchange.drain();
      await settled();
    }
    expect(answerOf(exchange).body.length).toBe(500_000);
    expect(drains).toBeGreaterThan(2);
  });

  test('finishes only when the client has taken it', async () => {
    let finishedAt = '';
    const exchange = serve((_, res) => {
      res.on('finish', () => {
        finishedAt = 'finished';
      });
      res.end(Buffer.alloc(100_000));
    });
    await settled();
    expect([finishedAt, exchange.isOver]).toEqual(['', false]);
    exchange.drain();
    await exchange.over;
    expect(finishedAt).toBe('finished');
  });

  test('may be preceded by informational ones', async () => {
    const exchange = serve((_, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.end();
    });
    await exchange.over;
    expect(exchange.wire).toMatch(
      /^HTTP\/1.1 102 Processing\r\n\r\nHTTP\/1.1 103 Early Hints\r\nLink: .*\r\n\r\nHTTP\/1.1 200 OK/,
    );
  });

  test('that is destroyed midway cuts the connection', async () => {
    const events: string[] = [];
    const exchange = serve((req, res) => {
      req.on('aborted', () => events.push('aborted')).on('error', () => {});
      res.on('close', () => events.push('close'));
      res.write('a');
      res.destroy();
    });
    await exchange.over;
    await settled();
    expect([exchange.aborted, events]).toEqual([true, ['aborted', 'close']]);
  });

  test('ends with the bytes that were written when the app ends the socket', async () => {
    const exchange = serve((req) => {
      req.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await exchange.over;
    expect([exchange.wire, exchange.persists]).toEqual(['HTTP/1.1 400 Bad Request\r\n\r\n', false]);
  });
});

describe('when the client leaves', () => {
  test('request and response say so', async () => {
    const events: string[] = [];
    let response: ServerResponse | undefined;
    const exchange = serve((req, res) => {
      response = res;
      req.on('aborted', () => events.push('aborted'));
      req.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${error.code}`));
      req.on('close', () => events.push('req close'));
      res.on('finish', () => events.push('finish'));
      res.on('close', () => events.push('res close'));
      req.socket.on('close', () => events.push('socket close'));
      res.write('a');
    });
    exchange.leave();
    await settled();
    expect(events).toEqual(['aborted', 'res close', 'socket close', 'error ECONNRESET', 'req close']);
    expect(response).toMatchObject({ destroyed: true, closed: true, writableFinished: false });
    expect(response?.write('more')).toBe(false);
    await settled();
    expect(errors).toEqual([]);
  });

  test('a request body midway, its reader fails', async () => {
    let outcome: Promise<string> | undefined;
    const exchange = serve(
      (req) => {
        outcome = text(req);
        outcome.catch(() => {});
      },
      { method: 'POST', chunked: true },
    );
    await settled();
    exchange.arrive('a');
    exchange.leave();
    await expect(outcome).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test.each<[string, (exchange: FakeExchange, res: ServerResponse) => void, unknown[]]>([
    ['is lost, of that', (exchange) => exchange.leave(), ['ECANCELED', 'ECANCELED', 'close']],
    [
      'is lost behind its own end, of a broken pipe',
      (exchange) => {
        Object.assign(exchange.connection, { hasEnded: true });
        exchange.leave();
      },
      ['EPIPE', 'EPIPE', 'close'],
    ],
    ['has room again, of none', (exchange) => exchange.drain(), [null, null]],
    ['is given up by the program, of that', (_, res) => res.socket?.destroy(), ['ECANCELED', 'ECANCELED', 'close']],
  ])('whose writes wait when it %s, their writers are told', async (_, happen, told) => {
    const events: unknown[] = [];
    let response: ServerResponse | undefined;
    const tell = (error?: NodeJS.ErrnoException | null) => events.push(error ? error.code : error);
    const exchange = serve((__, res) => {
      response = res.on('close', () => events.push('close'));
      res.write(Buffer.alloc(100_000), tell);
      res.write('more', tell);
    });
    await settled();
    expect(events).toEqual([]);
    if (response) happen(exchange, response);
    await settled();
    await settled();
    expect(events).toEqual(told);
  });

  test('the last answer of a connection ends it, also where its program has said keep-alive and reads a body that has not come', async () => {
    const lasting = { Connection: 'keep-alive', 'Content-Length': 1 };
    const uploads = { method: 'POST', chunked: true, keepsAlive: false };
    const exchange = serve((req, res) => {
      req.resume();
      res.writeHead(200, lasting).end('a');
    }, uploads);
    await settled();
    expect(exchange.wire).toMatch(/\r\nConnection: close\r\n/);
    expect(exchange).toMatchObject({ isOver: true, persists: false });
  });

  test('an answer that was written whole is finished, as under Node', async () => {
    const events: string[] = [];
    const exchange = serve((_, res) => {
      for (const event of ['finish', 'close']) res.on(event, () => events.push(event));
      res.end(Buffer.alloc(100_000));
    });
    await settled();
    exchange.leave();
    expect(events).toEqual(['finish', 'close']);
  });

  test('what its socket still holds, or is given afterwards, is told as by a stream', async () => {
    const codes: unknown[] = [];
    const tell = (error?: NodeJS.ErrnoException | null) => codes.push(error?.code);
    const exchange = serve((_, res) => {
      const { socket } = res;
      if (socket === null) return;
      Object.assign(res, { strictContentLength: true });
      socket.cork();
      socket.write('held', tell);
      socket.destroy();
      socket.write('late', tell);
    });
    await exchange.over;
    const ended = serve(({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      socket.write('late', tell);
    });
    await ended.over;
    await settled();
    expect(codes).toEqual(['ERR_STREAM_DESTROYED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);
  });

  test('a stream that is piped to the response is told', async () => {
    const source = new PassThrough();
    let outcome: Promise<unknown> | undefined;
    const exchange = serve((_, res) => {
      outcome = pipeline(source, res);
      outcome.catch(() => {});
    });
    source.write('a');
    await settled();
    exchange.leave();
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(source.destroyed).toBe(true);
  });
});

test('stream.finished() works on both messages', async () => {
  const seen: string[] = [];
  const exchange = serve((req, res) => {
    finished(req.resume(), (error) => seen.push(`req ${error?.message}`));
    finished(res, (error) => seen.push(`res ${error?.message}`));
    res.end('a');
  });
  await exchange.over;
  await settled();
  expect(seen.sort()).toEqual(['req undefined', 'res undefined']);
});

describe('Expect: 100-continue', () => {
  const request = { method: 'POST', chunked: true, rawHeaders: ['Host', 'h', 'Expect', '100-continue'] };

  test('is left to the engine when the app reads the body', async () => {
    const exchange = serve(async (req, res) => res.end(await text(req)), request);
    await settled();
    expect(exchange.wire).toBe('');
    exchange.arrive('body');
    exchange.sink?.end();
    const { headers, body } = answerOf(await exchange.over);
    expect([headers['connection'], body]).toEqual(['keep-alive', 'body']);
  });

  test('that is refused closes the connection', async () => {
    const exchange = serve((_, res) => res.writeHead(413).end(), request);
    expect(answerOf(await exchange.over).headers['connection']).toBe('close');
    expect(exchange.persists).toBe(false);
  });

  test("goes to a server's own checkContinue listener", async () => {
    const server = createServer().on('checkContinue', (_, res) => {
      res.writeContinue();
      res.end('checked');
    });
    const exchange = await serve(() => errors.push('called'), request, { server }).over;
    expect(exchange.wire).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*checked$/);
    expect(errors).toEqual([]);
  });
});

describe('a timeout', () => {
  test('closes the connection when nobody handles it', async () => {
    const exchange = serve((req) => req.setTimeout(10));
    await exchange.over;
    expect(exchange.aborted).toBe(true);
  });

  test('is told to whoever asked for it', async () => {
    const exchange = serve((_, res) => res.setTimeout(10, () => res.writeHead(503).end()));
    expect(answerOf(await exchange.over).line).toBe('HTTP/1.1 503 Service Unavailable');
    expect(exchange.aborted).toBe(false);
  });
});

describe('an error of the listener', () => {
  test.each<[string, NodeListener]>([
    [
      'thrown',
      (_, res) => {
        res.setHeader('X-Secret', '1');
        throw new Error('secret');
      },
    ],
    ['rejected', () => Promise.reject(new Error('secret'))],
    ['rejected elsewhere', () => runInNewContext('Promise.reject(error)', { error: new Error('secret') })],
  ])('%s is told, and the client gets 500', async (_, listener) => {
    const { line, headers, body } = await ask(listener);
    expect([line, headers['x-secret'], body]).toEqual([
      'HTTP/1.1 500 Internal Server Error',
      undefined,
      'Internal Server Error\n',
    ]);
    expect(errors).toEqual([new Error('secret')]);
  });

  test('after the head cuts the connection', async () => {
    const exchange = serve((_, res) => {
      res.write('a');
      throw new Error('secret');
    });
    expect((await exchange.over).aborted).toBe(true);
    expect(errors).toEqual([new Error('secret')]);
  });
});

describe('frameworks', () => {
  const post = { method: 'POST', target: '/echo?a=b', body: '{"n":1}' };
  const rawHeaders = ['Host', 'localhost', 'Content-Type', 'application/json', 'Content-Length', '7'];

  test('Express', async () => {
    const app = express().use(express.json());
    app.post('/echo', (req, res) => res.status(201).json({ ...req.body, ip: req.ip, query: req.query }));
    app.get('/fail', () => {
      throw new Error('handled by Express');
    });
    app.get('/cookie', (_, res) => res.cookie('a', '1').redirect('/there'));
    app.set('env', 'test');
    const { line, headers, body } = await ask(app, { ...post, rawHeaders });
    expect([line, headers['content-type'], JSON.parse(body)]).toEqual([
      'HTTP/1.1 201 Created',
      'application/json; charset=utf-8',
      { n: 1, ip: '192.0.2.1', query: { a: 'b' } },
    ]);
    expect((await ask(app, { target: '/fail' })).line).toBe('HTTP/1.1 500 Internal Server Error');
    expect((await ask(app, { target: '/none' })).line).toBe('HTTP/1.1 404 Not Found');
    expect((await ask(app, { target: '/cookie' })).headers).toMatchObject({
      location: '/there',
      'set-cookie': 'a=1; Path=/',
    });
  });

  test('Express finds its own prototypes on the messages', () => {
    const app = express();
    const before: unknown[] = [];
    serve((req, res) => before.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res)), {}, { app });
    expect(before).toEqual([app.request, app.response]);
  });

  test('Koa', async () => {
    const app = new Koa();
    app.use(async (ctx) => {
      ctx.status = 201;
      ctx.body = { path: ctx.path, body: JSON.parse(await text(ctx.req)), ip: ctx.ip };
    });
    const { line, body } = await ask(app.callback(), { ...post, rawHeaders });
    expect([line, JSON.parse(body)]).toEqual([
      'HTTP/1.1 201 Created',
      { path: '/echo', body: { n: 1 }, ip: '192.0.2.1' },
    ]);
  });

  test('Fastify', async () => {
    const app = fastify();
    app.post('/echo', async (request, reply) => reply.code(201).send({ body: request.body, ip: request.ip }));
    app.get('/stream', (_, reply) => reply.send(Readable.from(['a', 'b'])));
    await app.ready();
    const { line, body } = await ask(app.routing, { ...post, rawHeaders });
    expect([line, JSON.parse(body)]).toEqual(['HTTP/1.1 201 Created', { body: { n: 1 }, ip: '192.0.2.1' }]);
    expect((await ask(app.routing, { target: '/stream' })).body).toBe('ab');
    await app.close();
  });
});
