/**
 * Turns a fetch handler into a Node listener, for worker classes that serve with `node:http`: the light classes of the native
 * engine (http/light), over Node's messages.
 */
import type { IncomingMessage } from 'node:http';
import type { FetchHandler, NodeListener, RequestOrigin } from '../../contract/app.ts';
import { createFetchServer } from '../light/door.ts';
import type { OnError } from '../light/send-stream.ts';
import { MessageExchange } from './message-exchange.ts';

export interface NodeListenerOptions {
  /**
   * What `request.url` should begin with. Without it, or where it returns undefined, that is the connection's scheme and
   * the `Host` header.
   */
  readonly resolve?: (req: IncomingMessage) => RequestOrigin | undefined;
  /** Aborted when the worker is to leave. */
  readonly leaving?: AbortSignal | undefined;
  /** The app threw, rejected, returned no response, or its response's body failed. Never for a client that left. */
  readonly onError: OnError;
}

/** An error of the app is told to `onError`; its client gets a plain 500, or a cut connection once the response began. */
export function fetchToNodeListener(
  fetch: FetchHandler,
  { resolve, leaving, onError }: NodeListenerOptions,
): NodeListener {
  const serve = createFetchServer<MessageExchange>(fetch, {
    resolve: resolve && (({ incoming }) => resolve(incoming)),
    leaving,
    environment: ({ incoming, outgoing }) => ({ incoming, outgoing }),
    onError,
  });
  return (req, res) => serve(new MessageExchange(req, res));
}
