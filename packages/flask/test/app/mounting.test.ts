/** Apps below a path of their server: by a dispatcher, by what a proxy says, and by APPLICATION_ROOT. */
import { describe, expect, test } from 'vitest';
import { DispatcherMiddleware, Flask, ProxyFix, redirect, request, session, urlFor } from '../../src/index.ts';

function createApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null });
  app.secretKey = 'key';
  app.get('/', { endpoint: 'index' }, () => [
    request.path,
    request.scriptRoot,
    request.url,
    request.rootUrl,
    urlFor('index'),
    urlFor('user', { name: 'ana', _external: true }),
  ]);
  app.get('/user/<name>/', { endpoint: 'user' }, ({ name }) => name);
  app.get('/away', { endpoint: 'away' }, () => redirect(urlFor('user', { name: 'ana' })));
  app.get('/client', { endpoint: 'client' }, () => [request.remoteAddr ?? null, request.scheme, request.host]);
  app.post('/body', { endpoint: 'body' }, async () => (await request.form).require('a'));
  app.get('/login', { endpoint: 'login' }, () => {
    session.set('user', 1);
    return '';
  });
  return app;
}

/** Its path, and below which it is. */
const where = async (response: Response): Promise<unknown> => {
  const answer: unknown = await response.json();
  return Array.isArray(answer) ? answer.slice(0, 2) : answer;
};

const ask = async (app: Pick<Flask, 'fetch'>, url: string, init?: RequestInit) => app.fetch(new Request(url, init));

describe('below a path of a dispatcher', () => {
  const inner = createApp();
  const other = { fetch: (asked: Request) => new Response(new URL(asked.url).pathname) };
  const app = new DispatcherMiddleware(createApp(), { '/app': inner, '/app/other': other });

  test('paths go without it, and URLs are built with it', async () => {
    expect(await (await ask(app, 'http://host/app/?q=1')).json()).toEqual([
      '/',
      '/app',
      'http://host/app/?q=1',
      'http://host/app/',
      '/app/',
      'http://host/app/user/ana/',
    ]);
  });

  test.each([
    ['a redirect of a view', '/app/away', '/app/user/ana/'],
    ['a redirect of the router', '/app/user/ana', 'http://host/app/user/ana/'],
  ])('%s stays below it', async (_, path, location) => {
    expect((await ask(app, `http://host${path}`)).headers.get('location')).toBe(location);
  });

  test.each([
    ['/app', '/app', 200],
    ['/application', undefined, 404],
    ['/', '', 200],
  ])('%s is of the app at %j', async (path, root, status) => {
    const response = await ask(app, `http://host${path}`);
    expect(response.status).toBe(status);
    if (status === 200) expect(await where(response)).toEqual(['/', root]);
  });

  test('the longest path wins, and any app can be there', async () => {
    expect(await (await ask(app, 'http://host/app/other/a/b')).text()).toBe('/a/b');
  });

  test('bodies arrive, and dispatchers nest', async () => {
    const outer = new DispatcherMiddleware(other, { '/outer': app });
    const init = { method: 'POST', body: new URLSearchParams({ a: 'x' }) };
    expect(await (await ask(outer, 'http://host/outer/app/body', init)).text()).toBe('x');
    expect(await where(await ask(outer, 'http://host/outer/app/'))).toEqual(['/', '/outer/app']);
  });

  test('a path without its slash is refused', () => {
    expect(() => new DispatcherMiddleware(inner, { app: inner })).toThrow('such as "/api" (got "app")');
  });
});

describe('behind proxies', () => {
  const headers = {
    'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.test, example.org',
    'x-forwarded-port': '8443',
    'x-forwarded-prefix': '/shop/',
  };

  test('nothing is believed unless it is said', async () => {
    expect(await (await ask(createApp(), 'http://host/client', { headers })).json()).toEqual([null, 'http', 'host']);
  });

  test('as many values as there are proxies, from the end', async () => {
    const app = createApp();
    app.proxyFix = new ProxyFix({ xFor: 2, xProto: 1, xHost: 1, xPort: 1, xPrefix: 1 });
    const client = ['1.2.3.4', 'https', 'example.org:8443'];
    expect(await (await ask(app, 'http://host/client', { headers })).json()).toEqual(client);
    expect(await (await ask(app, 'http://host/', { headers })).json()).toEqual([
      '/',
      '/shop',
      'https://example.org:8443/shop/',
      'https://example.org:8443/shop/',
      '/shop/',
      'https://example.org:8443/shop/user/ana/',
    ]);
  });

  test('fewer values than proxies are not believed', async () => {
    const app = createApp();
    app.proxyFix = new ProxyFix({ xFor: 4, xProto: 2 });
    expect(await (await ask(app, 'http://host/client', { headers })).json()).toEqual([null, 'http', 'host']);
    expect(() => new ProxyFix({ xFor: -1 })).toThrow('xFor must be the number of proxies');
  });

  test.each([
    ['host', 'example.org/client?'],
    ['host', 'example.org#'],
    ['host', 'user@example.org'],
    ['host', 'example.org\\client'],
    ['host', 'a b'],
    ['host', '[::1'],
    ['host', ':80'],
    ['host', 'example.org:99999'],
    ['port', 'abc'],
    ['port', '1@evil.test'],
    ['proto', 'a b'],
    ['proto', 'http://evil.test/?'],
  ])('a %s such as %j is none, and changes no path: 400', async (name, value) => {
    const app = createApp();
    app.config.TRUSTED_HOSTS = ['example.org', 'host'];
    app.proxyFix = new ProxyFix({ xHost: 1, xPort: 1 });
    const response = await ask(app, 'http://host/', { headers: { [`x-forwarded-${name}`]: value } });
    expect(response.status).toBe(400);
  });

  test.each(['[::1]:8000', 'EXAMPLE.org', 'bücher.example', 'a_b', '10.0.0.1:81'])('%s is a host', async (host) => {
    const app = createApp();
    app.proxyFix = new ProxyFix({ xHost: 1 });
    // As a server has it: bytes of UTF-8, each a character.
    const headers = { 'x-forwarded-host': Buffer.from(host).toString('latin1') };
    expect((await ask(app, 'http://host/', { headers })).status).toBe(200);
  });

  test.each([
    ['//evil.test', '/evil.test/user/ana/'],
    ['shop/', '/shop/user/ana/'],
    ['/', '/user/ana/'],
  ])('below %s a redirect stays on its host', async (prefix, location) => {
    const app = createApp();
    app.proxyFix = new ProxyFix({ xPrefix: 1 });
    const response = await ask(app, 'http://host/away', { headers: { 'x-forwarded-prefix': prefix } });
    expect(response.headers.get('location')).toBe(location);
  });
});

test('APPLICATION_ROOT is where tests, cookies and URLs outside of a request are', async () => {
  const app = createApp();
  app.config.APPLICATION_ROOT = '/app';
  const client = app.testClient();
  expect((await client.get('/')).text).toMatch('["/","/app","http://localhost/app/",');
  expect((await client.get('/login')).headers.get('set-cookie')).toContain('Path=/app');
  const followed = await client.get('/away', { followRedirects: true });
  expect([followed.text, followed.request.path]).toEqual(['ana', '/app/user/ana/']);
  await client.sessionTransaction((kept) => expect(kept.get('user')).toBe(1));
  app.config.SERVER_NAME = 'example.org';
  expect(app.appContext().run(() => urlFor('index'))).toBe('http://example.org/app/');
});
