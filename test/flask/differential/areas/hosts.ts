/** Subdomains, and URLs with a SERVER_NAME. */
import { type Flask, request, session, urlFor } from '@qilin/flask';

export function addHosts(app: Flask): void {
  app.get('/', function root() {
    return 'root';
  });

  app.get('/', { subdomain: 'api' }, function api() {
    return 'api';
  });

  app.addUrlRule('/', 'user_page', ({ user }: { user: string }) => `page of ${user}`, { subdomain: '<user>' });

  app.get('/items/<int:n>', { subdomain: 'api' }, function item({ n }) {
    return { n, host: request.host, endpoint: request.endpoint };
  });

  app.get('/session', function session_count() {
    session.permanent = true;
    session.set('count', Number(session.get('count', 0)) + 1);
    return String(session.get('count'));
  });

  app.get('/session/show', function session_show() {
    return String(session.get('count'));
  });

  app.get('/session/clear', function session_clear() {
    session.clear();
    return 'ok';
  });

  app.get('/links', function links() {
    return [
      urlFor('root'),
      urlFor('api'),
      urlFor('item', { n: 3 }),
      urlFor('user_page', { user: 'ada' }),
      urlFor('root', { _external: true }),
      urlFor('root', { _external: true, _scheme: 'https' }),
    ];
  });
}

export function addMatching(app: Flask): void {
  app.get('/', { host: 'matching.test' }, function home() {
    return 'home';
  });

  app.addUrlRule('/', 'of_name', ({ name }: { readonly name: string }) => `of ${name}`, {
    host: '<name>.matching.test',
  });

  app.get('/slash/', { host: 'www.matching.test' }, function slash() {
    return 'slash';
  });

  app.get('/links', { host: 'matching.test' }, function match_links() {
    return [urlFor('home'), urlFor('of_name', { name: 'ada' }), urlFor('slash'), urlFor('home', { _external: true })];
  });
}
