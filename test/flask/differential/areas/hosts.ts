/** Subdomains, and URLs with a SERVER_NAME. */
import { Blueprint, type Flask, request, session, urlFor } from '@qilin/flask';

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

/** With a SERVER_NAME, but neither of both. */
export function addNamed(app: Flask): void {
  const nested = new Blueprint('nested', import.meta, { subdomain: 'inner' });
  nested.get('/nested', { endpoint: 'nested_index' }, () => 'nested');
  const outer = new Blueprint('outer', import.meta, { subdomain: 'outer' });
  outer.registerBlueprint(nested);
  app.registerBlueprint(outer);

  app.get('/', function named() {
    return [request.host, request.hostUrl, urlFor('named'), urlFor('named', { _external: true })];
  });

  app.get('/slash/', { endpoint: 'named_slash' }, () => 'slash');

  app.get('/session', { endpoint: 'named_session' }, () => {
    session.set('a', 1);
    return urlFor('outer.nested.nested_index', { _external: true });
  });

  app.route('/options', { methods: ['GET', 'POST'], endpoint: 'named_options' }, () => request.method);
}
