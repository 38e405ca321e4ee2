/**
 * Turns a fetch handler into a Node listener, for worker classes that serve with `node:http`: the light classes of the native
 * engine (http/light), over Node's messages.
 */
import type { IncomingMessage } from 'node:http';
import type { FetchHandler, NodeListener, RequestOrigin } from '../../contract/app.ts';
import { createFetchServer } from '../light/door.ts';
import type { SendOptions } from '../light/send-stream.ts';
import { MessageExchange } from './message-exchange.ts';

export interface NodeListenerOptions extends SendOptions {
  /**
   * What `request.url` should begin with. Without it, or where it returns undefined, that is the connection's scheme and
   * the `Host` header.
   */
  readonly resolve?: (req: IncomingMessage) => RequestOrigin | undefined;
}

/** An error of the app is told to `onError`; its client gets a plain 500, or a cut connection once the response began. */
export function fetchToNodeListener(
  fetch: FetchHandler,
  { resolve, leaving, compression, onError }: NodeListenerOptions,
): NodeListener {
  const serve = createFetchServer<MessageExchange>(fetch, {
    resolve: resolve && (({ incoming }) => resolve(incoming)),
    leaving,
    compression,
    environment: ({ incoming, outgoing }) => ({ incoming, outgoing }),
    onError,
  });
  return (req, res) => serve(new MessageExchange(req, res));
}
