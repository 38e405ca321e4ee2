/** Where apps are mounted: below which path of their server. WSGI's `SCRIPT_NAME`. */

/** What was taken off the paths of requests. */
const roots = new WeakMap<Request, string>();
/** A look into it costs each request a tenth of what its view costs: where nothing is mounted it is not made. */
let isAnyMounted = false;

/** Path that was taken off a request's URL before the app got it: `/app`; empty where none was. */
export const scriptRootOf = (request: Request): string => (isAnyMounted && roots.get(request)) || '';

/** A request for an app below `root`: the same, and its URL without that. @param root `/app` @param path what is left: `/page` */
export function mounted(request: Request, root: string, path: string): Request {
  const url = new URL(request.url);
  url.pathname = path;
  const { method, headers, body, signal } = request;
  const below = new Request(url, { method, headers, body, signal, ...(body === null ? {} : { duplex: 'half' }) });
  // What servers say of the client, beside what is standard.
  if ('ip' in request) Object.defineProperty(below, 'ip', { value: request.ip });
  return setScriptRoot(below, `${scriptRootOf(request)}${root}`);
}

/** Says where the app is that gets this request. */
export function setScriptRoot(request: Request, root: string): Request {
  if (root === '') return request;
  isAnyMounted = true;
  roots.set(request, root);
  return request;
}
