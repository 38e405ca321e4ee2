/** What Python's Flask-Login wrote, and what we write of the same; recorded.json says of which version. */
import { Flask, request, session } from '@qilin/flask';
import { expect, test } from 'vitest';
import { createIdentifier } from '../src/identifier.ts';
import { currentUser, decodeCookie, encodeCookie, LoginManager, loginUrl, loginUser, UserMixin } from '../src/index.ts';
import recorded from './recorded.json' with { type: 'json' };

class User extends UserMixin {
  readonly id: string;
  constructor(id: string) {
    super();
    this.id = id;
  }
}

const environment = { incoming: { socket: { remoteAddress: '127.0.0.1' } } };
const headers = { 'User-Agent': 'Mozilla/5.0 (X11)' };

function createApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = recorded.key;
  new LoginManager(app).userLoader((id) => new User(id));
  app.get('/', () => ({ id: currentUser.getId(), fresh: session.get('_fresh', false) }));
  app.get('/login', () => {
    loginUser(new User('5'), { remember: true });
    return session.toJSON();
  });
  return app;
}

test('remember cookies are the same bytes, and read', () => {
  createApp()
    .appContext()
    .run(() => {
      for (const [id, cookie] of Object.entries(recorded.cookies)) {
        expect(encodeCookie(id)).toBe(cookie);
        expect(decodeCookie(cookie)).toBe(id);
        expect(decodeCookie(`x${cookie}`)).toBeUndefined();
      }
      expect(decodeCookie('5')).toBeUndefined();
    });
});

test("a client's identifier is the same", () => {
  for (const [sent, identifier] of recorded.identifiers as [Record<string, string>, string][]) {
    createApp()
      .testRequestContext('/', { headers: sent, environment })
      .run(() => expect(createIdentifier()).toBe(identifier));
  }
});

test.each(recorded.urls)('the way to %s and back to %s', (view = '', next = '', url = '') => {
  createApp()
    .testRequestContext('/')
    .run(() => expect(loginUrl(view, next)).toBe(url));
});

test('who logged in there is logged in here, and fresh', async () => {
  const client = createApp().testClient();
  client.setCookie('session', recorded.session);
  expect((await client.get('/', { headers, environment })).json).toEqual({ id: '5', fresh: true });
  // From another client the same session is not fresh.
  expect((await client.get('/', { environment })).json).toEqual({ id: '5', fresh: false });
});

test('who is remembered there is remembered here', async () => {
  const client = createApp().testClient();
  client.setCookie('remember_token', recorded.remember);
  expect((await client.get('/', { headers, environment })).json).toEqual({ id: '5', fresh: false });
});

test('a login keeps the same in session and cookie', async () => {
  const app = createApp();
  app.get('/cookies', () => Object.fromEntries(request.cookies.entries()));
  const client = app.testClient();
  const { json } = await client.get('/login', { headers, environment });
  expect(json).toEqual({ ...recorded.content, _remember: 'set' });
  await client.sessionTransaction((kept) => expect(kept.toJSON()).toEqual(recorded.content));
  expect(client.getCookie('remember_token')).toBe(recorded.remember);
});
