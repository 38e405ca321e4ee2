/** Node's request as origin.ts asks of it. */
import type { IncomingMessage } from 'node:http';
import type { RequestView } from '../origin.ts';

export const MESSAGE_VIEW: RequestView<IncomingMessage> = {
  mentions: (names) => (req) => names.some((name) => req.headers[name] !== undefined),
  header(req, name) {
    const value = req.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  },
  peer: (req) => req.socket.remoteAddress,
  localPort: (req) => req.socket.localPort,
  scheme: (req) => ('encrypted' in req.socket ? 'https' : 'http'),
};
