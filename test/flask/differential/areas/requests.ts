/** What a request tells about itself. */
import { type Flask, int, jsonify, request } from '@qilin/flask';

const isoOf = (date: Date | undefined) => date?.toISOString().replace('.000Z', '+00:00') ?? null;

export function addRequests(app: Flask): void {
  app.get('/request/args', function request_args() {
    return jsonify(request.args.toDict({ flat: false }), [...request.args.allEntries()]);
  });

  app.get('/request/arg', function request_arg() {
    return request.args.require('a');
  });

  app.get('/request/typed', function request_typed() {
    return jsonify(
      request.args.get('n', null, int),
      request.args.get('n', 7, int),
      request.args.getlist('n'),
      request.args.getlist('n', int),
    );
  });

  function request_url({ rest }: { readonly rest: string }) {
    return jsonify({
      path: request.path,
      full_path: request.fullPath,
      url_root: request.rootUrl,
      host: request.host,
      host_url: request.hostUrl,
      root_path: '',
      script_root: '',
      scheme: request.scheme,
      is_secure: request.isSecure,
      query_string: request.queryString,
      rest,
    });
  }
  app.addUrlRule('/request/url', 'request_url', request_url, { defaults: { rest: '' } });
  app.addUrlRule('/request/url/<path:rest>', 'request_url', request_url);

  app.get('/request/whole/<path:rest>', function request_whole() {
    return jsonify(request.url, request.baseUrl, request.url === request.baseUrl);
  });

  app.get('/request/headers', function request_headers() {
    return jsonify(
      request.headers.get('X-One'),
      request.headers.get('x-one'),
      request.headers.get('X-None') ?? 'default',
      request.headers.has('X-One'),
      request.userAgent,
      request.referrer ?? null,
      request.origin ?? null,
    );
  });

  app.get('/request/authorization', function request_authorization() {
    const found = request.authorization;
    return jsonify(found ? [found.type, found.username ?? null, found.password ?? null, found.token ?? null] : null);
  });

  app.get('/request/accept', function request_accept() {
    const accept = request.acceptMimetypes;
    return jsonify({
      best: accept.bestMatch(['application/json', 'text/html']) ?? null,
      fallback: accept.bestMatch(['image/png'], 'none'),
      html: accept.quality('text/html'),
      json: accept.quality('application/json'),
      accepts_json: accept.has('application/json'),
      values: [...accept.values()],
      languages: request.acceptLanguages.bestMatch(['de', 'en', 'fr']) ?? null,
      encodings: [...request.acceptEncodings.values()],
    });
  });

  app.get('/request/conditions', function request_conditions() {
    const { range } = request;
    return jsonify({
      match: request.ifMatch.contains('a'),
      none_match: request.ifNoneMatch.contains('a'),
      weak: request.ifNoneMatch.containsWeak('a'),
      modified: isoOf(request.ifModifiedSince),
      unmodified: isoOf(request.ifUnmodifiedSince),
      range: range === undefined ? null : [range.units, range.ranges.map(([start, end]) => [start, end ?? null])],
    });
  });

  app.get('/request/cache', function request_cache() {
    const control = request.cacheControl;
    return jsonify(control.has('no-cache'), control.seconds('max-age') ?? null, control.has('only-if-cached'));
  });

  app.get('/request/remote', function request_remote() {
    return jsonify(request.remoteAddr, request.accessRoute);
  });

  app.route('/request/body', { methods: ['GET', 'POST', 'PUT'] }, async function request_body() {
    return jsonify(request.method, await request.text, request.contentType ?? null);
  });

  app.post('/request/stream', async function request_stream() {
    const first = await request.stream?.getReader().read();
    return first?.value?.subarray(0, 5) ?? '';
  });

  app.post('/request/data-twice', async function request_data_twice() {
    return Buffer.concat([await request.data, Buffer.from('|'), await request.data]);
  });
}
