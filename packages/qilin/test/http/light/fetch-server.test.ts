/** What a client of the native engine gets from a fetch app, with an exchange that stands in for the engine. */
import { Readable } from 'node:stream';
import { H3 } from 'h3';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import type { FetchHandler } from '../../../src/contract/app.ts';
import { createFetchServer, type FetchServerOptions } from '../../../src/http/light/fetch-server.ts';
import { FakeExchange, type FakeRequest } from '../fake-exchange.ts';

const NativeResponse = globalThis.Response;
const errors: unknown[] = [];

afterEach(() => {
  errors.length = 0;
});

function serve(
  fetch: FetchHandler,
  request: FakeRequest = {},
  options: Partial<FetchServerOptions<FakeExchange>> = {},
): FakeExchange {
  const exchange = new FakeExchange(request);
  createFetchServer(fetch, { onError: (error) => errors.push(error), ...options })(exchange);
  return exchange;
}

const ask = (fetch: FetchHandler, request: FakeRequest = {}) => serve(fetch, request).over;

const chunks = (...pieces: (string | Uint8Array)[]) =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

async function* generate(...pieces: unknown[]) {
  yield* pieces;
}

const form = () => {
  const data = new FormData();
  data.set('field', 'välue');
  return data;
};

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The event loop has turned, so that all that was ready is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a body', () => {
  const TEXT = 'text/plain;charset=UTF-8';
  test.each<[string, () => unknown, string, string | undefined]>([
    ['text', () => 'héllo', 'héllo', TEXT],
    ['empty text', () => '', '', TEXT],
    ['null', () => null, '', undefined],
    ['a Uint8Array', () => Buffer.from('bytes'), 'bytes', undefined],
    ['an ArrayBuffer', () => new Uint8Array([97, 98]).buffer, 'ab', undefined],
    ['a view', () => new DataView(new Uint8Array([96, 97, 98, 99]).buffer, 1, 2), 'ab', undefined],
    [
      'URLSearchParams',
      () => new URLSearchParams({ a: 'b c' }),
      'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a Blob', () => new Blob(['blob'], { type: 'text/css' }), 'blob', 'text/css'],
    ['a Blob without a type', () => new Blob(['blob']), 'blob', undefined],
    ['a large Blob', () => new Blob(['x'.repeat(70_000)]), 'x'.repeat(70_000), undefined],
    ['a stream of bytes', () => chunks(Buffer.from('a'), Buffer.from('b')), 'ab', undefined],
    ['a stream of texts', () => chunks('ä', 'b'), 'äb', undefined],
    ['an async iterable', () => generate('a', new Uint8Array([98]), new Uint8Array([99]).buffer), 'abc', undefined],
    ['a Node stream', () => Readable.from(['a', 'b']), 'ab', undefined],
    ['a number', () => 42, '42', TEXT],
  ])('of %s is sent with its type', async (_, body, text, type) => {
    const exchange = serve(() => new Response(body() as string));
    const { status, aborted } = await drained(exchange);
    expect([status, exchange.text, exchange.field('content-type'), aborted]).toEqual([200, text, type, false]);
    expect(errors).toEqual([]);
  });

  test('of FormData has the boundary that its type names', async () => {
    const exchange = await ask(() => new Response(form()));
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(exchange.field('content-type') ?? '')?.[1];
    expect(exchange.text).toMatch(new RegExp(`^--${boundary}\r\n[^]*välue\r\n--${boundary}--`));
  });

  test('takes the type that the app gives it', async () => {
    const exchange = await ask(() => new Response('{}', { headers: { 'Content-Type': 'application/json' } }));
    expect(exchange.fields).toBe('Content-Type: application/json\r\n');
  });

  test('to HEAD is not sent, its length is', async () => {
    const exchange = await ask(() => new Response('hello'), { method: 'HEAD' });
    expect([exchange.status, exchange.text, exchange.length]).toEqual([200, '', 5]);
  });

  test('to HEAD that is null has the length that the app told', async () => {
    const exchange = await ask(() => new Response(null, { headers: { 'Content-Length': '1234' } }), { method: 'HEAD' });
    expect([exchange.length, exchange.text, exchange.fields, exchange.aborted]).toEqual([1234, '', '', false]);
  });

  test('to HEAD that is a stream is cancelled', async () => {
    const cancelled = deferred<void>();
    const exchange = await ask(() => new Response(new ReadableStream({ cancel: () => cancelled.resolve() })), {
      method: 'HEAD',
    });
    await cancelled.promise;
    expect([exchange.status, exchange.text, exchange.aborted]).toEqual([200, '', false]);
  });

  test.each([204, 304])('with %i is none', async (status) => {
    const exchange = await ask(() => new Response(null, { status, headers: { etag: '"1"' } }));
    expect([exchange.status, exchange.text, exchange.fields]).toEqual([status, '', 'etag: "1"\r\n']);
  });
});

/** Goes on reading as a client does, until the answer is over. */
async function drained(exchange: FakeExchange): Promise<FakeExchange> {
  while (!exchange.isOver) {
    exchange.drain();
    await settled();
  }
  return exchange;
}

describe('a stream', () => {
  test('waits for the client to take what was sent', async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        if (pulled > 6) controller.close();
        else controller.enqueue(new Uint8Array(40_000));
      },
    });
    const exchange = serve(() => new Response(body));
    await settled();
    const before = exchange.body.length;
    expect(before).toBeLessThanOrEqual(80_000);
    await settled();
    expect(exchange.body.length).toBe(before);
    exchange.drain();
    await settled();
    expect(exchange.body.length).toBeGreaterThan(before);
    expect((await drained(exchange)).body.length).toBe(240_000);
  });

  test.each([
    ['while it waits for a piece', 0],
    ['while it waits for the client', 100_000],
  ])('is cancelled when the client leaves %s', async (_, size) => {
    const cancelled = deferred<unknown>();
    const body = new ReadableStream({
      start: (controller) => size && controller.enqueue(new Uint8Array(size)),
      cancel: (reason) => cancelled.resolve(reason),
    });
    const exchange = serve(() => new Response(body));
    await settled();
    exchange.leave();
    expect(await cancelled.promise).toMatchObject({ name: 'AbortError' });
    await settled();
    expect(errors).toEqual([]);
  });

  test('that is an async generator has its finally run when the client leaves', async () => {
    const left = deferred<void>();
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(40_000);
      } finally {
        left.resolve();
      }
    }
    const exchange = serve(() => new Response(endless() as never));
    await settled();
    exchange.leave();
    await left.promise;
    expect(errors).toEqual([]);
  });

  test('whose source fails cuts the connection, and is told', async () => {
    const broken = new Error('broken');
    const exchange = await ask(
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(broken) })),
    );
    expect(exchange.aborted).toBe(true);
    expect(errors).toEqual([broken]);
  });

  test('of what is neither bytes nor text cuts the connection, and is told', async () => {
    expect((await ask(() => new Response(generate({}) as never))).aborted).toBe(true);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  test.each(['5', '1'])('of three bytes with Content-Length %s cuts the connection, and is told', async (length) => {
    const exchange = await ask(() => new Response(chunks('abc'), { headers: { 'content-length': length } }));
    expect([exchange.length, exchange.aborted]).toEqual([Number(length), true]);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  test('has the length that the app told', async () => {
    const exchange = await ask(() => new Response(chunks('abc'), { headers: { 'content-length': '3' } }));
    expect([exchange.length, exchange.text, exchange.fields]).toEqual([3, 'abc', '']);
  });
});

describe('headers', () => {
  test('are sent as they were given, several cookies in several lines', async () => {
    const exchange = await ask(() => {
      const response = new Response(null, { headers: [['X-One', ' 1 ']] });
      response.headers.append('Set-Cookie', 'a=1');
      response.headers.append('Set-Cookie', 'b=2');
      return response;
    });
    expect(exchange.fields).toBe('set-cookie: a=1\r\nset-cookie: b=2\r\nx-one: 1\r\n');
  });

  test('that the engine writes are left to it', async () => {
    const headers = {
      'Transfer-Encoding': 'chunked',
      'Keep-Alive': 'timeout=5',
      connection: 'x',
      a: 'b',
    };
    const exchange = await ask(() => new Response('text', { headers: { ...headers, 'content-length': '99' } }));
    expect(exchange.fields).toBe('Content-Type: text/plain;charset=UTF-8\r\na: b\r\n');
    expect([exchange.length, exchange.keepsAlive]).toEqual([4, true]);
  });

  test('offer other protocols, as a 426 must', async () => {
    const headers = { Upgrade: 'websocket', Connection: 'Upgrade', a: 'b' };
    const exchange = await ask(() => new Response(null, { status: 426, headers }));
    expect(exchange.fields).toBe('a: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(exchange.keepsAlive).toBe(true);
  });

  test('may close the connection', async () => {
    expect((await ask(() => new Response('', { headers: { Connection: 'TE, Close' } }))).keepsAlive).toBe(false);
  });

  test('may have a Date of their own', async () => {
    const exchange = await ask(() => new Response('', { headers: { Date: 'yesterday' } }));
    expect([exchange.hasDate, exchange.field('date')]).toEqual([true, 'yesterday']);
    expect((await ask(() => new Response(''))).hasDate).toBe(false);
  });

  test('of one name with changing values are each sent as they are', async () => {
    for (const value of ['1', '2', '1', '1']) {
      expect((await ask(() => new Response(null, { headers: { 'x-a': value } }))).fields).toBe(`x-a: ${value}\r\n`);
    }
  });
});

describe('a response', () => {
  test('has its own reason phrase', async () => {
    const exchange = await ask(() => new Response('', { status: 299, statusText: 'Odd' }));
    expect([exchange.status, exchange.reason]).toEqual([299, 'Odd']);
  });

  test.each<[string, FetchHandler, number, string]>([
    ['of Hono', new Hono().get('/', (c) => c.text('hono', 201, { 'x-a': 'b' })).fetch, 201, 'hono'],
    ['of H3', (request) => new H3().get('/', () => 'h3').fetch(request), 200, 'h3'],
    ['of Node itself', () => new NativeResponse('native', { status: 203 }), 203, 'native'],
    ['of Node itself without a body', () => new NativeResponse(null, { status: 204 }), 204, ''],
    ['that copies another', () => new Response(new Response('a').body, new Response('', { status: 418 })), 418, 'a'],
    ['that is a clone', () => new Response('clone', { status: 202 }).clone(), 202, 'clone'],
    ['whose body was looked at', () => Object.assign(new Response('seen')).body && new Response('seen'), 200, 'seen'],
    ['that redirects', () => Response.redirect('http://localhost/there', 303), 303, ''],
    ['of JSON', () => Response.json({ a: 1 }), 200, '{"a":1}'],
  ] as [string, FetchHandler, number, string][])(
    '%s is sent, also from an async handler',
    async (_, fetch, status, text) => {
      for (const handler of [fetch, (async (...args) => fetch(...args)) as FetchHandler]) {
        const exchange = await drained(serve(handler));
        expect([exchange.status, exchange.text]).toEqual([status, text]);
      }
      expect(errors).toEqual([]);
    },
  );

  test('may be any object with its members', async () => {
    const headers = { 'set-cookie': ['a=1', 'b=2'], 'x-n': 1 };
    const exchange = await ask(() => ({ status: 201, headers, body: 'like' }) as never);
    expect([exchange.status, exchange.text]).toEqual([201, 'like']);
    expect(exchange.fields).toContain('set-cookie: a=1\r\nset-cookie: b=2\r\nx-n: 1\r\n');
  });

  test.each<[string, FetchHandler]>([
    ['nothing', () => undefined as never],
    ['a text', () => 'hello' as never],
    ['an error response', () => Response.error()],
    [
      'what was read already',
      async () => {
        const response = new Response('read');
        await response.text();
        return response;
      },
    ],
    ['a bad header', () => ({ status: 200, headers: { a: 'b\nc' }, body: null }) as never],
    ['an impossible status', () => ({ status: 99, headers: {}, body: null }) as never],
  ])('that is %s is answered with 500, and told', async (_, fetch) => {
    const exchange = await ask(fetch);
    expect([exchange.status, exchange.text]).toEqual([500, 'Internal Server Error\n']);
    expect(errors).toHaveLength(1);
  });

  test.each<[string, FetchHandler]>([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('secret'))],
  ])('is 500 when the handler %s', async (_, fetch) => {
    const exchange = await ask(fetch);
    expect([exchange.status, exchange.text]).toEqual([500, 'Internal Server Error\n']);
    expect(errors).toEqual([new Error('secret')]);
  });

  test('of a client that has left is dropped, its stream cancelled', async () => {
    const cancelled = deferred<void>();
    const exchange = serve(async () => {
      await settled();
      return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
    });
    exchange.leave();
    await cancelled.promise;
    expect(exchange.began).toBe(false);
    expect(errors).toEqual([]);
  });
});

test('a handler whose client has left may fail with an abort without a word', async () => {
  const exchange = serve(async (request) => {
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    request.signal.throwIfAborted();
    return new Response();
  });
  exchange.leave();
  await settled();
  expect(errors).toEqual([]);
});

test('a trusted proxy decides scheme and host, and who asks', async () => {
  const resolve = () => ({ client: '192.0.2.7', scheme: 'https', host: 'example.org' }) as const;
  const answer = (request: Request) => new Response(`${request.url} ${Reflect.get(request, 'ip')}`);
  const exchange = serve(answer, { target: '/a?b' }, { resolve });
  expect(exchange.text).toBe('https://example.org/a?b 192.0.2.7');
});

test('a Host that is none by the URL standard is the client’s mistake, and no error of the app', async () => {
  const { status } = await ask((request) => new Response(request.url), { rawHeaders: ['Host', 'test:99999'] });
  expect([status, errors]).toEqual([400, []]);
});
