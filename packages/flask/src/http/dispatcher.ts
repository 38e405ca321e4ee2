/** Several apps of one server, each below a path. Werkzeug's `DispatcherMiddleware`. */
import { mounted } from './script-root.ts';

/** Whatever answers a request: a Flask app, Hono, `{ fetch }`. */
export interface FetchApp {
  fetch(request: Request, environment?: unknown): Response | Promise<Response>;
}

/**
 * Sends requests to the app below whose path they are; the longest such path wins. An app sees its URLs without that path, and a
 * Flask app builds its own with it.
 *
 * @example export default new DispatcherMiddleware(app, { '/api': api, '/admin': admin });
 */
export class DispatcherMiddleware implements FetchApp {
  readonly app: FetchApp;
  readonly #mounts: readonly (readonly [root: string, app: FetchApp])[];

  /** @param app for what is below none of the mounts @param mounts by path: `/api` @throws TypeError for a path without its slash */
  constructor(app: FetchApp, mounts: Readonly<Record<string, FetchApp>> = {}) {
    this.app = app;
    this.#mounts = Object.entries(mounts)
      .map(([path, app]) => [rootOf(path), app] as const)
      .toSorted(([a], [b]) => b.length - a.length);
  }

  /** Bound, as that of an app. */
  readonly fetch = (request: Request, environment?: unknown): Response | Promise<Response> => {
    const path = new URL(request.url).pathname;
    const mount = this.#mounts.find(([root]) => path === root || path.startsWith(`${root}/`));
    if (mount === undefined) return this.app.fetch(request, environment);
    const [root, app] = mount;
    return app.fetch(mounted(request, root, path.slice(root.length) || '/'), environment);
  };
}

function rootOf(path: string): string {
  if (path.startsWith('/') && !path.endsWith('/')) return path;
  throw new TypeError(`An app is mounted below a path such as "/api" (got ${JSON.stringify(path)}).`);
}
