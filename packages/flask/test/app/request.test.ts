import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Flask, type FlaskRequest, makeResponse, request, session, setCookie } from '../../src/index.ts';

const app = new Flask(import.meta, { staticFolder: null });
app.logger.sink = () => {};

/** What a view finds in a request. */
async function inView<T>(
  read: (request: FlaskRequest) => T | Promise<T>,
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const context = app.testRequestContext(path, {
    method: init.method ?? 'GET',
    headers: init.headers ?? {},
    ...body(init),
  });
  return await context.run(async () => read(request));
}

const body = (init: RequestInit) =>
  init.body === undefined || init.body === null ? {} : { data: init.body as string };

test.each<[string, (request: FlaskRequest) => unknown, unknown]>([
  ['path', (r) => r.path, '/a b'],
  ['fullPath', (r) => r.fullPath, '/a b?x=1&x=2&y='],
  ['url', (r) => r.url, 'http://localhost/a%20b?x=1&x=2&y='],
  ['baseUrl', (r) => r.baseUrl, 'http://localhost/a%20b'],
  ['rootUrl', (r) => r.rootUrl, 'http://localhost/'],
  ['hostUrl', (r) => r.hostUrl, 'http://localhost/'],
  ['host', (r) => r.host, 'localhost'],
  ['scheme', (r) => [r.scheme, r.isSecure], ['http', false]],
  ['queryString', (r) => r.queryString, 'x=1&x=2&y='],
  [
    'args',
    (r) => [r.args.get('x'), r.args.getAll('x'), r.args.get('y'), r.args.get('z')],
    ['1', ['1', '2'], '', undefined],
  ],
  ['cookies', (r) => [r.cookies.get('a'), r.cookies.get('b')], ['1', 'two']],
  ['mimetype', (r) => [r.mimetype, r.mimetypeParams.get('charset')], ['text/plain', 'utf-8']],
  ['authorization', (r) => String(r.authorization), `Basic ${btoa('ana:x:y')}`],
  ['its user name', (r) => r.authorization?.username, 'ana'],
  ['acceptMimetypes', (r) => r.acceptMimetypes.bestMatch(['application/json', 'text/html']), 'text/html'],
  ['acceptLanguages', (r) => r.acceptLanguages.best, 'de'],
  ['ifNoneMatch', (r) => r.ifNoneMatch.contains('abc'), true],
  ['range', (r) => r.range?.ranges, [[0, 10]]],
  ['userAgent', (r) => r.userAgent, 'test'],
])('%s', async (_, read, expected) => {
  const headers = {
    cookie: 'a=1; b=two',
    'content-type': 'Text/Plain; charset=utf-8',
    authorization: `Basic ${btoa('ana:x:y')}`,
    accept: 'text/html, application/json;q=0.9',
    'accept-language': 'de, en;q=0.5',
    'if-none-match': '"abc"',
    range: 'bytes=0-9',
    'user-agent': 'test',
    'x-forwarded-for': '1.2.3.4, 5.6.7.8',
  };
  expect(await inView(read, '/a%20b?x=1&x=2&y=', { headers })).toEqual(expected);
});

describe('a body', () => {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":[1]}' };

  test('is JSON, data and text, as often as asked', async () => {
    const read = async (r: FlaskRequest) => [await r.json, await r.getJson(), await r.text, (await r.data).length];
    expect(await inView(read, '/', json)).toEqual([{ a: [1] }, { a: [1] }, '{"a":[1]}', 9]);
  });

  test.each([
    ['of another type', { ...json, headers: { 'content-type': 'text/plain' } }, 415],
    ['without a type', { ...json, headers: { 'content-type': '' } }, 415],
    ['that is cut off', { ...json, body: '{"a":' }, 400],
    ['that is no UTF-8', { ...json, body: '"\xff"' }, 200],
  ])('%s as JSON', async (_, init, status) => {
    const client = new Flask(import.meta, { staticFolder: null });
    client.logger.sink = () => {};
    client.post('/', async () => [await request.json, 200]);
    expect((await client.fetch(new Request('http://localhost/', init))).status).toBe(status);
  });

  test('that is no JSON is undefined when that is asked for, and is read all the same with force', async () => {
    const init = { ...json, headers: { 'content-type': 'text/plain' } };
    const read = async (r: FlaskRequest) => [await r.getJson({ silent: true }), await r.getJson({ force: true })];
    expect(await inView(read, '/', init)).toEqual([undefined, { a: [1] }]);
  });

  test('is a form, whose fields go with the query’s as values', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const init = { method: 'POST', headers, body: 'a=1&a=2&b=%C3%BC+x' };
    const read = async (r: FlaskRequest) => {
      const [form, values] = [await r.form, await r.values];
      return [form.getAll('a'), form.require('b'), values.getAll('a'), (await r.data).length];
    };
    expect(await inView(read, '/?a=0', init)).toEqual([['1', '2'], 'ü x', ['0', '1', '2'], 0]);
    const dataFirst = async (r: FlaskRequest) => [(await r.data).length, (await r.form).get('a')];
    expect(await inView(dataFirst, '/', init)).toEqual([18, '1']);
  });

  test('is a form with files', async () => {
    const data = new FormData();
    data.set('title', 'T');
    data.set('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
    const upload = new Flask(import.meta, { staticFolder: null });
    upload.post('/', async () => {
      const file = (await request.files).require('file');
      return [(await request.form).get('title') ?? '', file.filename, file.mimetype, await file.text()].join('|');
    });
    const response = await upload.fetch(new Request('http://localhost/', { method: 'POST', body: data }));
    expect(await response.text()).toBe('T|a.txt|text/plain|content');
  });

  test.each(['data', 'form', 'json'] as const)(
    'of more than MAX_CONTENT_LENGTH is a 413 as %s, told or not',
    async (member) => {
      const limited = new Flask(import.meta, { staticFolder: null });
      limited.config.MAX_CONTENT_LENGTH = 10;
      limited.post('/', async () => String(await request[member]));
      const type = member === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
      const headers = { 'content-type': type };
      const text = 'a=1234567890';
      const stream = new Blob([text]).stream();
      const told = new Request('http://localhost/', {
        method: 'POST',
        headers: { ...headers, 'content-length': '12' },
        body: text,
      });
      const untold = new Request('http://localhost/', { method: 'POST', headers, body: stream, duplex: 'half' });
      expect([(await limited.fetch(told)).status, (await limited.fetch(untold)).status]).toEqual([413, 413]);
    },
  );
});

test('a key that is missing is a 400; in debug mode it is an error that names the key', async () => {
  const form = new Flask(import.meta, { staticFolder: null });
  form.get('/', () => request.args.require('name'));
  const ask = async () => form.fetch(new Request('http://localhost/'));
  const response = await ask();
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain('name');
  form.debug = true;
  await expect(ask()).rejects.toMatchObject({ code: 400, description: expect.stringContaining("KeyError: 'name'") });
});

test.each([
  ['{"id": 9007199254740993}', 400],
  ['[-12345678901234567890]', 400],
  ['{"id": "9007199254740993", "n": 9007199254740991, "f": 1234567890123456789.5, "e": 1e30}', 200],
])('JSON whose integers a number would round is refused: %s', async (data, status) => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.post('/', async () => ({ got: await request.json }));
  const headers = { 'Content-Type': 'application/json' };
  expect((await app.testClient().post('/', { data, headers })).status).toBe(status);
});

test('a member of the session is an error that says how it is done', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.secretKey = 'x';
  app.testing = true;
  app.get('/', () => {
    Reflect.set(session, 'permanent', true);
    return '';
  });
  app.get('/wrong', () => {
    // @ts-expect-error a session has no members of the user's
    session.user = 1;
    return '';
  });
  const client = app.testClient();
  expect((await client.get('/')).status).toBe(200);
  await expect(client.get('/wrong')).rejects.toThrow('write session.set("user", …)');
});

test('a cookie that browsers may ignore is warned of from MAX_COOKIE_SIZE on', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.MAX_COOKIE_SIZE = 100;
  app.get('/<int:size>', ({ size }) => {
    const response = makeResponse('');
    setCookie(response, 'c', 'x'.repeat(size));
    return response;
  });
  const warned = once(process, 'warning');
  await app.testClient().get('/10');
  await app.testClient().get('/101');
  expect(String(await warned)).toContain('the limit is 100');
});

test.each([
  [undefined, '9.9.9.9', []],
  ['5.6.7.8', undefined, ['5.6.7.8']],
  ['5.6.7.8', '1.2.3.4', ['5.6.7.8']],
  ['5.6.7.8', '1.2.3.4, 5.6.7.8, 10.0.0.1', ['5.6.7.8', '10.0.0.1']],
])('of a client at %s the route is not what it says itself: %s', async (ip, forwarded, route) => {
  const raw = new Request(
    'http://localhost/',
    forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } },
  );
  Object.defineProperty(raw, 'ip', { value: ip });
  const context = new Flask(import.meta, { staticFolder: null }).requestContext(raw);
  context.run(() => expect([request.remoteAddr, request.accessRoute]).toEqual([ip, route]));
});

test('a request has limits of its own', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.post('/<int:limit>', { endpoint: 'limited' }, async ({ limit }) => {
    request.maxContentLength = limit;
    return String((await request.form).get('a'));
  });
  app.post('/fields/<int:limit>', { endpoint: 'fields' }, async ({ limit }) => {
    request.maxFormMemorySize = limit;
    return String((await request.form).get('a'));
  });
  const client = app.testClient();
  const statusOf = async (path: string) => (await client.post(path, { data: { a: 'xxxx' } })).status;
  expect(await Promise.all(['/6', '/5', '/fields/6', '/fields/5'].map(statusOf))).toEqual([200, 413, 200, 413]);
});

test('a form may be as large as Flask 3.1 lets it be by default', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.post('/', async () => String((await request.form).size));
  const client = app.testClient();
  const statusOf = async (body: string, type: string) =>
    (await client.post('/', { data: body, headers: { 'content-type': type } })).status;
  const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
  const parts = (count: number) => statusOf(`${part.repeat(count)}--x--\r\n`, 'multipart/form-data; boundary=x');
  const field = (size: number) => statusOf(`a=${'x'.repeat(size - 2)}`, 'application/x-www-form-urlencoded');
  expect([app.config.MAX_FORM_MEMORY_SIZE, app.config.MAX_FORM_PARTS]).toEqual([500_000, 1000]);
  expect(await Promise.all([field(500_000), field(500_001), parts(1000), parts(1001)])).toEqual([200, 413, 200, 413]);
});
