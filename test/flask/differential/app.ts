/** The same routes in @qilin/flask, from areas/*.ts, and its answer to reference.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Flask } from '@qilin/flask';
import { addBlueprints } from './areas/blueprints.ts';
import { addCookies } from './areas/cookies.ts';
import { addErrors } from './areas/errors.ts';
import { addFiles } from './areas/files.ts';
import { addForms } from './areas/forms.ts';
import { addHosts, addMatching, addNamed } from './areas/hosts.ts';
import { addJsonBodies } from './areas/json_bodies.ts';
import { addReplies } from './areas/replies.ts';
import { addRequests } from './areas/requests.ts';
import { addRouting } from './areas/routing.ts';
import { addSessions } from './areas/sessions.ts';
import { addUrls } from './areas/urls.ts';

const AREAS = [
  addRouting,
  addErrors,
  addJsonBodies,
  addForms,
  addCookies,
  addSessions,
  addFiles,
  addUrls,
  addBlueprints,
  addRequests,
  addReplies,
];

const site = (path: string) => fileURLToPath(new URL(`site/${path}`, import.meta.url));

function createApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: site('static'), templateFolder: site('templates') });
  app.config.fromMapping(JSON.parse(readFileSync(site('config.json'), 'utf8')));
  for (const add of AREAS) add(app);
  return app;
}

/** What only works when the app matches hosts: reached by the hosts below `hosts.test`. */
function createHostsApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null, subdomainMatching: true });
  app.config.fromMapping({
    SERVER_NAME: 'hosts.test',
    SECRET_KEY: 'the key of both apps',
    SESSION_COOKIE_NAME: 'own',
    SESSION_COOKIE_DOMAIN: 'hosts.test',
    SESSION_COOKIE_PATH: '/session',
    SESSION_COOKIE_SECURE: true,
    SESSION_COOKIE_HTTPONLY: false,
    SESSION_COOKIE_SAMESITE: 'Strict',
    SESSION_REFRESH_EACH_REQUEST: false,
  });
  addHosts(app);
  return app;
}

/** What only works with `hostMatching`: reached by the hosts below `matching.test`. */
function createMatchingApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null, hostMatching: true });
  addMatching(app);
  return app;
}

/** Reached by whatever host has `named` in it. */
function createNamedApp(): Flask {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.fromMapping({
    SERVER_NAME: 'named.test',
    SECRET_KEY: 'the key of both apps',
    SESSION_COOKIE_PARTITIONED: true,
    PROVIDE_AUTOMATIC_OPTIONS: false,
    TRUSTED_HOSTS: ['named.test', '.named.example', 'other-named.test'],
  });
  addNamed(app);
  return app;
}

const main = createApp();
const hosts = createHostsApp();
const matching = createMatchingApp();
const named = createNamedApp();

export const app = {
  fetch(request: Request, environment?: unknown): Response | Promise<Response> {
    const host = request.headers.get('host') ?? '';
    if (host.includes('named')) return named.fetch(request, environment);
    const chosen = host.endsWith('hosts.test') ? hosts : host.endsWith('matching.test') ? matching : main;
    return chosen.fetch(request, environment);
  },
};
