import { once } from 'node:events';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { wholeBodyOf } from '../../src/http/whole-response.ts';
import { Flask, jsonify, NotFound } from '../../src/index.ts';

/** The response of a view. */
async function answer(view: () => unknown): Promise<Response> {
  const app = new Flask(import.meta, { staticFolder: null });
  app.logger.sink = () => {};
  app.get('/', { endpoint: 'index' }, view as () => string);
  return app.fetch(new Request('http://localhost/'));
}

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json';

function* csvLines() {
  yield 'a,b\n';
  yield '1,2\n';
}

test.each<[string, () => unknown, number, string | null, string]>([
  ['a string', () => 'hi', 200, HTML, 'hi'],
  ['bytes', () => new TextEncoder().encode('hi'), 200, HTML, 'hi'],
  ['a Blob', () => new Blob(['hi'], { type: 'text/csv' }), 200, 'text/csv', 'hi'],
  ['an object', () => ({ b: 1, a: [2, { d: 1, c: 'ü' }] }), 200, JSON_TYPE, '{"a":[2,{"c":"\\u00fc","d":1}],"b":1}\n'],
  ['an array', () => [1, 2, 3], 200, JSON_TYPE, '[1,2,3]\n'],
  ['an empty array', () => [], 200, JSON_TYPE, '[]\n'],
  ['a list of two objects', () => [{ a: 'x' }, { a: 'y' }], 200, JSON_TYPE, '[{"a":"x"},{"a":"y"}]\n'],
  ['a list of two numbers', () => [1, 200], 200, JSON_TYPE, '[1,200]\n'],
  ['jsonify of what looks like a tuple', () => jsonify(['a', 404]), 200, JSON_TYPE, '["a",404]\n'],
  ['[string, status]', () => ['no', 404], 404, HTML, 'no'],
  ['[string, "status reason"]', () => ['no', '404 Nope'], 404, HTML, 'no'],
  ['[object, status]', () => [{ a: 1 }, 201], 201, JSON_TYPE, '{"a":1}\n'],
  ['[array, status]', () => [[1, 2], 201], 201, JSON_TYPE, '[1,2]\n'],
  ['[string, headers]', () => ['a,b', { 'Content-Type': 'text/csv' }], 200, 'text/csv', 'a,b'],
  ['[generator, headers]', () => [csvLines(), { 'Content-Type': 'text/csv' }], 200, 'text/csv', 'a,b\n1,2\n'],
  ['[Blob, headers]', () => [new Blob(['a']), { 'Content-Type': 'text/csv' }], 200, 'text/csv', 'a'],
  ['[object, Headers]', () => [{ a: 1 }, new Headers({ 'content-type': 'a/b' })], 200, 'a/b', '{"a":1}\n'],
  ['[body, status, headers]', () => ['x', 202, { 'content-type': 'a/b' }], 202, 'a/b', 'x'],
  ['[body, undefined, pairs]', () => ['x', undefined, [['content-type', 'a/b']]], 200, 'a/b', 'x'],
  ['a Response', () => new Response('x', { status: 418 }), 418, 'text/plain;charset=UTF-8', 'x'],
  ['[Response, status]', () => [new Response('x', { headers: { 'content-type': 'a/b' } }), 201], 201, 'a/b', 'x'],
  ['an exception', () => new NotFound('gone'), 404, HTML, expect.stringContaining('<p>gone</p>')],
  ['a promise', async () => 'later', 200, HTML, 'later'],
])('%s', async (_, view, status, type, body) => {
  const response = await answer(view);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([status, type, body]);
});

test('a list of values of a header becomes several lines', async () => {
  const response = await answer(() => ['x', 200, { 'Set-Cookie': ['a=1', 'b=2'] }]);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a redirect made by the standard, whose headers cannot be changed, gets more headers all the same', async () => {
  const response = await answer(() => [Response.redirect('http://localhost/x', 302), { 'X-A': 'b' }]);
  expect([response.status, response.headers.get('location'), response.headers.get('x-a')]).toEqual([
    302,
    'http://localhost/x',
    'b',
  ]);
});

test.each([
  [
    'a generator',
    function* () {
      yield 'a';
      yield new Uint8Array([98]);
    },
  ],
  [
    'an async generator',
    async function* () {
      yield 'a';
      yield 'b';
    },
  ],
])('%s is streamed', async (_, view) => {
  const response = await answer(view);
  expect(response.headers.get('content-type')).toBe(HTML);
  expect(await response.text()).toBe('ab');
});

test('a generator whose client leaves is ended', async () => {
  let ended = false;
  const response = await answer(function* () {
    try {
      for (;;) yield 'x';
    } finally {
      ended = true;
    }
  });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(ended).toBe(true);
});

test.each<[unknown, string]>([
  [null, "The view function for 'index' did not return a valid response. The function returned null."],
  [undefined, "The view function for 'index' did not return a valid response. The function returned undefined"],
  [3, 'but it returned the number 3'],
  [true, 'but it returned the boolean true'],
])('%s is an error that names the view', async (value, message) => {
  const app = new Flask(import.meta);
  app.testing = true;
  app.get('/', { endpoint: 'index' }, (() => value) as () => string);
  await expect(app.fetch(new Request('http://localhost/'))).rejects.toThrow(message);
});

test.each([
  ['a value', () => ['x', 200, { 'X-A': 'a\r\nSet-Cookie: s=1' }]],
  ['a name', () => ['x', 200, { 'X-A: b\r\nSet-Cookie': 's=1' }]],
])('a line break in %s of a header is a 400, and the log says which', async (_, view) => {
  const app = new Flask(import.meta);
  const lines: string[] = [];
  app.logger.sink = (line) => lines.push(line);
  app.get('/', view);
  const response = await app.fetch(new Request('http://localhost/'));
  expect(response.status).toBe(400);
  expect(response.headers.get('set-cookie')).toBeNull();
  expect(lines.join('')).toContain('Refused / [GET]: Header ');
});

test('what fetch() gave can be changed on its way out', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.afterRequest((response) => {
    response.headers.set('X-After', 'yes');
    return response;
  });
  app.get('/fetched', () => fetch('data:text/plain,fetched'));
  app.get('/away', () => Response.redirect('http://localhost/there', 302));
  const client = app.testClient();
  const [fetched, away] = [await client.get('/fetched'), await client.get('/away')];
  expect([fetched.status, fetched.text, fetched.headers.get('x-after')]).toEqual([200, 'fetched', 'yes']);
  expect([away.status, away.location, away.headers.get('x-after')]).toEqual([302, 'http://localhost/there', 'yes']);
});

test('what fetch() gave is handed on without what is true of its own connection and its encoded body alone', async () => {
  const text = 'fetched '.repeat(100);
  const upstream = createServer((_, res) => {
    res.setHeader('Content-Encoding', 'gzip').setHeader('X-Own', 'yes').setHeader('X-Hop', 'no');
    res.setHeader('Connection', 'close, X-Hop').end(gzipSync(text));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const address = upstream.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const views = { whole: () => fetch(url), tuple: async () => [await fetch(url), { 'X-More': 'yes' }] };
  for (const view of Object.values(views)) {
    const response = await answer(view);
    const said = ['content-encoding', 'content-length', 'connection', 'x-hop', 'x-own'].map((name) =>
      response.headers.get(name),
    );
    expect([await response.text(), ...said]).toEqual([text, null, null, null, null, 'yes']);
  }
  upstream.close();
});

test("a response that a view makes of what the server's fetch() has decoded is not called encoded", async () => {
  const body = new Response('decoded').body ?? new ReadableStream();
  Object.defineProperty(body, Symbol.for('qilin.decodedBody'), { value: true });
  const headers = { 'Content-Encoding': 'gzip', 'Content-Length': '27', 'X-Own': 'yes' };
  const response = await answer(() => new Response(body, { headers, status: 203 }));
  const said = ['content-encoding', 'content-length', 'x-own'].map((name) => response.headers.get(name));
  expect([response.status, await response.text(), ...said]).toEqual([203, 'decoded', null, null, 'yes']);
});

test.each([
  ['text', () => ['text', 201], '4'],
  ['bytes', () => [new Uint8Array(3), 201], '3'],
  ['JSON', () => [{ a: 1 }, 201], '8'],
  ['jsonify', () => [jsonify({ a: 1 }), 201], '8'],
  ['an exception', () => [new NotFound(), 404], '207'],
] as const)('%s with a status of its own is a body in memory, whose length is known', async (_, view, length) => {
  const response = await answer(view);
  expect(wholeBodyOf(response)).toBeDefined();
  expect(String((await response.arrayBuffer()).byteLength)).toBe(length);
});
