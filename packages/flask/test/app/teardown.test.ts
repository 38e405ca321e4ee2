import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Flask, type Globals, g, request } from '../../src/index.ts';

declare module '../../src/index.ts' {
  interface Globals {
    database?: { isOpen: boolean };
  }
}

/** An app whose requests use something that teardown closes. */
function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  const logged: string[] = [];
  app.logger.sink = (line) => logged.push(line);
  const ends: unknown[] = [];
  app.beforeRequest(() => {
    g.database = { isOpen: true };
  });
  app.teardownRequest((error) => {
    if (g.database) g.database.isOpen = false;
    ends.push(error);
  });
  async function* piecesOf(database: Globals['database']) {
    for (const word of ['one', 'two', 'three']) {
      await setImmediate();
      yield `${word} ${database?.isOpen ? 'open' : 'closed'} `;
    }
  }
  const pieces = () => piecesOf(g.database);
  const stream = () => ReadableStream.from(pieces()).pipeThrough(new TextEncoderStream());
  return { app, ends, logged, pieces, stream };
}

const ask = async (app: Flask, path = '/') => app.fetch(new Request(`http://localhost${path}`));

const ALL = 'one open two open three open ';

test.each(['generator', 'stream', 'response', 'tuple', 'response later changed'])(
  'what is torn down is there until the last byte of a %s was taken',
  async (kind) => {
    const { app, ends, pieces, stream } = createApp();
    if (kind.includes('changed')) app.afterRequest((response) => new Response(response.body, { status: 201 }));
    app.get('/', () => {
      if (kind === 'generator') return pieces();
      if (kind === 'stream') return stream();
      if (kind === 'tuple') return [stream(), 202];
      return new Response(stream());
    });
    const response = await ask(app);
    expect(ends).toEqual([]);
    expect(await response.text()).toBe(ALL);
    expect(ends).toEqual([undefined]);
  },
);

test('a client that leaves ends the request, with an error that says so, and the view’s generator', async () => {
  const { app, ends } = createApp();
  let isOver = false;
  app.get('/', async function* () {
    try {
      for (;;) yield 'more';
    } finally {
      isOver = true;
    }
  });
  const response = await ask(app);
  const reader = response.body?.getReader();
  await reader?.read();
  expect(ends).toEqual([]);
  await reader?.cancel('gone');
  expect(isOver).toBe(true);
  expect(ends).toMatchObject([{ name: 'ClientLeft', cause: 'gone' }]);
});

test('a stream that fails ends the request with its error', async () => {
  const { app, ends } = createApp();
  const failure = new Error('no more of it');
  app.get('/', async function* () {
    yield 'first';
    throw failure;
  });
  await expect((await ask(app)).text()).rejects.toBe(failure);
  expect(ends).toEqual([failure]);
});

test('an answer that is there in full ends its request before it is sent, and keeps its kind of body', async () => {
  const { app, ends } = createApp();
  app.get('/text', () => 'text');
  app.get('/json', () => ({ a: 1 }));
  app.get('/response', () => new Response('text', { status: 203, headers: { 'X-Mine': 'yes' } }));
  app.get('/nothing', () => new Response(null, { status: 204 }));
  for (const path of ['/text', '/json', '/response', '/nothing', '/missing']) {
    const response = await ask(app, path);
    expect(ends, path).toEqual([undefined]);
    expect(response.body === null, path).toBe(path === '/nothing');
    ends.length = 0;
    if (path === '/response') {
      expect([response.status, response.headers.get('x-mine'), await response.text()]).toEqual([203, 'yes', 'text']);
    }
  }
});

test('a teardown function that throws keeps neither the others nor uploaded files from their end', async () => {
  const { app, ends, logged, pieces } = createApp();
  app.teardownRequest(() => {
    throw new Error('of the first');
  });
  app.teardownAppcontext(() => {
    ends.push('appcontext');
  });
  let upload: { stream(): ReadableStream } | undefined;
  app.post('/', async () => {
    upload = (await request.files).get('file');
    return pieces();
  });
  const form = new FormData();
  form.set('file', new Blob(['x'.repeat(600_000)]), 'a.txt');
  const response = await app.fetch(new Request('http://localhost/', { method: 'POST', body: form }));
  expect(await response.text()).toBe(ALL);
  expect(ends).toEqual([undefined, 'appcontext']);
  expect(logged.join('')).toContain('of the first');
  expect(upload).toBeDefined();
});
