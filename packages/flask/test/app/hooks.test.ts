import { expect, test } from 'vitest';
import { afterThisRequest, Blueprint, Flask, g, requestFinished, requestStarted } from '../../src/index.ts';

function createApp() {
  const order: string[] = [];
  const app = new Flask(import.meta, { staticFolder: null });
  app.logger.sink = () => {};
  const note = (text: string) => () => {
    order.push(text);
  };
  const noteAfter = (text: string) => (response: Response) => {
    order.push(text);
    return response;
  };
  return { app, order, note, noteAfter };
}

test('functions run from the app inwards before the view, and outwards after it, the last registered first', async () => {
  const { app, order, note, noteAfter } = createApp();
  const outer = new Blueprint('outer', import.meta);
  const inner = new Blueprint('inner', import.meta);
  for (const [name, scaffold] of Object.entries({ app, outer, inner })) {
    scaffold.beforeRequest(note(`before ${name} 1`));
    scaffold.beforeRequest(note(`before ${name} 2`));
    scaffold.afterRequest(noteAfter(`after ${name} 1`));
    scaffold.afterRequest(noteAfter(`after ${name} 2`));
    scaffold.teardownRequest(note(`teardown ${name}`));
  }
  app.teardownAppcontext(note('teardown appcontext'));
  inner.get('/', () => {
    order.push('view');
    afterThisRequest(noteAfter('after this request'));
    return '';
  });
  outer.registerBlueprint(inner);
  app.registerBlueprint(outer);
  await app.testClient().get('/');
  expect(order).toEqual([
    ...['before app 1', 'before app 2', 'before outer 1', 'before outer 2', 'before inner 1', 'before inner 2', 'view'],
    ...['after this request', 'after inner 2', 'after inner 1', 'after outer 2', 'after outer 1', 'after app 2'],
    ...['after app 1', 'teardown inner', 'teardown outer', 'teardown app', 'teardown appcontext'],
  ]);
});

test('what a function before the view returns is the reply, and passes the functions after it', async () => {
  const { app, noteAfter, order } = createApp();
  app.beforeRequest(async () => ['stop', 403]);
  app.beforeRequest(() => {
    order.push('never');
  });
  app.afterRequest(noteAfter('after'));
  app.get('/', () => 'view');
  expect(await app.testClient().get('/')).toMatchObject({ status: 403, text: 'stop' });
  expect(order).toEqual(['after']);
});

test('teardown gets the error that nobody handled, and runs for a 404 too', async () => {
  const { app } = createApp();
  const seen: unknown[] = [];
  app.teardownRequest((error) => {
    seen.push(error);
  });
  app.get('/bad', () => {
    throw new RangeError('x');
  });
  await app.testClient().get('/bad');
  await app.testClient().get('/nothing');
  expect(seen).toEqual([new RangeError('x'), undefined]);
});

test('a function after the view may return another response; its error is a 500', async () => {
  const { app } = createApp();
  app.afterRequest(async (response) => new Response(`${await response.text()}!`, { headers: { 'X-A': 'b' } }));
  app.get('/', () => 'hi');
  const response = await app.testClient().get('/');
  expect([response.text, response.headers.get('x-a')]).toEqual(['hi!', 'b']);
});

test('afterThisRequest works with nothing else around the view', async () => {
  const { app } = createApp();
  app.get('/', () => {
    afterThisRequest((response) => {
      response.headers.set('X-A', 'b');
      return response;
    });
    return '';
  });
  expect((await app.testClient().get('/')).headers.get('x-a')).toBe('b');
});

test('values of the URL can be taken before the view, and put back when URLs are built', async () => {
  const { app } = createApp();
  app.urlValuePreprocessor((_, values) => {
    g['lang'] = values['lang'];
    delete values['lang'];
  });
  app.get('/<lang>/', (params) => `${g['lang']} ${JSON.stringify(params)}`);
  expect((await app.testClient().get('/de/')).text).toBe('de {}');
});

test('signals tell of a request to those who listen, and to nobody after they disconnect', async () => {
  const { app, order } = createApp();
  const disconnect = [
    requestStarted.connect(() => order.push('started'), app),
    requestFinished.connect((_, { response }) => order.push(`finished ${response.status}`), app),
  ];
  app.get('/', () => '');
  await app.testClient().get('/');
  for (const off of disconnect) off();
  await app.testClient().get('/');
  expect(order).toEqual(['started', 'finished 200']);
});

test('setting up after the first request is an error that says so', async () => {
  const { app } = createApp();
  await app.testClient().get('/');
  for (const late of [
    () => app.get('/late', () => ''),
    () => app.beforeRequest(() => {}),
    () => app.registerBlueprint(new Blueprint('b', import.meta)),
    () => app.errorhandler(404, () => ''),
  ]) {
    expect(late).toThrow('it has handled its first request already');
  }
});
