/** Node's request as origin.ts asks of it; whose socket it has is the engine's matter. */
import type { IncomingMessage } from 'node:http';
import type { RequestView } from '../origin.ts';

export const messageView = (listener: (req: IncomingMessage) => number | undefined): RequestView<IncomingMessage> => ({
  listener,
  mentions: (names) => (req) => names.some((name) => req.headers[name] !== undefined),
  header(req, name) {
    const value = req.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  },
  peer: (req) => req.socket.remoteAddress,
  scheme: (req) => ('encrypted' in req.socket ? 'https' : 'http'),
});
