/** What users import from `@qilin/flask-cors`: for an app, for some of its paths, for one view. */
import { afterThisRequest, type Flask, request, type ViewFunction } from '@qilin/flask';
import { isDecided, setCorsHeaders } from './headers.ts';
import { type CorsOptions, type Pattern, settle } from './options.ts';

export type { CorsOptions, Pattern };

/** Options of {@link CORS}. */
export interface CorsAppOptions extends CorsOptions {
  /** Only these paths: `/api/*` and all below, a regular expression of the path's beginning; with options of their own as an object. */
  readonly resources?: Pattern | readonly Pattern[] | Readonly<Record<string, CorsOptions>>;
}

/**
 * Lets other sites' pages read an app's answers, errors too. Flask-CORS's `CORS`.
 * @example new CORS(app, { resources: { '/api/*': { origins: 'https://example.org' } } });
 */
export class CORS {
  readonly #options: CorsAppOptions;

  constructor(app?: Flask, options: CorsAppOptions = {}) {
    this.#options = options;
    if (app !== undefined) this.initApp(app);
  }

  /** @param more goes before what the constructor was given */
  initApp(app: Flask, more: CorsAppOptions = {}): void {
    const { resources = '/*', ...options } = { ...this.#options, ...more };
    const rules = entriesOf(resources).map(([pattern, own]) => ({
      fits: pathTest(pattern),
      settled: settle({ ...options, ...own }, app),
    }));
    app.afterRequest((response) => {
      const rule = isDecided(response) ? undefined : rules.find(({ fits }) => fits(request.path));
      if (rule !== undefined) setCorsHeaders(response, rule.settled);
      return response;
    });
  }
}

/** The most specific first, as in Flask-CORS: texts before patterns, more slashes first, then the longer. */
function entriesOf(resources: NonNullable<CorsAppOptions['resources']>): readonly [Pattern, CorsOptions][] {
  if (typeof resources === 'string' || resources instanceof RegExp) return [[resources, {}]];
  if (isList(resources)) return resources.map((pattern): [Pattern, CorsOptions] => [pattern, {}]);
  const weight = (path: string) => (path.includes('*') ? 0 : 1e6) + (path.split('/').length - 1) * 1e3 + path.length;
  return Object.entries(resources).toSorted(([a], [b]) => weight(b) - weight(a));
}

const isList = (value: object): value is readonly Pattern[] => Array.isArray(value);

function pathTest(pattern: Pattern): (path: string) => boolean {
  if (pattern instanceof RegExp) {
    const start = new RegExp(`^(?:${pattern.source})`, pattern.flags.replace(/[gy]/g, ''));
    return (path) => start.test(path);
  }
  if (!pattern.includes('*')) return (path) => path === pattern;
  // `/api/*` is also `/api`.
  const source = pattern.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const whole = new RegExp(`^${source.join('.*').replace(/\/\.\*$/, '(?:/.*)?')}$`, 's');
  return (path) => whole.test(path);
}

/**
 * A view whose answers other sites' pages may read, by options of its own. A route's OPTIONS is answered by the view then:
 * give it to the route's methods. Flask-CORS's `@cross_origin`.
 * @example app.route('/data', { methods: ['GET', 'OPTIONS'] }, crossOrigin({ origins: 'https://a.test' }, function data() { … }));
 */
export function crossOrigin<P = unknown>(options: CorsOptions, view: ViewFunction<P>): ViewFunction<P> {
  const around: ViewFunction<P> = (params) => {
    const settled = settle(options);
    afterThisRequest((response) => {
      setCorsHeaders(response, settled);
      return response;
    });
    return request.method === 'OPTIONS' ? '' : view(params);
  };
  return Object.defineProperty(around, 'name', { value: view.name });
}
