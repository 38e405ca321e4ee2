import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:tls';
import express from 'express';
import Fastify from 'fastify';
import { H3 } from 'h3';
import { Hono } from 'hono';
import Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { detect, unclear } from '../../src/app/detect.ts';

class WithFetch {
  readonly #greeting = 'hello';
  fetch() {
    return new Response(this.#greeting);
  }
}

describe('the kind of an app is found out', () => {
  test.each([
    ['Hono', new Hono(), 'fetch'],
    ['H3', new H3(), 'fetch'],
    ['{ fetch }', { fetch: () => new Response() }, 'fetch'],
    ['an instance of a class with fetch()', new WithFetch(), 'fetch'],
    ['a function of one parameter', (_request: Request) => new Response(), 'fetch'],
    ['a function of two parameters', (_req: unknown, _res: unknown) => {}, 'node'],
    ['a function of three parameters', (_req: unknown, _res: unknown, _next: unknown) => {}, 'node'],
    // biome-ignore format: the parameters are what is tried
    ['(request, env)', (_request: Request, _env: unknown) => new Response(), 'fetch'],
    ['(request, { waitUntil })', (_request: Request, { waitUntil }: { waitUntil?: unknown }) => waitUntil, 'fetch'],
    [
      'a method (request, loadContext)',
      {
        async h(request: Request, loadContext = {}, more: unknown) {
          return [request, loadContext, more];
        },
      }.h,
      'fetch',
    ],
    ['({ url }, ctx)', ({ url }: Request, ctx: unknown) => [url, ctx], 'fetch'],
    [
      'function handle(req, env, ctx)',
      function handle(req: unknown, env: unknown, ctx: unknown) {
        return [req, env, ctx];
      },
      'fetch',
    ],
    ['(request, response)', (_request: unknown, _response: unknown) => {}, 'node'],
    ['(ctx, next), which could be anything', (_ctx: unknown, _next: unknown) => {}, 'node'],
    ['(e, t), as a minifier leaves it', (_e: unknown, _t: unknown) => {}, 'node'],
    ["(...args), as Astro's", async (...args: unknown[]) => void args, 'node'],
    [
      'a function that passes its arguments on',
      function pass() {
        // biome-ignore lint/complexity/noArguments: that is what is tried
        return arguments;
      },
      'node',
    ],
    ['(request = {})', (request = {}) => request, 'fetch'],
    ['(req = {}, res = {})', (req = {}, res = {}) => [req, res], 'node'],
    ['a function that was bound', function (this: unknown, _a: unknown, _b: unknown) {}.bind(null), 'node'],
    ['Express', express(), 'node'],
    ['connect', Object.assign((..._: unknown[]) => {}, { handle() {}, use() {}, stack: [] }), 'node'],
    ['Koa', new Koa(), 'node'],
    ['Fastify', Fastify(), 'node'],
    ['an http server', createServer(), 'server'],
    ['a TLS server', createTlsServer(), 'server'],
  ])('%s', (_, value, kind) => {
    expect(detect(value, 'auto')?.shape.kind).toBe(kind);
  });

  test('a method is called on its object', async () => {
    const shape = detect(new WithFetch(), 'auto')?.shape;
    const response = shape?.kind === 'fetch' ? await shape.fetch(new Request('http://localhost/'), {}) : undefined;
    expect(await response?.text()).toBe('hello');
  });

  test('Nest, by its server, once it is initialised', () => {
    const server = createServer();
    const nest = { use() {}, init: async () => {}, close() {}, getHttpAdapter() {}, getHttpServer: () => server };
    expect(detect(nest, 'auto')).toMatchObject({ shape: { kind: 'server', server }, ready: expect.any(Function) });
  });
});

describe('a function without parameters is an app where nothing else is meant', () => {
  test.each([
    ['() => new Response()', () => new Response(), 'fetch'],
    ['what was bound', (() => {}).bind(null), 'node'],
  ])('%s', (_, value, kind) => {
    expect(detect(value, 'auto')).toBeUndefined();
    expect(detect(value, 'auto', true)).toMatchObject({ shape: { kind }, isGuess: true });
  });
});

describe('--interface decides', () => {
  const either = Object.assign((_a: unknown, _b: unknown) => {}, {
    handle() {},
    use() {},
    fetch: () => new Response(),
  });

  test.each(['fetch', 'node'] as const)('%s', (called) => {
    expect(detect(either, called)?.shape.kind).toBe(called);
    expect(detect((...args: unknown[]) => args, called)?.shape.kind).toBe(called);
  });

  test('and finds nothing in an app of the other kind', () => {
    expect(detect(new Hono(), 'node')).toBeUndefined();
    expect(detect(new Koa(), 'fetch')).toBeUndefined();
  });
});

describe('what is no app is told with its cure', () => {
  test.each([
    [function createApp() {}, /function of 0 parameters.*m:app\(\) if it makes the app.*--interface fetch/],
    [(_a: 1, _b: 2, _c: 3, _d: 4) => {}, /function of 4 parameters.*--interface/],
    [WithFetch, /a class.*export an instance/],
    [{ get: 1, post: 2 }, /an object.*it has get, post/],
    [new Map(), /an object of class Map/],
    [undefined, /is undefined/],
    [42, /the number 42/],
  ])('%o', (value, message) => {
    expect(detect(value, 'auto', true)).toBeUndefined();
    expect(unclear(value, 'auto', 'm:app')).toMatchObject({
      code: 'APP_UNCLEAR',
      message: expect.stringMatching(message),
    });
  });
});
