/** Ends a request whose answer the app does not begin in time, on Node's HTTP stack: setting `responseTimeout`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../contract/log.ts';
import { type Seconds, toMilliseconds } from '../../contract/units.ts';
import { giveUp } from './give-up.ts';

export function limitResponseTime(req: IncomingMessage, res: ServerResponse, limit: Seconds, log: Log): void {
  const { method, url } = req;
  const deadline = setTimeout(() => {
    if (res.headersSent) return;
    if (waitsForClient(req)) {
      deadline.refresh();
      return;
    }
    log.warning(`No answer to ${method} ${url} within ${limit} s (responseTimeout): 503`);
    giveUp(req, res, 503);
  }, toMilliseconds(limit));
  req.once('end', () => deadline.refresh());
  res.once('close', () => clearTimeout(deadline));
}

/** The app reads the body, and has taken all that has come: the client's time, which `bodyTimeout` limits. */
const waitsForClient = (req: IncomingMessage): boolean =>
  !req.complete && req.readableDidRead && req.readableLength === 0;
