/** Any kind of app as one function of `(req, res)`. */
import type { IncomingMessage } from 'node:http';
import type { App, NodeListener } from '../../contract/app.ts';
import { explain } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import type { Compression } from '../../http/compress/compression.ts';
import { encodingAnswers } from '../../http/node/encoded-answer.ts';
import { fetchToNodeListener } from '../../http/node/fetch-listener.ts';
import { callListeners } from '../../http/node/program-server.ts';
import type { Origins } from '../origin.ts';

interface ListenerOptions {
  /** Aborted when the worker is to leave. */
  readonly leaving?: AbortSignal;
  /** Undefined where every body is sent as it is. */
  readonly compression?: Compression | undefined;
}

export function createAppListener(
  app: App,
  origins: Origins<IncomingMessage>,
  log: Log,
  { leaving, compression }: ListenerOptions = {},
): NodeListener {
  switch (app.kind) {
    case 'fetch':
      return fetchToNodeListener(app.fetch, {
        resolve: (req) => origins.forwarded(req),
        leaving,
        compression,
        onError: (error, { method, target }) =>
          log.error(`Error handling request ${method} ${target}\n${explain(error)}`),
      });
    case 'node':
      return encodingAnswers(app.listener, compression);
    case 'server':
      return encodingAnswers(callListeners(app.server), compression);
  }
}
