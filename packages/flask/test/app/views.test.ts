/** Views as classes. */
import { expect, test } from 'vitest';
import { Blueprint, Flask, MethodView, View, type ViewDecorator } from '../../src/index.ts';

const loud: ViewDecorator = (view) => async (params) => `${String(await view(params))}!`;

class Page extends View {
  static override readonly methods = ['GET', 'POST'];
  static override readonly decorators = [loud];
  readonly #title: string;
  #count = 0;

  constructor(title: string) {
    super();
    this.#title = title;
  }

  override dispatchRequest({ name }: { readonly name: string }): string {
    this.#count++;
    return `${this.#title} ${name} ${this.#count}`;
  }
}

class Kept extends Page {
  static override readonly initEveryRequest = false;
}

class Item extends MethodView {
  get({ id }: { readonly id: number }) {
    return { id };
  }

  async delete({ id }: { readonly id: number }) {
    return [`${this.constructor.name} ${id} is gone`, 202];
  }
}

class Sub extends Item {
  put() {
    return 'put';
  }
}

function createApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null });
  app.addUrlRule('/page/<name>', undefined, Page.asView('page', 'Page'));
  app.addUrlRule('/kept/<name>', undefined, Kept.asView('kept', 'Kept'));
  app.addUrlRule('/items/<int:id>', undefined, Item.asView('item'));
  app.route('/sub/<int:id>', Sub.asView('sub'));
  const api = new Blueprint('api', import.meta, { urlPrefix: '/api' });
  api.addUrlRule('/items/<int:id>', undefined, Item.asView('item'));
  app.registerBlueprint(api);
  return app;
}

test.each([
  ['GET', '/page/a', 200, 'Page a 1!'],
  ['POST', '/page/a', 200, 'Page a 1!'],
  ['PUT', '/page/a', 405, undefined],
  ['GET', '/items/5', 200, '{"id":5}\n'],
  ['DELETE', '/items/5', 202, 'Item 5 is gone'],
  ['POST', '/items/5', 405, undefined],
  ['HEAD', '/items/5', 200, ''],
  ['PUT', '/sub/5', 200, 'put'],
  ['DELETE', '/sub/5', 202, 'Sub 5 is gone'],
  ['GET', '/api/items/5', 200, '{"id":5}\n'],
])('%s %s answers %i', async (method, path, status, text) => {
  const response = await createApp().testClient().open(path, { method });
  expect(response.status).toBe(status);
  if (text !== undefined) expect(response.text).toBe(text);
});

test('an object for all requests is one', async () => {
  const client = createApp().testClient();
  expect([(await client.get('/kept/a')).text, (await client.get('/kept/b')).text]).toEqual(['Kept a 1!', 'Kept b 2!']);
});

test('OPTIONS names the methods that there are', async () => {
  const response = await createApp().testClient().options('/sub/5');
  expect(response.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PUT');
});
