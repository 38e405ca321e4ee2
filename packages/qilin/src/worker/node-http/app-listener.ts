/** Any kind of app as one function of `(req, res)`. */
import type { IncomingMessage } from 'node:http';
import type { App, NodeListener } from '../../contract/app.ts';
import { explain } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import { fetchToNodeListener } from '../../http/node/fetch-listener.ts';
import { callListeners } from '../../http/node/program-server.ts';
import type { Origins } from '../origin.ts';

/** @param leaving Aborted when the worker is to leave. */
export function createAppListener(
  app: App,
  origins: Origins<IncomingMessage>,
  log: Log,
  leaving?: AbortSignal,
): NodeListener {
  switch (app.kind) {
    case 'fetch':
      return fetchToNodeListener(app.fetch, {
        resolve: (req) => origins.forwarded(req),
        leaving,
        onError: (error, { method, target }) =>
          log.error(`Error handling request ${method} ${target}\n${explain(error)}`),
      });
    case 'node':
      return app.listener;
    case 'server':
      return callListeners(app.server);
  }
}
