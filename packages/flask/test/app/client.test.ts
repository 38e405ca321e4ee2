import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  deleteCookie,
  Flask,
  flash,
  getFlashedMessages,
  makeResponse,
  redirect,
  request,
  Session,
  type SessionApp,
  SessionInterface,
  type SessionRequest,
  type SessionResponse,
  session,
  setCookie,
} from '../../src/index.ts';

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.testing = true;
  app.config.SECRET_KEY = 'test';
  app.get('/login/<name>', ({ name }) => {
    session.set('name', name);
    return redirect('/');
  });
  app.get('/', () => `Hello ${session.get('name', 'nobody')}`);
  app.get('/logout', () => {
    session.clear();
    return redirect('/');
  });
  return app;
}

describe('a client', () => {
  test('keeps the session from one request to the next, and each client has its own', async () => {
    const app = createApp();
    const [ana, ben] = [app.testClient(), app.testClient()];
    await ana.get('/login/Ana');
    expect((await ana.get('/')).text).toBe('Hello Ana');
    expect((await ben.get('/')).text).toBe('Hello nobody');
    await ana.get('/logout');
    expect((await ana.get('/')).text).toBe('Hello nobody');
  });

  test('without cookies forgets', async () => {
    const client = createApp().testClient({ useCookies: false });
    await client.get('/login/Ana');
    expect((await client.get('/')).text).toBe('Hello nobody');
    await expect(client.sessionTransaction(() => {})).rejects.toThrow('Cookies are disabled');
  });

  test('follows redirects, and tells which', async () => {
    const response = await createApp().testClient().get('/login/Ana', { followRedirects: true });
    expect(response.text).toBe('Hello Ana');
    expect(response.request.path).toBe('/');
    expect(response.history.map(({ status, location }) => [status, location])).toEqual([[302, '/']]);
  });

  test('changes the session between requests, and looks into it after one', async () => {
    const client = createApp().testClient();
    await client.sessionTransaction((open) => open.set('name', 'Eve'));
    expect((await client.get('/')).text).toBe('Hello Eve');
    await client.sessionTransaction((open) => expect(open.get('name')).toBe('Eve'));
    expect(client.context?.session.get('name')).toBe('Eve');
  });

  test.each([
    [307, 'POST /to a=1'],
    [308, 'POST /to a=1'],
    [303, 'GET /to '],
    [302, 'GET /to '],
  ])('after a %d asks as a browser does', async (status, expected) => {
    const app = createApp();
    app.post('/from', () => redirect('/to', status));
    app.route(
      '/to',
      { methods: ['GET', 'POST'] },
      async () => `${request.method} ${request.path} ${await request.text}`,
    );
    const response = await app.testClient().post('/from', { data: { a: 1 }, followRedirects: true });
    expect(response.text).toBe(expected);
  });

  test.each([
    ['http://elsewhere.example/', 'Following external redirects is not supported'],
    ['/loop', 'Loop detected'],
  ])('does not follow a redirect to %s', async (location, message) => {
    const app = createApp();
    app.get('/loop', () => redirect(location));
    await expect(app.testClient().get('/loop', { followRedirects: true })).rejects.toThrow(message);
  });

  test('sends JSON, forms, files, queries and headers', async () => {
    const app = createApp();
    app.post('/json', async () => [await request.json, 200]);
    app.post('/form', async () => {
      const [form, files] = [await request.form, await request.files];
      return `${request.mimetype} ${form.getAll('a')} ${files.get('f')?.filename} ${request.args.get('q')} ${request.headers.get('x-a')}`;
    });
    const client = app.testClient();
    expect((await client.post('/json', { json: { a: [1] } })).json).toEqual({ a: [1] });
    const options = { query: { q: 'x y' }, headers: { 'X-A': 'b' } };
    const plain = await client.post('/form', { ...options, data: { a: ['1', '2'] } });
    expect(plain.text).toBe('application/x-www-form-urlencoded 1,2 undefined x y b');
    const multipart = await client.post('/form', { ...options, data: { a: '1', f: new File(['x'], 'f.txt') } });
    expect(multipart.text).toBe('multipart/form-data 1 f.txt x y b');
  });

  test('heeds path, domain and age of cookies', async () => {
    const app = createApp();
    app.get('/set', () => {
      const response = makeResponse('set');
      setCookie(response, 'everywhere', 'ä;b');
      setCookie(response, 'below', '1', { path: '/below' });
      setCookie(response, 'other', '1', { domain: 'other.example' });
      setCookie(response, 'gone', '1', { maxAge: 0 });
      setCookie(response, 'tls', '1', { secure: true });
      return response;
    });
    app.get('/unset', () => {
      const response = makeResponse('');
      deleteCookie(response, 'everywhere');
      return response;
    });
    const names = () => ({
      names: [...request.cookies.keys()].toSorted(),
      value: request.cookies.get('everywhere') ?? null,
    });
    app.get('/show', { endpoint: 'show' }, names);
    app.get('/below/show', { endpoint: 'below' }, names);
    const client = app.testClient();
    await client.get('/set');
    expect((await client.get('/show')).json).toEqual({ names: ['everywhere'], value: 'ä;b' });
    expect((await client.get('/below/show')).json).toEqual({ names: ['below', 'everywhere'], value: 'ä;b' });
    expect((await client.get('https://localhost/show')).json).toEqual({ names: ['everywhere', 'tls'], value: 'ä;b' });
    expect(client.getCookie('everywhere')).toBe('ä;b');
    await client.get('/unset');
    expect(client.getCookie('everywhere')).toBeUndefined();
    client.setCookie('mine', 'x');
    expect((await client.get('/show')).json).toEqual({ names: ['mine'], value: null });
  });

  test('gets no body for HEAD, and what a view may do for OPTIONS', async () => {
    const client = createApp().testClient();
    expect(await client.head('/')).toMatchObject({ status: 200, text: '' });
    expect((await client.options('/')).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const refused = await client.post('/');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

describe('the session', () => {
  test('of an app without a key cannot be written, and says so', async () => {
    const app = createApp();
    app.config.SECRET_KEY = null;
    await expect(app.testClient().get('/login/Ana')).rejects.toThrow('no secret key was set');
    expect((await app.testClient().get('/')).text).toBe('Hello nobody');
  });

  test('costs nothing where it is not used', async () => {
    const app = createApp();
    app.get('/plain', () => '');
    const response = await app.testClient().get('/plain');
    expect([response.headers.get('vary'), response.headers.get('set-cookie')]).toEqual([null, null]);
  });

  test('that is permanent is sent anew with each response, also where the view does not look at it', async () => {
    const app = createApp();
    app.get('/plain', () => '');
    const client = app.testClient();
    await client.sessionTransaction((open) => {
      open.permanent = true;
    });
    expect((await client.get('/plain')).headers.get('set-cookie')).toMatch(/^session=.*Expires=/);
    app.config.SESSION_REFRESH_EACH_REQUEST = false;
    expect((await client.get('/plain')).headers.get('set-cookie')).toBeNull();
  });

  test.each(['forged.cookie.value', '', '.eJw', 'x'.repeat(5000)])(
    'is empty for a cookie like %.20s',
    async (cookie) => {
      const client = createApp().testClient({ useCookies: false });
      const response = await client.get('/', { headers: { cookie: `session=${cookie}` } });
      expect([response.status, response.text]).toEqual([200, 'Hello nobody']);
    },
  );

  test('may be kept in a store, which is waited for before the view and after it', async () => {
    const store = new Map<string, Record<string, unknown>>();
    class Stored extends SessionInterface {
      override async openSession(_: SessionApp, { cookies }: SessionRequest): Promise<Session> {
        await turn();
        return new Session(store.get(cookies.get('id') ?? ''));
      }
      override async saveSession(_: SessionApp, open: Session, response: SessionResponse): Promise<void> {
        if (!open.modified) return;
        await turn();
        store.set('1', open.peek());
        response.headers.append('Set-Cookie', 'id=1; Path=/');
      }
    }
    const app = createApp();
    app.sessionInterface = new Stored();
    const client = app.testClient();
    expect((await client.get('/login/Ana', { followRedirects: true })).text).toBe('Hello Ana');
    await client.sessionTransaction((open) => open.set('name', 'Eve'));
    expect([(await client.get('/')).text, store.get('1')]).toEqual(['Hello Eve', { name: 'Eve' }]);
  });

  test('keeps flashed messages for one request, in which they can be read twice', async () => {
    const app = createApp();
    app.get('/flash', () => {
      flash('one');
      flash('two', 'error');
      return '';
    });
    app.get('/read', () => ({
      all: getFlashedMessages(),
      pairs: getFlashedMessages({ withCategories: true }),
      errors: getFlashedMessages({ categoryFilter: ['error'] }),
    }));
    const client = app.testClient();
    await client.get('/flash');
    expect((await client.get('/read')).json).toEqual({
      all: ['one', 'two'],
      pairs: [
        ['message', 'one'],
        ['error', 'two'],
      ],
      errors: ['two'],
    });
    expect((await client.get('/read')).json).toEqual({ all: [], pairs: [], errors: [] });
  });
});
