/** What an app declares of its own data, the compiler knows: this file is checked by it. */
import { BaseConverter, Flask, g, session } from '@qilin/flask';
import { expectTypeOf, test } from 'vitest';

declare module '@qilin/flask' {
  interface ConverterTypes {
    tags: readonly string[];
  }
  interface Globals {
    visitor: { readonly name: string } | null;
  }
  interface SessionData {
    visitorId: number;
  }
  interface ConfigValues {
    MAIL_HOST: string;
  }
}

test('parameters, g, the session and the config have the types that the app declares', () => {
  const app = new Flask(import.meta, { staticFolder: null });
  app.urlMap.converters['tags'] = class extends BaseConverter<readonly string[]> {};
  app.get('/<tags:tags>', { endpoint: 'tags' }, ({ tags }) => {
    expectTypeOf(tags).toEqualTypeOf<readonly string[]>();
    expectTypeOf(g.visitor).toEqualTypeOf<{ readonly name: string } | null>();
    expectTypeOf(session.get('visitorId')).toEqualTypeOf<number | undefined>();
    return '';
  });
  expectTypeOf(app.config.MAIL_HOST).toEqualTypeOf<string>();
});
