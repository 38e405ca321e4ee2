/** Which pages may read an answer. */
import { abort, Flask } from '@qilin/flask';
import { describe, expect, test } from 'vitest';
import { CORS, type CorsAppOptions, crossOrigin } from '../src/index.ts';

const A = 'https://a.test';

function clientOf(options: CorsAppOptions = {}) {
  const app = new Flask(import.meta, { staticFolder: null });
  app.get('/', () => 'x');
  app.get('/api', () => 'x');
  app.get('/api/v1/a', () => 'x');
  app.get('/gone', () => abort(410));
  app.get('/broken', () => {
    throw new Error('broken');
  });
  new CORS(app, options);
  app.logger.level = 'critical';
  return app.testClient();
}

const ask = (method: string, more: Readonly<Record<string, string>> = {}) => ({
  method: 'OPTIONS',
  headers: { Origin: A, 'Access-Control-Request-Method': method, ...more },
});

const namesOf = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control') || name === 'vary'));

const ALLOWED = 'access-control-allow-origin';

describe('who may read', () => {
  test.each<[name: string, options: CorsAppOptions, origin: string | undefined, headers: Record<string, string>]>([
    ['anybody, by name', {}, A, { [ALLOWED]: A, vary: 'Origin' }],
    ['anybody who does not ask', {}, undefined, { [ALLOWED]: '*' }],
    ['anybody, by *', { sendWildcard: true }, A, { [ALLOWED]: '*' }],
    ['one', { origins: A }, A, { [ALLOWED]: A }],
    ['one, in any case', { origins: 'https://A.test' }, A, { [ALLOWED]: A }],
    ['another', { origins: 'https://b.test' }, A, {}],
    ['one of two', { origins: [A, 'https://b.test'] }, A, { [ALLOWED]: A, vary: 'Origin' }],
    [
      'none of two, which caches have to know',
      { origins: ['https://c.test', 'https://b.test'] },
      A,
      { vary: 'Origin' },
    ],
    ['a pattern', { origins: /https:\/\/\w\.test/ }, A, { [ALLOWED]: A, vary: 'Origin' }],
    ['a pattern, of the whole', { origins: /https:\/\/\w\.test/ }, `${A}.evil.test`, { vary: 'Origin' }],
    ['a text is no pattern', { origins: 'https://a?test' }, A, {}],
    ['null is an origin like others', { origins: [A] }, 'null', {}],
    ['without Vary', { varyHeader: false }, A, { [ALLOWED]: A }],
    ['not who did not ask', { alwaysSend: false }, undefined, { vary: 'Origin' }],
    [
      'with cookies',
      { supportsCredentials: true, origins: A },
      A,
      { [ALLOWED]: A, 'access-control-allow-credentials': 'true' },
    ],
    [
      'headers',
      { origins: A, exposeHeaders: ['X-B', 'X-A'] },
      A,
      { [ALLOWED]: A, 'access-control-expose-headers': 'X-A, X-B' },
    ],
  ])('%s', async (_, options, origin, headers) => {
    const response = await clientOf(options).get('/', origin === undefined ? {} : { headers: { Origin: origin } });
    expect(namesOf(response.headers)).toEqual(headers);
  });

  test.each([
    ['/nothing', 404],
    ['/gone', 410],
    ['/broken', 500],
  ])('errors too: %s', async (path, status) => {
    const response = await clientOf().get(path, { headers: { Origin: A } });
    expect([response.status, response.headers.get(ALLOWED)]).toEqual([status, A]);
  });
});

describe('what a browser asks before', () => {
  test('is answered by itself', async () => {
    const options = { maxAge: 60, methods: ['get', 'PUT'], allowHeaders: ['X-A', /x-b\d/i] };
    const headers = { 'Access-Control-Request-Headers': 'x-b2, X-C, x-a' };
    const response = await clientOf(options).open('/', ask('put', headers));
    expect(namesOf(response.headers)).toEqual({
      [ALLOWED]: A,
      vary: 'Origin',
      'access-control-allow-headers': 'x-a, x-b2',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-max-age': '60',
    });
  });

  test('is no for another method', async () => {
    const response = await clientOf({ methods: ['GET'] }).open('/', ask('DELETE'));
    expect(response.headers.has('access-control-allow-methods')).toBe(false);
  });

  test('is about a private network where that is allowed', async () => {
    const asked = ask('GET', { 'Access-Control-Request-Private-Network': 'true' });
    const name = 'access-control-allow-private-network';
    expect((await clientOf().open('/', asked)).headers.has(name)).toBe(false);
    expect((await clientOf({ allowPrivateNetwork: true }).open('/', asked)).headers.get(name)).toBe('true');
  });
});

test.each<[CorsAppOptions['resources'], string[]]>([
  ['/api/*', ['/api', '/api/v1/a']],
  ['/api', ['/api']],
  [/\/api\/v\d/, ['/api/v1/a']],
  [
    ['/', '/api'],
    ['/', '/api'],
  ],
  [{ '/api/*': { origins: A }, '/api/v1/*': { origins: 'https://b.test' } }, ['/api']],
])('only some paths: %j', async (resources, readable) => {
  const client = clientOf(resources === undefined ? {} : { resources });
  const found: string[] = [];
  for (const path of ['/', '/api', '/api/v1/a']) {
    if ((await client.get(path, { headers: { Origin: A } })).headers.has(ALLOWED)) found.push(path);
  }
  expect(found).toEqual(readable);
});

test('a view has options of its own, which go before those of the app', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.CORS_ORIGINS = 'https://b.test';
  new CORS(app);
  app.get('/', () => 'x');
  const methods = ['GET', 'OPTIONS'];
  app.route(
    '/own/<int:n>',
    { methods },
    crossOrigin({ origins: A }, function own({ n }: { readonly n: number }) {
      return `own ${n}`;
    }),
  );
  const client = app.testClient();
  expect((await client.get('/', { headers: { Origin: A } })).headers.has(ALLOWED)).toBe(false);
  const response = await client.get('/own/5', { headers: { Origin: A } });
  expect([response.text, response.headers.get(ALLOWED)]).toEqual(['own 5', A]);
  expect((await client.open('/own/5', ask('GET'))).headers.get('access-control-allow-methods')).toContain('GET');
});

test('what a view refuses, the app does not allow', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  new CORS(app);
  app.get(
    '/',
    crossOrigin({ origins: 'https://b.test' }, () => 'x'),
  );
  const response = await app.testClient().get('/', { headers: { Origin: A } });
  expect(namesOf(response.headers)).toEqual({});
});

test('what no browser would accept is refused at once', () => {
  expect(() => clientOf({ supportsCredentials: true, sendWildcard: true })).toThrow("where the origin is '*'");
});
