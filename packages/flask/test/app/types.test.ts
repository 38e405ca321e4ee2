/** What the compiler knows of a view's parameters: this file is checked by it, and `expectTypeOf` does nothing at run time. */
import { expect, expectTypeOf, test } from 'vitest';
import { Flask, type ViewFunction, type ViewParams, viewDecorator } from '../../src/index.ts';

declare module '../../src/routing/params.ts' {
  interface ConverterTypes {
    list: string[];
  }
}

test('parameters are typed from the rule', () => {
  expectTypeOf<ViewParams<'/user/<int:id>'>>().toEqualTypeOf<{ readonly id: number }>();
  expectTypeOf<ViewParams<'/<name>/<float:f>/<uuid:u>/<path:p>'>>().toEqualTypeOf<{
    readonly name: string;
    readonly f: number;
    readonly u: string;
    readonly p: string;
  }>();
  expectTypeOf<ViewParams<'/<any(a, b):kind>'>>().toEqualTypeOf<{ readonly kind: 'a' | 'b' }>();
  expectTypeOf<ViewParams<'/<string(length=2):code>-<int(min=1):n>'>>().toEqualTypeOf<{
    readonly code: string;
    readonly n: number;
  }>();
  expectTypeOf<ViewParams<'/<list:tags>'>>().toEqualTypeOf<{ readonly tags: string[] }>();
  expectTypeOf<ViewParams<'/<custom:x>'>>().toEqualTypeOf<{ readonly x: unknown }>();
});

test('a view gets them, with the defaults, and mistakes do not compile', () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.get('/a/<int:id>', { endpoint: 'a' }, ({ id }) => {
    expectTypeOf(id).toEqualTypeOf<number>();
    return '';
  });
  app.route('/b/<x>', { endpoint: 'b', defaults: { page: 1 } }, ({ x, page }) => {
    expectTypeOf(x).toEqualTypeOf<string>();
    expectTypeOf(page).toEqualTypeOf<number>();
    return '';
  });
  // @ts-expect-error the rule has no parameter of that name
  app.get('/c/<int:id>', { endpoint: 'c' }, ({ name }) => String(name));
  // @ts-expect-error a number is no reply
  app.get('/d', { endpoint: 'd' }, () => 3);
  // @ts-expect-error null is no reply
  app.get('/e', { endpoint: 'e' }, () => null);
  // @ts-expect-error a promise of a number is none either
  app.get('/f', { endpoint: 'f' }, async () => 3);
  // @ts-expect-error the return is forgotten
  app.get('/g', { endpoint: 'g' }, async () => {
    await Promise.resolve();
  });
  app.get('/h', { endpoint: 'h' }, async () => ({ a: 1 }));
  app.get('/i', { endpoint: 'i' }, (): Readonly<Record<string, unknown>> => ({ a: 1 }));
  app.get('/j', { endpoint: 'j' }, () => new Map([[1, 2]]));
});

test('what is around a view is told its parameters, and mistakes do not compile', () => {
  const app = new Flask(import.meta, { staticFolder: null });
  const guarded = viewDecorator((view) => view());
  /** A decorator as anybody writes one. */
  const plain = <P>(view: ViewFunction<P>): ViewFunction<P> => view;
  app.get(
    '/a/<int:id>',
    guarded(({ id }) => {
      expectTypeOf(id).toEqualTypeOf<number>();
      return '';
    }),
  );
  app.get(
    '/b/<name>',
    plain(({ name }) => {
      expectTypeOf(name).toEqualTypeOf<string>();
      return '';
    }),
  );
  app.route(
    '/c/<int:id>',
    { endpoint: 'c', defaults: { page: 1 } },
    plain(
      guarded(({ id, page }) => {
        expectTypeOf([id, page]).toEqualTypeOf<number[]>();
        return '';
      }),
    ),
  );
  app.get(
    '/d/<int:id>',
    // @ts-expect-error the rule has no parameter of that name
    guarded(({ name }) => String(name)),
  );
  app.get(
    '/e',
    // @ts-expect-error a number is no reply
    guarded(() => 3),
  );
  app.route('/g/<int:id>', { methods: ['GET', 'POST'] }, plain(guarded(({ id }) => `${id + 1}`)));
  const owned = viewDecorator<{ id: number }>((view, { id }) => (id > 1 ? view() : ['', 404]));
  app.post('/h/<int:id>/<name>', { endpoint: 'h' }, plain(owned(({ id, name }) => `${id + 1}${name}`)));
  app.get(
    '/i/<name>',
    // @ts-expect-error the rule has not what the decorator wants
    owned(() => ''),
  );
  // @ts-expect-error nor is it inside of two
  app.get('/f', plain(guarded(async () => 3)));
});

test('a decorated view keeps its name, its parameters and what it does', async () => {
  const app = new Flask(import.meta, { staticFolder: null });
  const loud = viewDecorator(async (view, params) => [`${await view()}!`, { 'x-params': JSON.stringify(params) }]);
  app.get(
    '/hello/<name>',
    loud(function hello({ name }) {
      return `Hello ${name}`;
    }),
  );
  const response = await app.testClient().get('/hello/ana');
  expect([response.text, response.headers.get('x-params')]).toEqual(['Hello ana!', '{"name":"ana"}']);
  expect([...app.viewFunctions.keys()]).toEqual(['hello']);
});
