/** Ends a request whose answer is not complete, and sent, in time, on Node's HTTP stack: setting `requestTimeout`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../contract/log.ts';
import type { Deadline } from '../../contract/tally.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import { logCut, logUnanswered } from '../late-answers.ts';
import { giveUp, giveUpStream, statusOfGivenUp } from './give-up.ts';
import type { StreamArguments } from './http2-sessions.ts';

type OnLate = (deadline: Deadline) => void;
type Limits = Pick<WorkerConfig, 'requestTimeout' | 'responseTimeout'>;

/** The same of a stream that the program listens to itself. */
export function limitStreamTime([stream, headers]: StreamArguments, config: Limits, log: Log, onLate: OnLate): void {
  const [method, path] = [headers[':method'], headers[':path']].map(String);
  const { requestTimeout } = config;
  const deadline = setTimeout(() => {
    onLate('requestTimeout');
    if (stream.headersSent) logCut(log, method, path, requestTimeout);
    else logUnanswered(log, method, path, config, 'requestTimeout');
    giveUpStream(stream, 503);
  }, toMilliseconds(requestTimeout));
  stream.once('close', () => clearTimeout(deadline));
}

export function limitRequestTime(
  req: IncomingMessage,
  res: ServerResponse,
  config: WorkerConfig,
  log: Log,
  onLate: OnLate,
): void {
  const { method, url } = req;
  const { requestTimeout } = config;
  const deadline = setTimeout(() => {
    if (statusOfGivenUp(res) !== undefined) return;
    onLate('requestTimeout');
    if (res.headersSent) logCut(log, method, url, requestTimeout);
    else logUnanswered(log, method, url, config, 'requestTimeout');
    giveUp(req, res, 503);
  }, toMilliseconds(requestTimeout));
  // Of an answer it comes when the kernel has all of it.
  res.once('close', () => clearTimeout(deadline));
}
