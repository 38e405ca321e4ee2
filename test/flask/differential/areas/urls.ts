/** urlFor. */
import { BuildError, type Flask, jsonify, type UrlForValues, urlFor } from '@qilin/flask';

function link(endpoint: string, values?: UrlForValues): string {
  try {
    return urlFor(endpoint, values);
  } catch (error) {
    if (error instanceof BuildError) return 'no such URL';
    if (error instanceof TypeError) return 'no such value';
    throw error;
  }
}

export function addUrls(app: Flask): void {
  app.get('/links/<int:n>', function links_here({ n }) {
    return jsonify(urlFor('links_here', { n: n + 1 }));
  });

  app.get('/links', function links() {
    return jsonify([
      link('hello'),
      link('int', { n: 5 }),
      link('int', { n: 5, q: 'a b&c', other: null }),
      link('string', { s: 'a/b c' }),
      link('string', { s: 'ä?#%&+' }),
      link('path', { p: 'a/b c/ä' }),
      link('float', { x: 1.5 }),
      link('fixed', { n: 7 }),
      link('any', { page: 'help' }),
      link('list', { items: ['a', 'b c'] }),
      link('uuid', { u: '12345678-1234-5678-1234-567812345678' }),
      link('low_high', { low: 1, high: 2 }),
      link('file', { name: 'a', ext: 'txt' }),
      link('folder'),
      link('pages', { page: 1 }),
      link('pages', { page: 2 }),
      link('kept'),
      link('static', { filename: 'plain.txt' }),
      link('static', { filename: 'sub/a b.txt' }),
      link('hello', { _anchor: 'a b' }),
      link('hello', { _external: true }),
      link('hello', { _external: true, _scheme: 'https' }),
      link('hello', { _scheme: 'https' }),
      link('hello', { _method: 'POST' }),
      link('split_get', { _method: 'PUT' }),
      link('hello', { tags: ['a', 'b'] }),
      link('hello', { q: '', z: 0, y: 'True' }),
      link('umlaut', { name: 'ö' }),
      link('space'),
      link('nowhere'),
      link('int'),
      link('any', { page: 'nothing' }),
    ]);
  });
}
