/** The headers of an answer that say which pages may read it. Flask-CORS's `core`. */
import { g, request } from '@qilin/flask';
import type { Pattern, Settled } from './options.ts';

const isPattern = (pattern: Pattern): boolean => pattern instanceof RegExp || pattern === '*';

/** A regular expression has to fit the whole: one that forgets its `$` would let `example.org.evil.test` in. */
function fits(value: string, pattern: Pattern): boolean {
  if (pattern === '*') return true;
  if (typeof pattern === 'string') return pattern.toLowerCase() === value.toLowerCase();
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(value);
}

/** What `Access-Control-Allow-Origin` says; undefined: nothing. */
function originFor(options: Settled, asked: string | null): string | undefined {
  const isOpen = options.origins.includes('*');
  if (asked !== null) {
    if (isOpen && options.sendWildcard) return '*';
    return options.origins.some((pattern) => fits(asked, pattern)) ? asked : undefined;
  }
  if (!options.alwaysSend) return undefined;
  if (isOpen) return options.supportsCredentials ? undefined : '*';
  // Of several only the one that asks may be named.
  const [only, ...others] = options.origins;
  return typeof only === 'string' && others.length === 0 ? only : undefined;
}

const DECIDED = '_flask_cors_evaluated';

/** Whether it was said already which pages may read the answer, or that none may: by a view's own options, or its own headers. */
export const isDecided = (response: Response): boolean =>
  g.get(DECIDED) === true || response.headers.has('access-control-allow-origin');

/** Adds the headers to the current request's answer. */
export function setCorsHeaders({ headers }: Response, options: Settled): void {
  Reflect.set(g, DECIDED, true);
  const asked = request.headers.get('origin');
  const origin = originFor(options, asked);
  const depends = options.origins.length > 1 || options.origins.some(isPattern);
  // Also where it says nothing: a cache would give the answer to others, who may read it.
  if (options.varyHeader && depends && origin !== '*') headers.append('Vary', 'Origin');
  if (origin === undefined) return;
  headers.set('Access-Control-Allow-Origin', origin);
  if (options.exposeHeaders.length > 0) headers.set('Access-Control-Expose-Headers', options.exposeHeaders.join(', '));
  if (options.supportsCredentials) headers.set('Access-Control-Allow-Credentials', 'true');
  if (request.method === 'OPTIONS') setPreflight(headers, options);
}

function setPreflight(headers: Headers, options: Settled): void {
  if (options.allowPrivateNetwork && request.headers.get('access-control-request-private-network') === 'true') {
    headers.set('Access-Control-Allow-Private-Network', 'true');
  }
  const method = request.headers.get('access-control-request-method')?.toUpperCase();
  if (method === undefined || !options.methods.includes(method)) return;
  const names = (request.headers.get('access-control-request-headers') ?? '').split(',').map((name) => name.trim());
  const allowed = names.filter((name) => name !== '' && options.allowHeaders.some((pattern) => fits(name, pattern)));
  if (allowed.length > 0) headers.set('Access-Control-Allow-Headers', allowed.toSorted().join(', '));
  if (options.maxAge !== undefined) headers.set('Access-Control-Max-Age', String(options.maxAge));
  headers.set('Access-Control-Allow-Methods', options.methods.join(', '));
}
