import { expect, test } from 'vitest';
import { Blueprint, Flask, renderTemplateString, request, urlFor } from '../../src/index.ts';

const createApp = () => new Flask(import.meta, { staticFolder: null });

test('nested blueprints join their prefixes and names', async () => {
  const app = createApp();
  const admin = new Blueprint('admin', import.meta, { urlPrefix: '/admin' });
  const users = new Blueprint('users', import.meta, { urlPrefix: '/users' });
  users.get('/', function index() {
    return { endpoint: request.endpoint, blueprint: request.blueprint, blueprints: request.blueprints };
  });
  users.get('/<int:id>', function show({ id }) {
    return `${urlFor('.index')} ${urlFor('.show', { id: id + 1 })} ${urlFor('admin.home', { q: 'x' })}`;
  });
  admin.get('', function home() {
    return 'home';
  });
  admin.registerBlueprint(users);
  app.registerBlueprint(admin);
  const client = app.testClient();
  expect((await client.get('/admin/users/')).json).toEqual({
    endpoint: 'admin.users.index',
    blueprint: 'admin.users',
    blueprints: ['admin.users', 'admin'],
  });
  expect((await client.get('/admin/users/7')).text).toBe('/admin/users/ /admin/users/8 /admin?q=x');
  expect((await client.get('/admin')).text).toBe('home');
});

test('one blueprint is registered twice under two names, with values for its views', async () => {
  const app = createApp();
  const shop = new Blueprint('shop', import.meta);
  shop.get('/', { endpoint: 'index' }, (params) => `${JSON.stringify(params)} ${urlFor('.index')}`);
  app.registerBlueprint(shop, { urlPrefix: '/de', name: 'german', urlDefaults: { lang: 'de' } });
  app.registerBlueprint(shop, { urlPrefix: '/fr', name: 'french', urlDefaults: { lang: 'fr' } });
  const client = app.testClient();
  expect((await client.get('/de/')).text).toBe('{"lang":"de"} /de/');
  expect((await client.get('/fr/')).text).toBe('{"lang":"fr"} /fr/');
});

test('hooks of a blueprint concern its views alone, and those for the app all', async () => {
  const app = createApp();
  const blueprint = new Blueprint('b', import.meta, { urlPrefix: '/b' });
  blueprint.afterRequest((response) => {
    response.headers.append('X-By', 'blueprint');
    return response;
  });
  blueprint.afterAppRequest((response) => {
    response.headers.append('X-By', 'app');
    return response;
  });
  blueprint.appErrorhandler(404, () => ['by b', 404]);
  blueprint.appContextProcessor(() => ({ who: 'all' }));
  blueprint.appTemplateFilter('twice', (text: string) => text + text);
  blueprint.get('/', { endpoint: 'inside' }, () => renderTemplateString('{{ who | twice }}'));
  app.registerBlueprint(blueprint);
  app.get('/', { endpoint: 'outside' }, () => 'x');
  const client = app.testClient();
  const inside = await client.get('/b/');
  expect([inside.text, inside.headers.get('x-by')]).toEqual(['allall', 'blueprint, app']);
  expect((await client.get('/')).headers.get('x-by')).toBe('app');
  expect((await client.get('/nothing')).text).toBe('by b');
});

test.each<[string, () => unknown, string]>([
  ['a dot in a name', () => new Blueprint('a.b', import.meta), 'must not be empty or contain a dot'],
  ['an empty name', () => new Blueprint('', import.meta), 'must not be empty'],
  [
    'a dot in an endpoint',
    () => new Blueprint('a', import.meta).get('/', { endpoint: 'x.y' }, () => ''),
    'must not contain a dot',
  ],
  [
    'a blueprint on itself',
    () => {
      const blueprint = new Blueprint('a', import.meta);
      blueprint.registerBlueprint(blueprint);
    },
    'cannot be registered on itself',
  ],
  [
    'the same name twice',
    () => {
      const app = createApp();
      app.registerBlueprint(new Blueprint('a', import.meta));
      app.registerBlueprint(new Blueprint('a', import.meta));
    },
    "The name 'a' is already registered for a different blueprint",
  ],
  [
    'a change after the registration',
    () => {
      const blueprint = new Blueprint('a', import.meta);
      createApp().registerBlueprint(blueprint);
      blueprint.get('/', () => '');
    },
    'is registered already',
  ],
])('%s is an error', (_, mistake, message) => {
  expect(mistake).toThrow(message);
});
