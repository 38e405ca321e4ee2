import { describe, expect, test } from 'vitest';
import {
  abort,
  Blueprint,
  Flask,
  Forbidden,
  gotRequestException,
  HTTPException,
  InternalServerError,
  NotFound,
} from '../../src/index.ts';

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  const log: string[] = [];
  app.logger.sink = (line) => log.push(line);
  return { app, log, get: async (path: string) => app.testClient().get(path) };
}

describe('an error that nobody handles', () => {
  test('is a 500 without its message or stack, and goes to the log with both', async () => {
    const { app, log, get } = createApp();
    app.get('/', () => {
      throw new TypeError('secret detail');
    });
    const response = await get('/');
    expect(response.status).toBe(500);
    expect(response.text).not.toMatch(/secret|errors\.test/);
    expect(log.join('')).toMatch(/ERROR in errors\.test: Exception on \/ \[GET\]\nTypeError: secret detail\n {4}at /);
  });

  test('comes out of the client while testing', async () => {
    const { app, get } = createApp();
    app.testing = true;
    app.get('/', async () => {
      throw new TypeError('seen');
    });
    await expect(get('/')).rejects.toThrow('seen');
  });

  test('is told to gotRequestException', async () => {
    const { app, get } = createApp();
    const seen: unknown[] = [];
    const disconnect = gotRequestException.connect((_, { exception }) => seen.push(exception), app);
    app.get('/', () => {
      throw new RangeError('x');
    });
    await get('/');
    disconnect();
    expect(seen).toEqual([new RangeError('x')]);
  });

  test('that is no Error at all is a 500 too', async () => {
    const { app, get } = createApp();
    app.get('/', () => {
      throw 'a text';
    });
    expect((await get('/')).status).toBe(500);
  });

  test('goes to the handler of 500 as originalException', async () => {
    const { app, get } = createApp();
    app.errorhandler(InternalServerError, ({ originalException }) => [String(originalException), 500]);
    app.get('/', () => {
      throw new TypeError('x');
    });
    expect((await get('/')).text).toBe('TypeError: x');
  });
});

describe('handlers', () => {
  class Base extends Error {}
  class Derived extends Base {}

  test('the nearest class wins', async () => {
    const { app, get } = createApp();
    app.errorhandler(Error, () => 'error');
    app.errorhandler(Base, () => 'base');
    app.get('/derived', () => {
      throw new Derived();
    });
    app.get('/other', () => {
      throw new RangeError();
    });
    expect((await get('/derived')).text).toBe('base');
    expect((await get('/other')).text).toBe('error');
  });

  test('one for a code wins over one for HTTPException, also when that is the blueprint’s', async () => {
    const { app, get } = createApp();
    const blueprint = new Blueprint('b', import.meta, { urlPrefix: '/b' });
    blueprint.errorhandler(HTTPException, () => 'b http');
    blueprint.errorhandler(403, () => 'b 403');
    blueprint.get('/404', () => abort(404));
    blueprint.get('/403', () => abort(403));
    blueprint.get('/410', () => abort(410));
    app.registerBlueprint(blueprint);
    app.errorhandler(404, () => 'app 404');
    app.errorhandler(403, () => 'app 403');
    expect((await get('/b/404')).text).toBe('app 404');
    expect((await get('/b/403')).text).toBe('b 403');
    expect((await get('/b/410')).text).toBe('b http');
  });

  test('an unknown path is the app’s matter, below a blueprint’s prefix too', async () => {
    const { app, get } = createApp();
    const blueprint = new Blueprint('b', import.meta, { urlPrefix: '/b' });
    blueprint.errorhandler(404, () => 'blueprint');
    app.registerBlueprint(blueprint);
    app.errorhandler(404, (error) => [`app: ${error.statusName}`, 404]);
    expect((await get('/b/nothing')).text).toBe('app: Not Found');
  });

  test('an error in a handler is a 500', async () => {
    const { app, get } = createApp();
    app.errorhandler(404, () => {
      throw new Error('in the handler');
    });
    expect((await get('/nothing')).status).toBe(500);
  });

  test.each([
    [999, 'not a recognized HTTP error code'],
    ['404', 'takes a status code or a class of errors'],
    [class Plain {}, 'takes a status code or a class of errors'],
  ])('%s is refused', (key, message) => {
    const { app } = createApp();
    expect(() => app.errorhandler(key as number, () => '')).toThrow(message);
  });
});

test('abort() takes codes, descriptions and responses', async () => {
  const { app, get } = createApp();
  app.get('/code', () => abort(418));
  app.get('/text', () => abort(403, 'Not <you>\nnot now'));
  app.get('/response', () => abort(new Response('own', { status: 402 })));
  app.get('/unknown', () => abort(299));
  expect((await get('/code')).text).toContain('<h1>I&#39;m a teapot</h1>');
  expect((await get('/text')).text).toContain('<p>Not &lt;you&gt;<br>not now</p>');
  expect(await get('/response')).toMatchObject({ status: 402, text: 'own' });
  expect((await get('/unknown')).status).toBe(500);
});

test('a subclass keeps the code of its base, and its handler', async () => {
  class Banned extends Forbidden {}
  const { app, get } = createApp();
  app.errorhandler(403, (error) => [error.constructor.name, 403]);
  app.get('/', () => {
    throw new Banned();
  });
  expect(await get('/')).toMatchObject({ status: 403, text: 'Banned' });
});

test('TRAP_HTTP_EXCEPTIONS makes a 404 of a view an error like others', async () => {
  const { app, get } = createApp();
  app.config.TRAP_HTTP_EXCEPTIONS = true;
  app.testing = true;
  app.get('/', () => {
    throw new NotFound();
  });
  await expect(get('/')).rejects.toBeInstanceOf(NotFound);
});

test('a host that is none is a 400, which handlers see', async () => {
  const { app } = createApp();
  app.errorhandler(400, (error) => [error.constructor.name, 400]);
  app.get('/', () => 'x');
  // As the native engine's request: its URL is worked out when it is asked for.
  const request = new Request('http://localhost/');
  Object.defineProperty(request, 'url', {
    get() {
      throw new TypeError('Invalid host: "a:99999".');
    },
  });
  const response = await app.fetch(request);
  expect([response.status, await response.text()]).toEqual([400, 'BadHost']);
});
