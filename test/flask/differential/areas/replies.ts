/** What a view may return, redirects, and the hooks around it. */
import {
  afterThisRequest,
  type Flask,
  g,
  makeResponse,
  type Reply,
  redirect,
  request,
  streamWithContext,
  urlFor,
} from '@qilin/flask';

declare module '@qilin/flask' {
  interface Globals {
    order?: string[];
  }
}

function* digits() {
  for (let n = 0; n < 5; n++) yield String(n);
}

const ofType = (body: string, contentType: string, status = 200) =>
  new Response(body, { status, headers: { 'Content-Type': contentType } });

const REPLIES: Readonly<Record<string, () => unknown>> = {
  text: () => 'Grüße <b>',
  empty: () => '',
  bytes: () => new Uint8Array([0, 255]),
  dict: () => ({ b: 1, a: 2 }),
  list: () => [1, 2],
  status: () => ['made', 201],
  headers: () => ['text', { 'X-One': '1', 'Content-Type': 'text/plain' }],
  'header-list': () => [
    'text',
    undefined,
    [
      ['X-One', '1'],
      ['X-One', '2'],
    ],
  ],
  all: () => ['text', 202, { 'X-One': '1' }],
  'dict-all': () => [{ a: 1 }, 202, { 'X-One': '1' }],
  'status-text': () => ['text', '299 Odd'],
  'no-content': () => ['', 204],
  'not-modified': () => ['', 304],
  response: () => ofType('mine', 'text/css; charset=utf-8', 203),
  'response-status': () => [ofType('mine', 'text/css; charset=utf-8'), 404],
  'response-headers': () => [
    new Response('mine', { headers: { 'X-One': '1', 'Content-Type': 'text/html; charset=utf-8' } }),
    { 'X-One': '2', 'X-Two': '2' },
  ],
  'json-type': () => ofType('{"a":1}', 'application/json'),
  charset: () => ofType('x', 'text/plain; charset=latin1'),
  'binary-type': () => ofType('x', 'application/octet-stream'),
  'xml-type': () => ofType('<a/>', 'application/xml; charset=utf-8'),
  'js-type': () => ofType('1', 'application/javascript; charset=utf-8'),
  'svg-type': () => ofType('<svg/>', 'image/svg+xml; charset=utf-8'),
  generator: () => digits(),
  'generator-all': () => [digits(), 201, { 'X-One': '1' }],
  none: () => null,
  number: () => 42,
};

export function addReplies(app: Flask): void {
  app.addUrlRule('/reply/<kind>', 'reply', ({ kind }: { readonly kind: string }) => REPLIES[kind]?.() as Reply);

  app.get('/reply/streamed', function streamed() {
    return streamWithContext(
      (function* () {
        yield 'path ';
        yield request.path;
        yield ' q ';
        yield request.args.get('q', '-');
      })(),
    );
  });

  app.get('/reply/wsgi-headers', function reply_made() {
    const response = makeResponse('made', 200);
    response.headers.set('X-One', '1');
    response.headers.append('X-Many', 'a');
    response.headers.append('X-Many', 'b');
    response.headers.set('Content-Type', 'text/plain; charset=utf-8');
    return response;
  });

  app.get('/redirect', function redirect_to() {
    return redirect(request.args.require('to'), Number(request.args.get('code', '302')));
  });

  app.get('/redirect/for', function redirect_for() {
    return redirect(urlFor('int', { n: 1, q: 'a b' }), 303);
  });

  app.get('/header', function header() {
    return ['ok', { 'X-Value': request.args.require('v') }];
  });

  addHooks(app);
}

function addHooks(app: Flask): void {
  const order = (mark: string) => g.order?.push(mark);

  app.beforeRequest(() => {
    g.order = ['before'];
    return request.path === '/hooks/stopped' ? ['stopped before the view', 401] : undefined;
  });

  app.beforeRequest(() => {
    order('before-second');
  });

  app.afterRequest((response) => {
    if (request.path.startsWith('/hooks')) response.headers.set('X-Order', (g.order ?? []).join(','));
    return response;
  });

  app.afterRequest((response) => {
    order('after-second');
    return response;
  });

  let tornDown: [string, string | null][] = [];

  app.teardownRequest((error) => {
    const { path } = request;
    if (!path.startsWith('/hooks') || path === '/hooks/teardowns') return;
    tornDown.push([path, error instanceof Error ? error.message : null]);
  });

  app.get('/hooks', function hooks() {
    order('view');
    return 'view';
  });

  app.get('/hooks/crash', function hooks_crash() {
    throw new Error('torn');
  });

  app.get('/hooks/stopped', function hooks_stopped() {
    return 'never';
  });

  app.get('/hooks/this', function hooks_this() {
    afterThisRequest((response) => {
      response.headers.set('X-This', 'once');
      return response;
    });
    return 'this';
  });

  app.get('/hooks/teardowns', function hooks_teardowns() {
    const seen = tornDown;
    tornDown = [];
    return seen;
  });
}
