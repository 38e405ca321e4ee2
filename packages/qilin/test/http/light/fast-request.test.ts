/** What an app sees of a request on the native engine, with an exchange that stands in for the engine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { FastRequest } from '../../../src/http/light/fast-request.ts';
import { useLightClasses } from '../../../src/http/light/light-classes.ts';
import { FakeExchange, type FakeRequest } from '../fake-exchange.ts';

const NativeRequest = globalThis.Request;
const NativeHeaders = globalThis.Headers;
useLightClasses();

function receive(request: FakeRequest = {}): { exchange: FakeExchange; request: FastRequest<FakeExchange> } {
  const exchange = new FakeExchange(request);
  return { exchange, request: new FastRequest(exchange, undefined, {}) };
}

const post = (body: string | Uint8Array, ...rawHeaders: string[]) =>
  receive({ method: 'POST', body, rawHeaders: ['Host', 'localhost', ...rawHeaders] }).request;

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('its url', () => {
  test.each([
    ['/', 'localhost', 'http://localhost/'],
    ['/a%20b?c=d', 'Example.COM:81', 'http://example.com:81/a%20b?c=d'],
    ['/a?b', 'example.com:80', 'http://example.com/a?b'],
    ['/a/../b/./c', 'h', 'http://h/b/c'],
    ['/%2e%2E/a', 'h', 'http://h/a'],
    ['/a?b=/../c', 'h', 'http://h/a?b=/../c'],
    ['/.well-known/x', 'h', 'http://h/.well-known/x'],
    ['//evil/x', 'h', 'http://h//evil/x'],
    ["/a'b?c'd", 'h', "http://h/a'b?c%27d"],
    ['/"<>`{}|^\\', 'h', new URL('http://h/"<>`{}|^\\').href],
    ['/é?é', 'h', new URL('http://h/é?é').href],
    ['*', 'h', 'http://h/*'],
    ['http://Other/a/../b', 'h', 'http://other/b'],
    ['/', '[::1]:8000', 'http://[::1]:8000/'],
  ])('of target %s and host %s is %s', (target, host, url) => {
    expect(receive({ target, rawHeaders: ['Host', host] }).request.url).toBe(url);
  });

  test('without Host, as HTTP/1.0 allows, is the address that the client connected to', () => {
    expect(receive({ minorVersion: 0, rawHeaders: [] }).request.url).toBe('http://127.0.0.1:8000/');
  });

  test.each(['a@b', 'a b', 'a/b', 'a?b', 'a#b', '[::1'])('of the host %s is an error', (host) => {
    expect(() => receive({ rawHeaders: ['Host', host] }).request.url).toThrow(TypeError);
  });
});

test('knows the address of who sent it, under the name that srvx gives it', () => {
  expect(receive().request.ip).toBe('192.0.2.1');
});

test('is a Request, and its members that a server does not need say what Node’s own say', () => {
  const { request } = receive();
  const own = new NativeRequest('http://localhost/');
  expect(request instanceof Request && request instanceof NativeRequest && own instanceof Request).toBe(true);
  expect(({} as unknown) instanceof Request).toBe(false);
  for (const name of [
    'cache',
    'credentials',
    'destination',
    'integrity',
    'keepalive',
    'mode',
    'redirect',
    'referrer',
    'referrerPolicy',
    'duplex',
    'bodyUsed',
    'body',
    'method',
    'url',
  ]) {
    expect([name, Reflect.get(request, name)]).toEqual([name, Reflect.get(own, name)]);
  }
});

describe('its headers', () => {
  const headers = () =>
    receive({ rawHeaders: ['Host', 'h', 'X-A', '1', 'x-a', '2', 'Cookie', 'a=1', 'cookie', 'b=2', 'X-L', 'caf\xe9'] })
      .request.headers;

  test('are found in any case, repeated ones joined', () => {
    expect(headers().get('X-a')).toBe('1, 2');
    expect(headers().get('cookie')).toBe('a=1; b=2');
    expect(headers().get('x-l')).toBe('caf\xe9');
    expect([headers().get('none'), headers().has('none'), headers().has('HOST')]).toEqual([null, false, true]);
    expect(() => headers().get('a b')).toThrow(TypeError);
  });

  test('are Headers, and can be gone through, copied and changed', () => {
    const own = headers();
    expect(own instanceof Headers && own instanceof NativeHeaders).toBe(true);
    const all = [
      ['cookie', 'a=1; b=2'],
      ['host', 'h'],
      ['x-a', '1, 2'],
      ['x-l', 'caf\xe9'],
    ];
    expect([...own]).toEqual(all);
    expect([...own.entries()]).toEqual(all);
    expect([...own.keys()]).toEqual(all.map(([name]) => name));
    expect([...own.values()]).toEqual(all.map(([, value]) => value));
    expect([...new Headers(own)]).toEqual(all);
    const seen: unknown[] = [];
    own.forEach((value, name) => {
      seen.push([name, value]);
    });
    expect(seen).toEqual(all);
    own.set('x-a', '3');
    own.append('x-b', '4');
    own.delete('cookie');
    expect([own.get('x-a'), own.has('x-b'), own.get('cookie')]).toEqual(['3', true, null]);
  });
});

describe('its body', () => {
  test('that came with the head is read in every way', async () => {
    expect(await post('héllo').text()).toBe('héllo');
    expect(await post('\ufeffa').text()).toBe('a');
    expect(await post(new Uint8Array([0xff, 0x41])).text()).toBe('\ufffdA');
    expect(await post('{"a":1}').json()).toEqual({ a: 1 });
    expect(new Uint8Array(await post('ab').arrayBuffer())).toEqual(new Uint8Array([97, 98]));
    expect(await post('ab').bytes()).toEqual(new Uint8Array([97, 98]));
    const blob = await post('ab', 'Content-Type', 'text/css').blob();
    expect([await blob.text(), blob.type]).toEqual(['ab', 'text/css']);
    expect((await post('a=b+c', 'Content-Type', 'application/x-www-form-urlencoded').formData()).get('a')).toBe('b c');
    expect(await new Response(post('ab').body).text()).toBe('ab');
  });

  test('that is not JSON is a SyntaxError', async () => {
    await expect(post('{').json()).rejects.toThrow(SyntaxError);
  });

  test('with a file in a form gives the file', async () => {
    const data = new FormData();
    data.set('file', new File(['content'], 'a.txt'));
    const encoded = new Response(data);
    const request = post(
      new Uint8Array(await encoded.clone().arrayBuffer()),
      'Content-Type',
      encoded.headers.get('content-type') ?? '',
    );
    const file = (await request.formData()).get('file') as File;
    expect([file.name, await file.text()]).toEqual(['a.txt', 'content']);
  });

  test('can be read once', async () => {
    const request = post('a');
    expect([request.bodyUsed, request.body !== null]).toEqual([false, true]);
    await request.text();
    expect(request.bodyUsed).toBe(true);
    await expect(request.text()).rejects.toThrow(TypeError);
    const read = post('a');
    await read.text();
    expect(() => new Response(read.body)).toThrow(TypeError);
  });

  test('of a request without one is empty, again and again', async () => {
    const { request } = receive();
    expect([await request.text(), await request.text(), request.body, request.bodyUsed]).toEqual(['', '', null, false]);
  });

  test('that comes in pieces is collected', async () => {
    const { exchange, request } = receive({ method: 'POST', chunked: true });
    const text = request.text();
    const euro = Buffer.from('€');
    exchange.arrive(euro.subarray(0, 1));
    exchange.arrive(euro.subarray(1));
    exchange.sink?.end();
    expect(await text).toBe('€');
  });

  test('that is cut off rejects', async () => {
    type Read = (request: FastRequest<FakeExchange>) => Promise<string>;
    const ways: readonly Read[] = [(r) => r.text(), (r) => new Response(r.body as never).text()];
    for (const read of ways) {
      const { exchange, request } = receive({ method: 'POST', chunked: true });
      const outcome = read(request);
      outcome.catch(() => {});
      await settled();
      exchange.arrive('a');
      exchange.leave();
      await expect(outcome).rejects.toMatchObject({ code: 'ECONNRESET' });
    }
  });

  test('is read as a stream, no faster than its reader, and not before', async () => {
    const { exchange, request } = receive({ method: 'POST', chunked: true });
    const reader = request.body?.getReader();
    await settled();
    expect(exchange.sink).toBeUndefined();
    const first = reader?.read();
    exchange.arrive(new Uint8Array(40_000));
    expect(exchange.paused).toBe(false);
    exchange.arrive(new Uint8Array(40_000));
    exchange.arrive(new Uint8Array(40_000));
    expect(exchange.paused).toBe(true);
    await first;
    await reader?.read();
    await reader?.read();
    const last = reader?.read();
    expect(exchange.paused).toBe(false);
    exchange.sink?.end();
    expect(await last).toMatchObject({ done: true });
  });

  test('whose reader gives up is taken to its end', async () => {
    const { exchange, request } = receive({ method: 'POST', chunked: true });
    const reader = request.body?.getReader();
    const first = reader?.read();
    await settled();
    exchange.arrive(new Uint8Array(100_000));
    await first;
    await reader?.cancel();
    expect(exchange.paused).toBe(false);
    exchange.arrive(new Uint8Array(100_000));
    expect(exchange.paused).toBe(false);
    exchange.sink?.end();
  });

  test('looked at as a stream can still be read as text', async () => {
    const request = post('text');
    expect(request.body?.locked).toBe(false);
    expect(await request.text()).toBe('text');
    expect(request.bodyUsed).toBe(true);
  });

  test('can be read with a buffer of the reader', async () => {
    const { exchange, request } = receive({ method: 'POST', chunked: true });
    const reader = (request.body as ReadableStream).getReader({ mode: 'byob' });
    const first = reader.read(new Uint8Array(8));
    await settled();
    exchange.arrive('ab');
    expect((await first).value).toEqual(new Uint8Array([97, 98]));
    const last = reader.read(new Uint8Array(8));
    exchange.sink?.end();
    expect((await last).done).toBe(true);
  });
});

describe('given to Node', () => {
  test('as a clone, it can be read twice', async () => {
    const request = post('body', 'X-A', 'b');
    const clone = request.clone();
    expect([clone.method, clone.headers.get('x-a'), await clone.text()]).toEqual(['POST', 'b', 'body']);
    expect(await request.text()).toBe('body');
    expect(request.bodyUsed).toBe(true);
  });

  test('as the input of a new Request, it gives its body away', async () => {
    const request = post('body', 'X-A', 'b');
    const copy = new Request(request, { headers: { 'x-a': 'c' } });
    expect([copy.method, copy.url, copy.headers.get('x-a')]).toEqual(['POST', 'http://localhost/', 'c']);
    expect(await copy.text()).toBe('body');
    expect(request.bodyUsed).toBe(true);
  });

  test('as the input of a new Request with another body, it may have been read, and keeps its own', async () => {
    const read = post('body', 'X-A', 'b', 'Content-Length', '4');
    expect(await read.text()).toBe('body');
    const copy = new Request(read, { body: 'another' });
    expect([copy.method, copy.headers.get('x-a'), copy.headers.get('content-length')]).toEqual(['POST', 'b', null]);
    expect(await copy.text()).toBe('another');
    const unread = post('body');
    expect(await new Request(unread, { body: 'another' }).text()).toBe('another');
    expect([unread.bodyUsed, await unread.text()]).toEqual([false, 'body']);
  });

  test('once it was read, it is refused with a TypeError: thrown by Request, rejected by fetch()', async () => {
    const request = post('body');
    await request.text();
    expect(() => new Request(request)).toThrow(TypeError);
    expect(() => request.clone()).toThrow(TypeError);
    const fetched = fetch(request);
    await expect(fetched).rejects.toThrow(TypeError);
  });

  test('as the options of a new Request, it gives method, headers and body', async () => {
    const copy = new Request('http://other/', post('body', 'X-A', 'b'));
    expect([copy.method, copy.url, copy.headers.get('x-a'), await copy.text()]).toEqual([
      'POST',
      'http://other/',
      'b',
      'body',
    ]);
  });

  test('fetch() sends it on', async () => {
    const server = createServer((req, res) => req.pipe(res.setHeader('x-method', req.method ?? '')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { request } = receive({ method: 'PUT', body: 'sent on', rawHeaders: ['Host', `127.0.0.1:${port}`] });
      const response = await fetch(request);
      expect([response.headers.get('x-method'), await response.text()]).toEqual(['PUT', 'sent on']);
      const rawHeaders = ['Host', `127.0.0.1:${port}`, 'Content-Length', '7'];
      const read = receive({ method: 'PUT', body: 'sent on', rawHeaders }).request;
      expect(await (await fetch(read, { body: `${await read.text()}, changed` })).text()).toBe('sent on, changed');
    } finally {
      server.close().closeAllConnections();
    }
  });
});

describe('its signal', () => {
  test('aborts when the client leaves, once it was asked for', async () => {
    const { exchange, request } = receive();
    expect(exchange.onGone).toBeNull();
    const { signal } = request;
    expect(signal.aborted).toBe(false);
    exchange.leave();
    expect(signal.aborted).toBe(true);
  });

  test('is aborted when the client has left already', () => {
    const { exchange, request } = receive();
    exchange.leave();
    expect(request.signal.aborted).toBe(true);
  });

  test('does not abort when the answer is complete', () => {
    const { exchange, request } = receive();
    const { signal } = request;
    exchange.respond(200, '', 'done');
    exchange.leave();
    expect(signal.aborted).toBe(false);
  });

  test('of a clone follows it', () => {
    const { exchange, request } = receive();
    const clone = request.clone();
    exchange.leave();
    expect(clone.signal.aborted).toBe(true);
  });
});
