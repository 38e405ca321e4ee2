/**
 * Turns a fetch handler into a Node listener, for worker classes that serve with `node:http`.
 *
 * The work is srvx's: a `Request` that reads from Node's message only what is asked for, and a `Response` that keeps its
 * body as it was given, which is why the global classes are replaced (light-classes.ts).
 *
 * CPU per request, Node 20, one core, 64 keep-alive connections, median of 9 runs, each against a run of bare `node:http`
 * before it and one after it; with Hono and H3 that includes the framework. On a noisy machine: ± 0.05.
 *
 *                                          srvx, here   @hono/node-server   srvx, classes not replaced
 *     () => new Response('Hello, World!')  1.06         1.03                2.1
 *     the same, async                      1.08         1.08
 *     reads method, url and a header       1.09         1.2
 *     Hono                                 1.19         1.09
 *     H3                                   1.2          2.6
 *
 * srvx was chosen because no framework is dear on it, and because its parts can be put together here, so that each error
 * is told once and none reaches the client; Hono's adapter writes some to the console and some to the client.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { FastURL, NodeRequest, sendNodeResponse } from 'srvx/node';
import type { FetchHandler, NodeListener, RequestOrigin } from '../../contract/app.ts';
import { isAbort } from '../client-left.ts';
import { useLightClasses } from './srvx-classes.ts';

export interface NodeListenerOptions {
  /**
   * What `request.url` should begin with. Without it, or where it returns undefined, that is the connection's scheme and
   * the `Host` header. Called once with each request, before the app.
   */
  readonly resolve?: (req: IncomingMessage) => RequestOrigin | undefined;
  /** The app threw, rejected, returned no response, or its response's body failed. Never for a client that left. */
  readonly onError: (error: unknown) => void;
}

/** An error of the app is told to `onError`; its client gets a plain 500, or a cut connection once the response began. */
export function fetchToNodeListener(fetch: FetchHandler, { resolve, onError }: NodeListenerOptions): NodeListener {
  useLightClasses();

  function fail(res: ServerResponse, error: unknown): void {
    if (!res.destroyed || !isAbort(error)) onError(error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    // What the app set; `connection` is the worker class's.
    for (const name of res.getHeaderNames()) if (name !== 'connection') res.removeHeader(name);
    res.writeHead(500, { 'content-type': 'text/plain; charset=UTF-8' });
    res.end(res.req.method === 'HEAD' ? undefined : 'Internal Server Error\n');
  }

  function send(res: ServerResponse, response: Response): void {
    if (!isResponse(response)) throw new TypeError(`The fetch handler returned ${inspect(response)}, not a Response.`);
    sendNodeResponse(res, response).then(
      () => {
        const error = bodyError(res);
        if (error) onError(error);
      },
      (error: unknown) => fail(res, error),
    );
  }

  return function listener(req, res) {
    try {
      const request = new NodeRequest({ req, res });
      const origin = resolve?.(req);
      if (origin !== undefined) believe(request, origin, req.url);
      const response = fetch(request, { incoming: req, outgoing: res });
      if (!isPromise(response)) send(res, response);
      else response.then((settled) => send(res, settled)).catch((error: unknown) => fail(res, error));
    } catch (error) {
      fail(res, error);
    }
  };
}

/** Puts what a trusted proxy said into the request. */
function believe(request: InstanceType<typeof NodeRequest>, origin: RequestOrigin, target: string | undefined): void {
  if (target?.startsWith('/')) request._url = urlAt(origin, target);
  if (origin.client !== undefined) Object.defineProperty(request, 'ip', { value: origin.client });
}

function isPromise(value: Response | Promise<Response>): value is Promise<Response> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

// By its members: a framework's own light response, as H3's, is no instance of Response.
function isResponse(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value;
}

/** Why srvx destroyed the response: HTTP/1.1 has the error on the response, HTTP/2 on its stream. */
function bodyError(res: ServerResponse & { readonly stream?: { readonly errored: Error | null } }): Error | null {
  return res.errored ?? res.stream?.errored ?? null;
}

function urlAt({ scheme, host }: RequestOrigin, target: string): URL {
  const query = target.indexOf('?');
  const [pathname, search] = query === -1 ? [target, ''] : [target.slice(0, query), target.slice(query)];
  return new FastURL({ protocol: `${scheme}:`, host, pathname, search });
}
