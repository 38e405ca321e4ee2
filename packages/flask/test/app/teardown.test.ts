import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
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

test.each(['generator', 'response'])(
  'a client that leaves while its %s is waited for does so, too, behind its end',
  async (kind) => {
    const { app, ends } = createApp();
    const order: string[] = [];
    app.teardownRequest(() => void order.push('torn down'));
    let goOn = () => {};
    async function* wait() {
      try {
        yield 'first';
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        yield 'second';
      } finally {
        await setImmediate();
        order.push('generator ended');
      }
    }
    async function* bytes() {
      for await (const piece of wait()) yield Buffer.from(piece);
    }
    app.get('/', () => (kind === 'generator' ? wait() : new Response(ReadableStream.from(bytes()))));
    const reader = (await ask(app)).body?.getReader();
    await reader?.read();
    void reader?.read();
    await setImmediate();
    const cancelled = reader?.cancel('gone');
    await setImmediate();
    expect(ends).toEqual([]);
    goOn();
    await cancelled;
    expect(ends).toMatchObject([{ name: 'ClientLeft' }]);
    expect(order).toEqual(['generator ended', 'torn down']);
  },
);

test('a request of HEAD, whose body nobody reads, ends without an error', async () => {
  const { app, ends, pieces } = createApp();
  app.get('/', () => pieces());
  const response = await app.fetch(new Request('http://localhost/', { method: 'HEAD' }));
  await response.body?.cancel();
  expect(ends).toEqual([undefined]);
});

test('a generator that waits for ever holds up the end of its request, whose client has left, for no longer than 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { app, ends } = createApp();
    app.get('/', async function* () {
      yield 'first';
      await new Promise(() => {});
    });
    const reader = (await ask(app)).body?.getReader();
    await reader?.read();
    void reader?.read();
    await setImmediate();
    const cancelled = reader?.cancel('gone');
    await setImmediate();
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(5_000);
    await cancelled;
    expect(ends).toMatchObject([{ name: 'ClientLeft' }]);
  } finally {
    vi.useRealTimers();
  }
});

test('a stream whose reply has a status without a body is told that nobody reads it', async () => {
  const { app, ends } = createApp();
  const reasons: unknown[] = [];
  app.get('/', () => [new ReadableStream({ cancel: (reason) => void reasons.push(reason) }), 204]);
  expect((await ask(app)).body).toBeNull();
  expect([reasons, ends]).toEqual([[undefined], [undefined]]);
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
