/** The light Response beside Node's own: both are asked the same, and must say the same. */
import { describe, expect, test } from 'vitest';
import { FastResponse, partsOf } from '../../../src/http/light/fast-response.ts';
import { useLightClasses } from '../../../src/http/light/light-classes.ts';

const NativeResponse = globalThis.Response;
useLightClasses();

type Make = (Class: typeof Response) => Response;

async function describeResponse(response: Response) {
  const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
  const headers = [...response.headers].map(([name, value]) => [name, value.replace(/boundary=.*/, 'boundary=')]);
  const hasBody = response.body !== null;
  const text = (await response.text()).replaceAll(/----[-\w]+/g, 'boundary');
  return {
    status,
    statusText,
    ok,
    type,
    url,
    redirected,
    bodyUsed,
    headers,
    hasBody,
    text,
    usedThen: response.bodyUsed,
  };
}

const data = new FormData();
data.set('a', 'b');

describe('is as Node’s own', () => {
  test.each<[string, Make]>([
    ['without anything', (Class) => new Class()],
    ['with null', (Class) => new Class(null, { status: 404 })],
    ['with a text', (Class) => new Class('héllo\ud800')],
    ['with bytes', (Class) => new Class(new Uint8Array([104, 105]), { status: 201, statusText: 'Made' })],
    ['with a buffer', (Class) => new Class(new Uint8Array([104, 105]).buffer)],
    ['with a blob', (Class) => new Class(new Blob(['b'], { type: 'text/css' }))],
    ['with form data', (Class) => new Class(data)],
    ['with parameters', (Class) => new Class(new URLSearchParams('a=b'))],
    ['with an object', (Class) => new Class({ a: 1 } as never)],
    ['with headers', (Class) => new Class('', { headers: { 'X-A': ' b ', 'content-type': 'x/y', 'x-n': 1 as never } })],
    [
      'with pairs',
      (Class) =>
        new Class('', {
          headers: [
            ['Set-Cookie', 'a'],
            ['x', 'b'],
            ['set-cookie', 'c'],
            ['X', 'd'],
          ],
        }),
    ],
    [
      'with Headers',
      (Class) => new Class('', { headers: new Headers({ connection: 'close', 'content-length': '7' }) }),
    ],
    ['of JSON', (Class) => Class.json({ a: [1] }, { status: 202 })],
    [
      'of JSON of another type',
      (Class) => Class.json(null, { headers: { 'content-type': 'application/problem+json' } }),
    ],
    ['that redirects', (Class) => Class.redirect('http://localhost/a b', 302)],
    ['that redirects for good', (Class) => Class.redirect('http://localhost/', 308)],
    ['that is a clone', (Class) => new Class('a', { status: 201, headers: { x: 'y' } }).clone()],
    ['that is a clone with its reason', (Class) => new Class('a', { statusText: 'Fine' }).clone()],
    ['that is a clone of bytes', (Class) => new Class(new Uint8Array([97]), { statusText: 'Fine' }).clone()],
    ['that is a clone of an error', (Class) => Class.error().clone()],
    ['that is a clone of a stream', (Class) => new Class(new Blob(['ab']).stream()).clone()],
    ['that is an error', (Class) => Class.error()],
    ['with another as its options', (Class) => new Class('a', new Class('b', { status: 206, headers: { x: 'y' } }))],
  ])('%s', async (_, make) => {
    expect(await describeResponse(make(Response))).toEqual(await describeResponse(make(NativeResponse)));
  });

  test.each<[string, Make]>([
    ['a status below 200', (Class) => new Class('', { status: 199 })],
    ['a status above 599', (Class) => new Class('', { status: 600 })],
    ['a status that is no number', (Class) => new Class('', { status: 'x' as never })],
    ['a reason with a line end', (Class) => new Class('', { statusText: 'a\nb' })],
    ['204 with a body', (Class) => new Class('', { status: 204 })],
    ['304 with a stream', (Class) => new Class(new Blob(['a']).stream(), { status: 304 })],
    ['a name with a space', (Class) => new Class('', { headers: { 'a b': 'c' } })],
    ['an empty name', (Class) => new Class('', { headers: [['', 'c']] })],
    ['a value with CR', (Class) => new Class('', { headers: { a: 'b\rc' } })],
    ['a value with LF', (Class) => new Class('', { headers: { a: 'b\nc' } })],
    ['a value with NUL', (Class) => new Class('', { headers: { a: 'b\0c' } })],
    ['a value of more than bytes', (Class) => new Class('', { headers: { a: '€' } })],
    ['a pair of three', (Class) => new Class('', { headers: [['a', 'b', 'c'] as never] })],
    ['headers that are a text', (Class) => new Class('', { headers: 'a: b' as never })],
    ['what JSON cannot say', (Class) => Class.json(undefined)],
    ['a redirect by 200', (Class) => Class.redirect('http://localhost/', 200 as never)],
    ['a redirect to nowhere', (Class) => Class.redirect('//', 302)],
    [
      'a stream that is locked',
      (Class) => {
        const stream = new Blob(['a']).stream();
        stream.getReader();
        return new Class(stream);
      },
    ],
  ])('refuses %s', (_, make) => {
    const outcome = (Class: typeof Response) => {
      try {
        return make(Class).status;
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    expect(outcome(NativeResponse)).toMatch(/^(Type|Range)Error$/);
    expect(outcome(Response)).toBe(outcome(NativeResponse));
  });
});

test('instanceof holds both ways, for Node’s own and for subclasses too', () => {
  class Mine extends Response {}
  expect(new FastResponse() instanceof NativeResponse).toBe(true);
  expect(new Response() instanceof Response).toBe(true);
  expect(new NativeResponse() instanceof Response).toBe(true);
  expect(new Mine() instanceof Mine && new Mine() instanceof Response).toBe(true);
  expect(new Response() instanceof Mine).toBe(false);
  expect(({} as unknown) instanceof Response || (null as unknown) instanceof Response).toBe(false);
  expect(Object.prototype.toString.call(new Response())).toBe('[object Response]');
});

test('its body can be read in every way, and once', async () => {
  const make = () => new Response('{"a":1}', { headers: { 'content-type': 'application/json' } });
  expect(await make().json()).toEqual({ a: 1 });
  expect((await make().arrayBuffer()).byteLength).toBe(7);
  expect(await (make() as unknown as FastResponse).bytes()).toEqual(new TextEncoder().encode('{"a":1}'));
  expect((await make().blob()).type).toBe('application/json');
  expect((await new Response(data).formData()).get('a')).toBe('b');
  const response = make();
  await response.text();
  expect(response.bodyUsed).toBe(true);
  await expect(response.text()).rejects.toThrow(TypeError);
});

test('its stream is the one that was given', () => {
  const stream = new Blob(['a']).stream();
  expect(new Response(stream).body).toBe(stream);
});

test('its headers do not change with the object that they were given in', () => {
  const headers = { a: 'b' };
  const response = new Response('', { headers });
  headers.a = 'c';
  expect(response.headers.get('a')).toBe('b');
  expect(response.headers).toBe(response.headers);
});

test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => ConstructorParameters<typeof Response>[0]]>([
  ['a Uint8Array', (bytes) => bytes],
  ['a part of one', (bytes) => bytes.subarray()],
  ['a Buffer', (bytes) => Buffer.from(bytes.buffer)],
  ['an ArrayBuffer', (bytes) => bytes.buffer],
  ['a view', (bytes) => new DataView(bytes.buffer)],
])('its bytes do not change with %s that they were given in', async (_, give) => {
  for (const size of [3, 100_000]) {
    const bytes = new Uint8Array(size).fill(97);
    const response = new Response(give(bytes));
    bytes.fill(98);
    expect(Buffer.from(partsOf(response as FastResponse).body as Uint8Array).toString()).toBe('a'.repeat(size));
    expect(await response.text()).toBe('a'.repeat(size));
  }
});

test('its clone has headers of its own', () => {
  const response = new Response('a', { headers: { a: 'b' } });
  response.headers.set('a', 'c');
  const clone = response.clone();
  clone.headers.set('a', 'd');
  expect(response.headers.get('a')).toBe('c');
});
