/** What a browser or a client sees of a fetch app that is served by Node's own HTTP stack. */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { H3 } from 'h3';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import type { FetchHandler } from '../../../src/contract/app.ts';
import { openLightRoom } from '../../../src/http/light/door.ts';
import { fetchToNodeListener, type NodeListenerOptions } from '../../../src/http/node/fetch-listener.ts';

await openLightRoom();

const errors: unknown[] = [];
const servers: Server[] = [];

afterEach(() => {
  errors.length = 0;
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(fetch: FetchHandler, options: Partial<NodeListenerOptions> = {}): Promise<number> {
  const server = createServer(fetchToNodeListener(fetch, { onError: (error) => errors.push(error), ...options }));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(port: number, options: { method?: string; path?: string; headers?: object; body?: string } = {}) {
  const { body, headers, ...rest } = options;
  const req = httpRequest({ port, host: '127.0.0.1', agent: false, headers: { ...headers }, ...rest }).end(body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode, headers: res.headers, body: await text(res) } satisfies Answer;
}

const chunks = (...texts: string[]) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of texts) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });

describe('a response', () => {
  test.each<[string, FetchHandler, Partial<Answer>]>([
    ['of text', () => new Response('héllo'), { status: 200, body: 'héllo' }],
    ['of bytes', () => new Response(Buffer.from('bytes')), { status: 200, body: 'bytes' }],
    ['of a stream', () => new Response(chunks('a', 'b', 'c')), { status: 200, body: 'abc' }],
    ['of JSON', () => Response.json({ a: 1 }, { status: 201 }), { status: 201, body: '{"a":1}' }],
    ['without a body', () => new Response(null, { status: 204 }), { status: 204, body: '' }],
    ['not modified', () => new Response(null, { status: 304, headers: { etag: '"1"' } }), { status: 304, body: '' }],
    ['that redirects', () => Response.redirect('http://localhost/there', 303), { status: 303, body: '' }],
    [
      'that copies another',
      () => new Response(new Response('copied').body, new Response(null, { status: 418 })),
      { status: 418, body: 'copied' },
    ],
    ['of Hono', new Hono().get('/', (c) => c.text('hono')).fetch, { status: 200, body: 'hono' }],
    ['of H3', (request) => new H3().get('/', () => 'h3').fetch(request), { status: 200, body: 'h3' }],
  ])('%s arrives as it was made', async (_, fetch, expected) => {
    const port = await serve(fetch);
    expect(await ask(port)).toMatchObject(expected);
    expect(await ask(await serve(async (...args) => fetch(...args)))).toMatchObject(expected);
    expect(errors).toEqual([]);
  });

  test('of text has its length and its type', async () => {
    const { headers } = await ask(await serve(() => new Response('héllo')));
    expect(headers).toMatchObject({ 'content-length': '6', 'content-type': 'text/plain;charset=UTF-8' });
  });

  test('to HEAD has headers and no body', async () => {
    const port = await serve(() => new Response('hello'));
    expect(await ask(port, { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-length': '5' },
      body: '',
    });
  });

  test('sets several cookies', async () => {
    const port = await serve(() => {
      const response = new Response('hello');
      response.headers.append('set-cookie', 'a=1');
      response.headers.append('set-cookie', 'b=2');
      return response;
    });
    expect((await ask(port)).headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  test('is streamed no faster than the client reads, and cancelled when the client leaves', async () => {
    let sent = 0;
    const cancelled = new Promise<void>((resolve) => {
      const body = () =>
        new ReadableStream({
          pull(controller) {
            sent += 65_536;
            controller.enqueue(new Uint8Array(65_536));
          },
          cancel: () => resolve(),
        });
      serve(() => new Response(body())).then(async (port) => {
        const socket = connect(port, '127.0.0.1').pause();
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        let before = -1;
        while (before !== sent || sent === 0) {
          before = sent;
          await new Promise((settled) => setTimeout(settled, 100));
        }
        socket.destroy();
      });
    });
    await cancelled;
    // The kernel's socket buffers hold some megabytes at most; without backpressure this would never have come to rest.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    expect(errors).toEqual([]);
  });
});

describe('a request', () => {
  test('has the method, address and headers that were sent', async () => {
    const port = await serve((request) =>
      Response.json([request.method, request.url, request.headers.get('x-one'), request instanceof Request]),
    );
    const answer = await ask(port, {
      method: 'PUT',
      path: '/a%20b?c=d',
      headers: { host: 'example.com:81', 'X-One': '1' },
    });
    expect(JSON.parse(answer.body)).toEqual(['PUT', 'http://example.com:81/a%20b?c=d', '1', true]);
  });

  test('has the address that a trusted proxy told', async () => {
    const resolve = () => ({ client: '192.0.2.7', scheme: 'https', host: 'example.org' }) as const;
    const facts = (request: Request) => [request.url, new Request(request).url, Reflect.get(request, 'ip')];
    const port = await serve((request) => Response.json(facts(request)), { resolve });
    const url = 'https://example.org/a?b=c';
    expect(JSON.parse((await ask(port, { path: '/a?b=c' })).body)).toEqual([url, url, '192.0.2.7']);
  });

  test('without Host, as HTTP/1.0 allows, has the address of the connection', async () => {
    const port = await serve((request) => new Response(request.url));
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write('GET /a HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toContain(`\r\n\r\nhttp://127.0.0.1:${port}/a`);
  });

  test('can be sent on by fetch()', async () => {
    const port = await serve((request) =>
      request.headers.has('x-on') ? fetch(request.url, { method: 'PUT' }) : new Response(`${request.method} arrived`),
    );
    const front = await serve((request) => fetch(new Request(request)));
    const direct = await serve((request) => fetch(request));
    const headers = { host: `127.0.0.1:${port}` };
    expect((await ask(front, { headers })).body).toBe('GET arrived');
    expect((await ask(direct, { headers, method: 'DELETE' })).body).toBe('DELETE arrived');
    expect((await ask(port, { headers: { ...headers, 'x-on': '1' } })).body).toBe('PUT arrived');
  });

  test('gives Node its own objects beside it', async () => {
    const port = await serve((_, { incoming }) => new Response(incoming?.url));
    expect((await ask(port, { path: '/raw' })).body).toBe('/raw');
  });

  test.each<[string, FetchHandler]>([
    ['as text', async (request) => new Response(await request.text())],
    ['as bytes', async (request) => new Response(await request.arrayBuffer())],
    ['as a stream', (request) => new Response(request.body)],
    ['through a clone', async (request) => new Response(await request.clone().text())],
    ['through a new Request', async (request) => new Response(await new Request(request).text())],
  ])('has a body, read %s', async (_, fetch) => {
    const body = 'x'.repeat(1024 * 1024);
    const answer = await ask(await serve(fetch), { method: 'POST', body });
    expect(answer.body === body).toBe(true);
    expect(errors).toEqual([]);
  });

  test('is read no faster than the app reads', async () => {
    let goOn: () => void = () => {};
    const port = await serve(async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await reader?.cancel();
      return new Response('enough');
    });
    const req = httpRequest({ port, host: '127.0.0.1', agent: false, method: 'POST' });
    let written = 0;
    while (written < 64) {
      written += 1;
      if (!req.write(Buffer.alloc(1024 * 1024)) && !(await drains(req))) break;
    }
    expect(written).toBeLessThan(64);
    goOn();
    req.on('error', () => {}).destroy();
  });

  test('is aborted when the client leaves', async () => {
    let socket: ReturnType<typeof connect> | undefined;
    const aborted = new Promise<boolean>((resolve) => {
      serve(async (request) => {
        request.signal.addEventListener('abort', () => resolve(request.signal.aborted));
        socket?.destroy();
        await once(request.signal, 'abort');
        return new Response('too late');
      }).then((port) => {
        socket = connect(port, '127.0.0.1');
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
    });
    expect(await aborted).toBe(true);
    expect(errors).toEqual([]);
  });
});

/** False when the writer has been stopped for a while. */
async function drains(writer: NodeJS.EventEmitter): Promise<boolean> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), 300);
  try {
    await once(writer, 'drain', { signal: control.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

describe('an error of the app', () => {
  const broken = new Error('secret');
  const failing = new ReadableStream({ pull: (controller) => controller.error(broken) });

  test.each<[string, FetchHandler]>([
    [
      'thrown',
      () => {
        throw broken;
      },
    ],
    ['rejected', async () => Promise.reject(broken)],
  ])('that is %s is told once and hidden from the client', async (_, fetch) => {
    const port = await serve(fetch);
    expect(await ask(port)).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
    expect(errors).toEqual([broken]);
    expect(await ask(port, { method: 'HEAD' })).toMatchObject({ status: 500, body: '' });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', 'hello'],
  ])('that returns %s instead of a response is told', async (_, value) => {
    const fetch = (() => value) as unknown as FetchHandler;
    expect(await ask(await serve(fetch))).toMatchObject({ status: 500 });
    expect(await ask(await serve(async (...args) => fetch(...args)))).toMatchObject({ status: 500 });
    expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)]);
  });

  test('in a header is told, and the client gets 500', async () => {
    const port = await serve((_, { outgoing }) => {
      outgoing?.setHeader('x-secret', '1');
      return { status: 200, statusText: '', headers: [['x', 'a\nb']], body: null } as unknown as Response;
    });
    const answer = await ask(port);
    expect(answer.status).toBe(500);
    expect(answer.headers).not.toHaveProperty('x-secret');
    expect(errors).toHaveLength(1);
  });

  test("in the response's body cuts the connection and is told once", async () => {
    const port = await serve(() => new Response(failing));
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(errors).toEqual([broken]);
  });
});

describe('over HTTP/2', () => {
  async function askHttp2(fetch: FetchHandler, more: object = {}): Promise<string> {
    const server = createHttp2Server(fetchToNodeListener(fetch, { onError: (error) => errors.push(error) }) as never);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const stream = client.request({ ':path': '/a?b=c', ':method': 'POST', ...more });
      stream.end('body');
      const [headers] = await once(stream, 'response');
      return `${headers[':status']} ${await text(stream)}`;
    } finally {
      client.close();
      server.close();
    }
  }

  test('request and response are the same', async () => {
    const answer = askHttp2(
      async (request) => new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`),
    );
    expect(await answer).toBe('200 POST /a body');
  });

  test('a body is streamed both ways', async () => {
    expect(await askHttp2((request) => new Response(request.body))).toBe('200 body');
  });

  test('an error gives 500', async () => {
    expect(await askHttp2(() => Promise.reject(new Error('secret')))).toBe('500 Internal Server Error\n');
    expect(errors).toHaveLength(1);
  });

  test("an error in the response's body resets the stream and is told once", async () => {
    const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('secret')) });
    await expect(askHttp2(() => new Response(failing))).rejects.toThrow();
    expect(errors).toEqual([expect.objectContaining({ message: 'secret' })]);
  });
});
