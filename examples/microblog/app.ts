/** A microblog: an app factory, its extensions and four blueprints. `node_modules/.bin/qilin -w 2 'examples/microblog/app.ts:createApp()'` */
import { join } from 'node:path';
import { Flask, renderTemplate } from '@qilin/flask';
import { CSRFError } from '@qilin/flask-wtf';
import * as db from './db.ts';
import { cors, csrf, limiter, login } from './extensions.ts';
import * as i18n from './i18n.ts';
import { api } from './views/api.ts';
import { auth } from './views/auth.ts';
import { main } from './views/main.ts';
import { messages } from './views/messages.ts';

declare module '@qilin/flask' {
  interface ConfigValues {
    /** File of the database. */
    DATABASE?: string;
    /** Folder into which mails are put, for a mail server to pick up. */
    MAIL_FOLDER?: string;
    /** How passwords are hashed: a method of `generatePasswordHash`. */
    PASSWORD_METHOD?: string;
    POSTS_PER_PAGE?: number;
  }
}

/** Settings come from `config`, then from the environment: `FLASK_SECRET_KEY`, `FLASK_DATABASE` and so on. */
export function createApp(config: Readonly<Record<string, unknown>> = {}): Flask {
  const app = new Flask(import.meta);
  app.config.fromMapping({
    SECRET_KEY: 'dev',
    DATABASE: join(app.instancePath, 'microblog.sqlite'),
    MAIL_FOLDER: join(app.instancePath, 'mail'),
    PASSWORD_METHOD: 'scrypt',
    POSTS_PER_PAGE: 10,
    SESSION_COOKIE_SAMESITE: 'Lax',
    REMEMBER_COOKIE_SAMESITE: 'Lax',
    // The link in a mail goes to the host that was asked for: nobody may make up one.
    TRUSTED_HOSTS: ['localhost', '127.0.0.1'],
    ...config,
  });
  app.config.fromPrefixedEnv();

  // First: what the templates' environment is made of.
  for (const part of [i18n, db, csrf, login, limiter, cors]) part.initApp(app);
  for (const blueprint of [main, auth, messages, api]) app.registerBlueprint(blueprint);

  app.errorhandler(CSRFError, async () => [await errorPage('This form is too old. Please send it once more.'), 400]);
  app.errorhandler(403, async () => [await errorPage('This is not yours to change.'), 403]);
  app.errorhandler(404, async () => [await errorPage('There is nothing here.'), 404]);
  app.errorhandler(429, async () => [await errorPage('That was too often. Please wait for a while.'), 429]);
  return app;
}

const errorPage = (message: string) => renderTemplate('error.html', { message });
