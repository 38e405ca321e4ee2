import { setImmediate as turn } from 'node:timers/promises';
import { expect, expectTypeOf, test } from 'vitest';
import {
  copyCurrentRequestContext,
  currentApp,
  Flask,
  flash,
  g,
  hasAppContext,
  hasRequestContext,
  request,
  session,
  streamWithContext,
  urlFor,
} from '../../src/index.ts';

declare module '../../src/app/globals.ts' {
  interface Globals {
    declared?: number;
  }
}

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = 'test';
  app.testing = true;
  return app;
}

test.each<[string, () => unknown, RegExp]>([
  ['request', () => request.path, /^Working outside of request context\..*testRequestContext/s],
  ['session', () => session.get('x'), /^Working outside of request context\./],
  ['flash()', () => flash('x'), /^Working outside of request context\./],
  ['g', () => g['x'], /^Working outside of application context\..*app\.appContext\(\)/s],
  ['currentApp', () => currentApp.name, /^Working outside of application context\./],
  ['urlFor()', () => urlFor('x'), /^Working outside of application context\./],
])('%s outside of a context is an error with the cure', (_, use, message) => {
  expect(use).toThrow(message);
  expect([hasRequestContext(), hasAppContext()]).toEqual([false, false]);
});

test('a thousand interleaved requests never see each other’s', async () => {
  const app = createApp();
  app.get('/<int:id>', async ({ id }) => {
    g['id'] = id;
    session.set('id', id);
    for (let step = 0; step < 1 + (id % 7); step += 1) {
      await turn();
      const seen = [request.viewArgs['id'], g['id'], session.get('id'), request.args.get('id'), currentApp.name];
      if (seen.join() !== [id, id, id, id, app.name].join()) return ['mixed', 500];
    }
    return String(id);
  });
  const ids = Array.from({ length: 1000 }, (_, id) => id);
  const responses = await Promise.all(ids.map(async (id) => app.fetch(new Request(`http://localhost/${id}?id=${id}`))));
  expect(await Promise.all(responses.map((response) => response.text()))).toEqual(ids.map(String));
});

test('the stand-ins behave as what they stand for', async () => {
  const app = createApp();
  app.get('/', () => {
    g['b'] = 1;
    const described = { ...g };
    delete g['b'];
    const { path } = request;
    return {
      keys: Object.keys(described),
      left: 'b' in g,
      path,
      isMap: typeof request.args.get,
      name: currentApp.name,
    };
  });
  const response = await app.testClient().get('/');
  expect(response.json).toEqual({ keys: ['b'], left: false, path: '/', isMap: 'function', name: app.name });
});

test('g has get, pop and setdefault', () => {
  createApp()
    .appContext()
    .run(() => {
      expect(g.get('x', 1)).toBe(1);
      expect(g.setdefault('x', 2)).toBe(2);
      expect(g.setdefault('x', 3)).toBe(2);
      expect(g.pop('x')).toBe(2);
      expect(g.pop('x', 'none')).toBe('none');
      expect('x' in g).toBe(false);
      // What an app declares has its type there too.
      expectTypeOf(g.get('declared')).toEqualTypeOf<number | undefined>();
      expectTypeOf(g.pop('declared', null)).toEqualTypeOf<number | null>();
      expectTypeOf(g.get('x')).toEqualTypeOf<unknown>();
    });
});

test('a made-up request is current in what run() awaits, and torn down after it', async () => {
  const app = createApp();
  const order: string[] = [];
  app.teardownRequest(() => {
    order.push('teardown');
  });
  app.get('/hello', () => '');
  const context = app.testRequestContext('/hello?name=Ana', { method: 'GET' });
  const seen = await context.run(async () => {
    await turn();
    order.push('work');
    return `${request.path} ${request.args.get('name')} ${request.endpoint}`;
  });
  expect(seen).toBe('/hello Ana GET /hello');
  expect(order).toEqual(['work', 'teardown']);
  expect(hasRequestContext()).toBe(false);
});

test('push() lasts until pop(), and contexts nest', async () => {
  const outer = createApp();
  const inner = createApp();
  const a = outer.appContext().push();
  const b = inner.testRequestContext('/x').push();
  expect(request.path).toBe('/x');
  await b.pop();
  expect([hasRequestContext(), hasAppContext()]).toEqual([false, true]);
  await a.pop();
  expect(hasAppContext()).toBe(false);
});

test('a stream that is read after its view sees the request only with streamWithContext', async () => {
  const app = createApp();
  async function* paths() {
    yield request.path;
    await turn();
    yield ` ${request.args.get('x')}`;
  }
  app.get('/with', () => streamWithContext(paths()));
  app.get('/without', () => paths());
  const read = async (path: string) => (await app.fetch(new Request(`http://localhost${path}?x=1`))).text();
  expect(await read('/with')).toBe('/with 1');
  await expect(read('/without')).rejects.toThrow('Working outside of request context');
});

test('a callback sees its request after that is over, when it was bound', async () => {
  const app = createApp();
  let later: () => string = () => '';
  app.get('/job', () => {
    later = copyCurrentRequestContext(() => request.path);
    return '';
  });
  await app.fetch(new Request('http://localhost/job'));
  expect(later()).toBe('/job');
  expect(() => copyCurrentRequestContext(() => {})).toThrow('Working outside of request context');
});
