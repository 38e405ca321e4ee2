import { describe, expect, test } from 'vitest';
import { BaseConverter, BuildError, Flask, isSafeRedirect, redirect, request, urlFor } from '../../src/index.ts';

function createApp() {
  const app = new Flask(import.meta);
  app.get('/', { endpoint: 'index' }, () => '');
  app.get('/user/<int:id>', { endpoint: 'user' }, ({ id }) => String(id));
  const page = ({ number }: { readonly number: number }) => String(number);
  app.route('/page/', { endpoint: 'page', defaults: { number: 1 } }, page);
  app.route('/page/<int:number>', { endpoint: 'page' }, page);
  const boards = () => '';
  app.get('/boards/', boards);
  app.get('/boards/<any(red,blue):color>', boards);
  app.post('/save', { endpoint: 'save' }, () => '');
  return app;
}

test.each<[string, () => string, string]>([
  ['a value of the rule', () => urlFor('user', { id: 3 }), '/user/3'],
  ['more values are the query', () => urlFor('index', { q: 'a b&c', n: [1, 2], none: null }), '/?q=a+b%26c&n=1&n=2'],
  ['an anchor', () => urlFor('index', { _anchor: 'x y' }), '/#x%20y'],
  ['the whole URL', () => urlFor('index', { _external: true }), 'http://localhost/'],
  ['another scheme', () => urlFor('index', { _scheme: 'https' }), 'https://localhost/'],
  ['a default is left out', () => urlFor('page', { number: 1 }), '/page/'],
  ['of two rules the one that takes up more', () => urlFor('boards', { color: 'red', q: 1 }), '/boards/red?q=1'],
  ['the other where a value is not there', () => urlFor('boards', { q: 1, color: undefined }), '/boards/?q=1'],
  ['no default', () => urlFor('page', { number: 2 }), '/page/2'],
  ['a static file', () => urlFor('static', { filename: 'a b/ü.css' }), '/static/a%20b/%C3%BC.css'],
])('urlFor: %s', (_, build, url) => {
  expect(createApp().testRequestContext('/').run(build)).toBe(url);
});

test.each<[string, () => string, string]>([
  [
    'a name that does not exist',
    () => urlFor('usr'),
    "Could not build url for endpoint 'usr'. Did you mean 'user' instead?",
  ],
  ['a value that is missing', () => urlFor('user'), "Did you forget to specify values ['id']?"],
  [
    'a method that it does not take',
    () => urlFor('save', { _method: 'GET' }),
    "Did you mean to use methods ['OPTIONS', 'POST']?",
  ],
])('urlFor: %s is an error with advice', (_, build, message) => {
  const attempt = () => createApp().testRequestContext('/').run(build);
  expect(attempt).toThrow(BuildError);
  expect(attempt).toThrow(message);
});

test('outside of a request URLs need SERVER_NAME, and are whole', () => {
  const app = createApp();
  expect(() => app.appContext().run(() => urlFor('index'))).toThrow("without 'SERVER_NAME' configured");
  app.config.SERVER_NAME = 'example.org:8080';
  app.config.PREFERRED_URL_SCHEME = 'https';
  app.config.APPLICATION_ROOT = '/app';
  expect(app.appContext().run(() => urlFor('user', { id: 1 }))).toBe('https://example.org:8080/app/user/1');
});

test('urlBuildErrorHandlers may know better', () => {
  const app = createApp();
  app.urlBuildErrorHandlers.push((_, endpoint) => (endpoint === 'docs' ? 'https://docs.example/' : undefined));
  app.testRequestContext('/').run(() => {
    expect(urlFor('docs')).toBe('https://docs.example/');
    expect(() => urlFor('other')).toThrow(BuildError);
  });
});

test('a converter of one’s own makes values of URLs, and URLs of values', async () => {
  class ListConverter extends BaseConverter<string[]> {
    override toView(text: string): string[] {
      return text.split('+');
    }
    override toUrl(value: readonly string[]): string {
      return value.map((item) => encodeURIComponent(item)).join('+');
    }
  }
  const app = createApp();
  app.urlMap.converters['list'] = ListConverter;
  app.get('/tags/<list:tags>', { endpoint: 'tags' }, ({ tags }) => ({ tags, back: urlFor('tags', { tags }) }));
  const response = await app.testClient().get('/tags/a+%C3%BC');
  expect(response.json).toEqual({ tags: ['a', 'ü'], back: '/tags/a+%C3%BC' });
});

test.each([
  ['/user/<id', 'malformed url rule'],
  ['user', 'must start with a slash'],
  ['/<nope:x>', "the converter 'nope' does not exist"],
  ['/<x>/<x>', "variable name 'x' used twice"],
])('the rule %s is an error', (rule, message) => {
  expect(() => new Flask(import.meta).addUrlRule(rule, 'x', () => '')).toThrow(message);
});

test.each([
  ['9007199254740991', 200],
  ['9007199254740993', 404],
  ['99999999999999999999', 404],
])('an <int:id> that a number would round is none: %s', async (id, status) => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.get('/<int:id>', (values) => String(values.id));
  const response = await app.testClient().get(`/${id}`);
  expect(response.status).toBe(status);
  if (status === 200) expect(response.text).toBe(id);
});

test('an endpoint has one view', () => {
  const app = createApp();
  expect(() => app.get('/other', { endpoint: 'index' }, () => '')).toThrow('overwriting an existing endpoint function');
});

test('rules of hosts, with hostMatching', async () => {
  const app = new Flask(import.meta, { hostMatching: true, staticFolder: null });
  app.route('/', { host: '<name>.example.org', endpoint: 'tenant' }, (params) => JSON.stringify(params));
  app.route('/', { host: 'example.org', endpoint: 'main' }, () => urlFor('tenant', { name: 'b' }));
  const client = app.testClient();
  expect((await client.get('http://a.example.org/')).text).toBe('{"name":"a"}');
  expect((await client.get('http://example.org/')).text).toBe('http://b.example.org/');
  expect((await client.get('http://other.org/')).status).toBe(404);
});

describe('weird paths', () => {
  test.each([
    ['/%C3%BC', '/ü'],
    ['/%zz', '/%zz'],
    ['/%ff%fe', '/\ufffd\ufffd'],
    ['/%2541', '/%41'],
    ['//a', '/a'],
    ['/a%2Fb', '/a/b'],
    ['/a;b=c', '/a;b=c'],
    ['/a+b', '/a+b'],
  ])('%s is decoded once, as %s', async (path, decoded) => {
    const app = new Flask(import.meta, { staticFolder: null });
    app.beforeRequest(() => request.path);
    const response = await app.fetch(new Request(`http://localhost${path}`));
    expect(await response.text()).toBe(decoded);
  });
});

describe('redirect', () => {
  test.each([
    ['/a', '/a'],
    ['/ü b', '/%C3%BC%20b'],
    ['/x\r\nSet-Cookie: a=b', '/x%0D%0ASet-Cookie:%20a=b'],
    ['//\0/..', '//%00/..'],
    ['http://a\r\nb/c', 'http://ab/c'],
  ])('to %j has the location %s', (location, sent) => {
    const response = redirect(location);
    expect([response.status, response.headers.get('location'), response.headers.get('set-cookie')]).toEqual([
      302,
      sent,
      null,
    ]);
  });

  test('of a status that is none is an error', () => {
    expect(() => redirect('/', 200)).toThrow('(got 200)');
  });

  test.each([
    ['/account?x=1', true],
    ['account', true],
    ['http://localhost/x', true],
    ['HTTPS://LOCALHOST/x', true],
    ['/a:b', true],
    ['http:evil.example', false],
    ['https:evil.example', false],
    ['http:/evil.example', false],
    ['http:///evil.example', false],
    ['account:x', false],
    ['//localhost/x', false],
    ['http://evil.example/', false],
    ['//evil.example/', false],
    ['/\\evil.example', false],
    ['\\\\evil.example', false],
    ['/\t/evil.example', false],
    ['javascript:alert(1)', false],
    ['http://localhost:81/', false],
    ['http://localhost@evil.example/', false],
    ['', false],
    [undefined, false],
  ])('isSafeRedirect(%j) is %s', (location, isSafe) => {
    new Flask(import.meta).testRequestContext('/').run(() => expect(isSafeRedirect(location)).toBe(isSafe));
  });
});
