/** The app whose visits Python's Flask-Limiter was recorded for. */
import { Blueprint, Flask, request, type ViewFunction } from '@qilin/flask';
import { type LimitDecorator, Limiter, type LimiterOptions } from '../src/index.ts';

type Decorate = (view: ViewFunction<unknown>) => ViewFunction<unknown>;

const value = (name: string): string => request.args.get(name) ?? '';

export function createApp(options: LimiterOptions) {
  const app = new Flask(import.meta, { staticFolder: null });
  const limiter = new Limiter(() => value('key'), {
    app,
    defaultLimits: ['3 per minute'],
    applicationLimits: ['10/minute'],
    headersEnabled: true,
    ...options,
  });
  const route = (path: string, decorate: Decorate | LimitDecorator, methods = ['GET', 'POST']) =>
    app.route(
      path,
      { methods, endpoint: path.slice(1) },
      decorate(() => 'ok'),
    );
  route('/default', (view) => view);
  route('/other', (view) => view);
  route('/own', limiter.limit('2/minute; 100/day'));
  route('/both', limiter.limit('1/second', { overrideDefaults: false }));
  const shared = limiter.sharedLimit('2/minute', { scope: 's' });
  route('/shared-a', shared);
  route('/shared-b', shared);
  route('/cost', limiter.limit('5/minute', { cost: 2 }));
  route('/method', limiter.limit('1/minute', { perMethod: true }));
  route('/only', limiter.limit('1/minute', { methods: ['POST'] }));
  route('/message', limiter.limit('1/minute', { errorMessage: 'Slow down.' }));
  route('/when', limiter.limit('1/minute', { exemptWhen: () => request.args.has('free') }));
  route('/scoped', limiter.limit('1/minute', { scope: () => value('scope') }));
  route('/exempt', (view) => limiter.exempt(view));
  route('/stacked', (view) => limiter.limit('1/second')(limiter.limit('3 per 2 minutes')(view)));
  route(
    '/dynamic',
    limiter.limit(() => value('limit')),
  );
  const deducted = limiter.limit('1/minute', { deductWhen: ({ status }) => status === 400 });
  app.get(
    '/deduct',
    deducted(() => ['', Number(value('status'))]),
  );
  app.get(
    '/retry',
    limiter.limit('5/minute')(() => ['ok', 200, { 'Retry-After': '3600' }]),
  );
  const bp = new Blueprint('bp', import.meta, { urlPrefix: '/bp' });
  bp.get('/a', () => 'ok');
  bp.get(
    '/b',
    limiter.limit('2/minute')(() => 'ok'),
  );
  app.registerBlueprint(limiter.limit('1/minute')(bp));
  return { app, limiter, client: app.testClient() };
}
