/** The blog of Flask's tutorial: an app factory, a database and two blueprints. `node_modules/.bin/qilin -w 2 'examples/blog/app.ts:createApp()'` */
import { fileURLToPath } from 'node:url';
import { Flask } from '@qilin/flask';
import * as auth from './auth.ts';
import * as db from './db.ts';
import * as posts from './posts.ts';

/** Settings come from `config`, then from the environment (`FLASK_SECRET_KEY`, `FLASK_DATABASE`). */
export function createApp(config: Readonly<Record<string, unknown>> = {}): Flask {
  const app = new Flask(import.meta);
  app.config.fromMapping({
    SECRET_KEY: 'dev',
    DATABASE: fileURLToPath(new URL('blog.sqlite', import.meta.url)),
    SESSION_COOKIE_SAMESITE: 'Lax',
    ...config,
  });
  app.config.fromPrefixedEnv();
  db.initApp(app);
  app.registerBlueprint(auth.bp);
  app.registerBlueprint(posts.bp);
  app.addUrlRule('/', 'index', undefined);
  return app;
}
