/** Requests with and without a token; recorded.json has one of Python's Flask-WTF, and says of which version. */
import { Blueprint, Flask, renderTemplateString, request } from '@qilin/flask';
import { expect, test } from 'vitest';
import { CSRFError, CSRFProtect } from '../src/index.ts';
import recorded from './recorded.json' with { type: 'json' };

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = recorded.key;
  const csrf = new CSRFProtect(app);
  app.get('/', () => renderTemplateString('{{ csrf_token() }}'));
  app.route('/', { methods: ['POST', 'PUT'], endpoint: 'post' }, async () => `took ${(await request.form).get('a')}`);
  return { app, csrf, client: app.testClient() };
}

test.each<
  [where: string, send: (token: string) => { data?: Record<string, string>; headers?: Record<string, string> }]
>([
  ['the form', (token) => ({ data: { a: '1', csrf_token: token } })],
  ['a form with a prefix', (token) => ({ data: { a: '1', 'login-csrf_token': token } })],
  ['X-CSRFToken', (token) => ({ data: { a: '1' }, headers: { 'X-CSRFToken': token } })],
  ['X-CSRF-Token', (token) => ({ data: { a: '1' }, headers: { 'X-CSRF-Token': token } })],
])('a token in %s lets in', async (_, send) => {
  const { client } = createApp();
  const { text: token } = await client.get('/');
  expect((await client.get('/')).text.split('.')[0]).toBe(token.split('.')[0]);
  expect((await client.post('/', send(token))).text).toBe('took 1');
});

test("a token and a session of Python's are taken, as long as the limit lets them", async () => {
  const { app, client } = createApp();
  app.config.WTF_CSRF_TIME_LIMIT = null;
  client.setCookie('session', recorded.session);
  expect((await client.post('/', { data: { a: '1', csrf_token: recorded.token } })).text).toBe('took 1');
  // Written again from that session, it is the same up to the time.
  expect((await client.get('/')).text.split('.')[0]).toBe(recorded.token.split('.')[0]);
  app.config.WTF_CSRF_TIME_LIMIT = -1;
  expect((await client.post('/', { data: { csrf_token: recorded.token } })).text).toContain(
    'The CSRF token has expired.',
  );
});

test('without a good token there is a 400 that says why', async () => {
  const { client } = createApp();
  const refused = async (csrf_token: string) => {
    const { status, text } = await client.post('/', { data: { csrf_token } });
    return [status, /<p>(.*)<\/p>/.exec(text)?.[1]];
  };
  expect(await refused('')).toEqual([400, 'The CSRF token is missing.']);
  expect(await refused('x')).toEqual([400, 'The CSRF session token is missing.']);
  const { text: token } = await client.get('/');
  expect(await refused(`${token}x`)).toEqual([400, 'The CSRF token is invalid.']);
  const other = (await createApp().client.get('/')).text;
  expect(await refused(other)).toEqual([400, 'The CSRF tokens do not match.']);
});

test('a view and a blueprint may be exempt, and what there is not is not found', async () => {
  const { app, csrf, client } = createApp();
  app.post(
    '/hook',
    csrf.exempt(() => 'hook'),
  );
  const api = new Blueprint('api', import.meta, { urlPrefix: '/api' });
  api.post('/a', () => 'api');
  app.registerBlueprint(csrf.exempt(api));
  expect((await client.post('/hook')).text).toBe('hook');
  expect((await client.post('/api/a')).text).toBe('api');
  expect((await client.post('/nothing')).status).toBe(404);
  expect((await client.put('/')).status).toBe(400);
});

test('settings turn it off, and a handler answers', async () => {
  const { app, client } = createApp();
  app.errorhandler(CSRFError, () => ['no', 403]);
  expect((await client.post('/')).status).toBe(403);
  app.config.WTF_CSRF_ENABLED = false;
  expect((await client.post('/', { data: { a: '2' } })).text).toBe('took 2');
});

test.each([
  [undefined, 'The referrer header is missing.'],
  ['https://evil.test/', 'The referrer does not match the host.'],
  ['http://localhost/', 'The referrer does not match the host.'],
  ['https://localhost:444/', 'The referrer does not match the host.'],
  ['https://localhost/form', 'took 1'],
])('by TLS, from %s: %s', async (Referer, expected) => {
  const { client } = createApp();
  const baseUrl = 'https://localhost';
  const { text: token } = await client.get('/', { baseUrl });
  const data = { a: '1', csrf_token: token };
  const { text } = await client.post('/', { baseUrl, data, headers: Referer === undefined ? {} : { Referer } });
  expect(text).toContain(expected);
});
