/** Logging in and out, and who is turned away. */
import { Flask, getFlashedMessages, renderTemplateString, request } from '@qilin/flask';
import { describe, expect, test } from 'vitest';
import {
  confirmLogin,
  currentUser,
  encodeCookie,
  freshLoginRequired,
  LoginManager,
  loginRemembered,
  loginRequired,
  loginUser,
  logoutUser,
  UserMixin,
  userAccessed,
  userLoadedFromRequest,
  userLoggedIn,
} from '../src/index.ts';

class User extends UserMixin {
  readonly id: number;
  readonly fullName: string;
  constructor(id: number, fullName: string) {
    super();
    this.id = id;
    this.fullName = fullName;
  }

  override get isActive(): boolean {
    return this.fullName !== 'gone';
  }
}

const USERS = [new User(1, 'Ana'), new User(2, 'gone')];

/** As a database does, the loader takes a while. */
const find = async (id: string) => USERS.find((user) => user.getId() === id);

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = 'dev';
  app.config.TESTING = true;
  const manager = new LoginManager(app);
  manager.userLoader(find);
  app.get('/login/<int:id>', ({ id }) => {
    const [user] = USERS.filter((one) => one.id === id);
    return { ok: user !== undefined && loginUser(user, { remember: request.args.has('remember') }) };
  });
  app.get('/logout', () => ({ ok: logoutUser() }));
  app.get('/confirm', () => {
    confirmLogin();
    return 'confirmed';
  });
  app.get('/open', () => renderTemplateString('{{ current_user.is_authenticated }} {{ current_user.full_name }}'));
  app.get(
    '/page/<int:n>',
    loginRequired(function page({ n }: { readonly n: number }) {
      return `${n} of ${currentUser.getId()}`;
    }),
  );
  app.get(
    '/fresh',
    freshLoginRequired(function fresh() {
      return `fresh ${loginRemembered()}`;
    }),
  );
  return { app, manager, client: app.testClient() };
}

test('a view for users turns others away by 401, or to the login with the way back', async () => {
  const first = createApp();
  expect((await first.client.get('/page/1')).status).toBe(401);
  const { manager, client, app } = createApp();
  app.get('/sign-in', { endpoint: 'sign_in' }, () => getFlashedMessages());
  manager.loginView = 'sign_in';
  const sent = await client.get('/page/1?a=b');
  expect([sent.status, sent.headers.get('location')]).toEqual([302, '/sign-in?next=%2Fpage%2F1%3Fa%3Db']);
  expect((await client.get('/sign-in')).json).toEqual(['Please log in to access this page.']);
  app.config.USE_SESSION_FOR_NEXT = true;
  expect((await client.get('/page/1?a=b')).headers.get('location')).toBe('/sign-in');
  await client.sessionTransaction((kept) => expect(kept.get('next')).toBe('/page/1?a=b'));
});

test('OPTIONS, and LOGIN_DISABLED, let everybody in', async () => {
  const { client, app } = createApp();
  expect((await client.options('/page/1')).status).toBe(200);
  app.config.LOGIN_DISABLED = true;
  expect((await client.get('/page/1')).text).toBe('1 of null');
});

test('in and out again, as templates see it', async () => {
  const { client } = createApp();
  expect((await client.get('/open')).text).toBe('False ');
  expect((await client.get('/login/1')).json).toEqual({ ok: true });
  expect((await client.get('/open')).text).toBe('True Ana');
  expect((await client.get('/page/7')).text).toBe('7 of 1');
  await client.get('/logout');
  expect((await client.get('/page/7')).status).toBe(401);
  await client.sessionTransaction((kept) => expect(kept.toJSON()).toEqual({}));
});

test('who is not active is not logged in', async () => {
  const { client } = createApp();
  expect((await client.get('/login/2')).json).toEqual({ ok: false });
  expect((await client.get('/page/1')).status).toBe(401);
});

describe('the cookie that remembers', () => {
  test('lets in when the session is gone, though not as fresh, until it is confirmed', async () => {
    const { client } = createApp();
    await client.get('/login/1?remember');
    client.deleteCookie('session');
    expect((await client.get('/page/1')).text).toBe('1 of 1');
    expect((await client.get('/fresh')).status).toBe(401);
    await client.get('/confirm');
    expect((await client.get('/fresh')).text).toBe('fresh true');
  });

  test('goes with the logout', async () => {
    const { client } = createApp();
    await client.get('/login/1?remember');
    await client.get('/logout');
    expect(client.getCookie('remember_token')).toBeUndefined();
    expect((await client.get('/page/1')).status).toBe(401);
  });

  test('has the attributes of the settings', async () => {
    const { client, app } = createApp();
    Object.assign(app.config, { REMEMBER_COOKIE_NAME: 'me', REMEMBER_COOKIE_SECURE: true, REMEMBER_COOKIE_PATH: '/x' });
    app.config.REMEMBER_COOKIE_SAMESITE = 'Lax';
    app.config.REMEMBER_COOKIE_DURATION = 60;
    const lines = (await client.get('/login/1?remember')).headers.getSetCookie();
    const line = lines.find((one) => one.startsWith('me=')) ?? '';
    expect(line).toMatch(/; Expires=[^;]+; Secure; HttpOnly; Path=\/x; SameSite=Lax$/);
    const seconds = (Date.parse(/Expires=([^;]+)/.exec(line)?.[1] ?? '') - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThan(61);
  });

  test.each(['1|abc', '1', '|', ''])('is nobody where it is forged: %j', async (cookie) => {
    const { client } = createApp();
    client.setCookie('remember_token', cookie);
    expect((await client.get('/page/1')).status).toBe(401);
  });

  test('of a user who is gone is nobody', async () => {
    const { client, app } = createApp();
    client.setCookie(
      'remember_token',
      app.appContext().run(() => encodeCookie('99')),
    );
    expect((await client.get('/page/1')).status).toBe(401);
  });
});

test('strong protection ends a session that comes from another client', async () => {
  const { client, manager } = createApp();
  manager.sessionProtection = 'strong';
  await client.get('/login/1?remember', { headers: { 'User-Agent': 'a' } });
  expect((await client.get('/page/1', { headers: { 'User-Agent': 'a' } })).status).toBe(200);
  expect((await client.get('/page/1', { headers: { 'User-Agent': 'b' } })).status).toBe(401);
  expect((await client.get('/page/1', { headers: { 'User-Agent': 'a' } })).status).toBe(401);
});

test('a request may say who it is, and signals tell', async () => {
  const { app, manager, client } = createApp();
  const heard: string[] = [];
  const ends = [
    userLoadedFromRequest.connect((_, { user }) => void heard.push(`request ${user.getId()}`), app),
    userLoggedIn.connect((_, { user }) => void heard.push(`in ${user.getId()}`), app),
    userAccessed.connect(() => void heard.push('accessed'), app),
  ];
  manager.requestLoader(async ({ authorization }) => find(authorization?.token ?? ''));
  expect((await client.get('/page/1', { headers: { Authorization: 'Bearer 1' } })).text).toBe('1 of 1');
  await client.get('/login/1');
  for (const end of ends) end();
  expect(heard).toEqual(['accessed', 'request 1', 'in 1']);
});

test('a page that does not ask for the user does not vary by cookie', async () => {
  const { app, client } = createApp();
  app.get('/plain', () => 'plain');
  await client.get('/login/1');
  expect((await client.get('/plain')).headers.get('vary')).toBeNull();
  expect((await client.get('/open')).headers.get('vary')).toBe('Cookie');
});

test('a function before the manager that asks for a user who has to be waited for is told what to do', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = 'dev';
  app.config.TESTING = true;
  app.beforeRequest(() => void currentUser.isAuthenticated);
  new LoginManager(app).userLoader(find);
  app.get('/', () => 'x');
  const client = app.testClient();
  await client.sessionTransaction((kept) => kept.set('_user_id', '1'));
  await expect(client.get('/')).rejects.toThrow('call initApp() before');
});
