/** Subdomains, and URLs with a SERVER_NAME. */
import { type Flask, request, urlFor } from '@qilin/flask';

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
