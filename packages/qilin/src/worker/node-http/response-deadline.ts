/** Ends a request whose answer the app does not begin in time, on Node's HTTP stack: setting `responseTimeout`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../contract/log.ts';
import type { Deadline } from '../../contract/tally.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import { logUnanswered } from '../late-answers.ts';
import { giveUp, statusOfGivenUp } from './give-up.ts';

export function limitResponseTime(
  req: IncomingMessage,
  res: ServerResponse,
  config: WorkerConfig,
  log: Log,
  onLate: (deadline: Deadline) => void,
): void {
  const { method, url } = req;
  const deadline = setTimeout(() => {
    if (res.headersSent || statusOfGivenUp(res) !== undefined) return;
    if (waitsForClient(req)) {
      deadline.refresh();
      return;
    }
    onLate('responseTimeout');
    logUnanswered(log, method, url, config, 'responseTimeout');
    giveUp(req, res, 503);
  }, toMilliseconds(config.responseTimeout));
  req.once('end', () => deadline.refresh());
  res.once('close', () => clearTimeout(deadline));
}

/** The app reads the body, and has taken all that has come: the client's time, which `bodyTimeout` limits. */
const waitsForClient = (req: IncomingMessage): boolean =>
  !req.complete && req.readableDidRead && req.readableLength === 0;
