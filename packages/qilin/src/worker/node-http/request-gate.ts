/** Which requests the app does not see, on Node's HTTP stack, and what their clients are told. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from '../../contract/node-http.ts';
import { checkRequestHead, checkStreamHead } from '../../http/node/request-rules.ts';
import type { RequestLimits } from '../../http/request-limits.ts';
import type { Origins } from '../origin.ts';
import { OVERLOADED, type Overload, RETRY_AFTER } from '../overload.ts';
import { connectionOf } from './connection.ts';

/** The status of a request that the app does not see; 0 for one that it does. */
export type Refusal = 0 | 400 | 413 | 414 | 417 | 431 | 501 | typeof OVERLOADED | 505;

export type RequestGate = (req: IncomingMessage) => Refusal;

/**
 * @param requiresHost As in `RefusalWays`.
 * @param overload Undefined where requests may wait for ever.
 */
export function createRequestGate(
  limits: RequestLimits,
  origins: Origins<IncomingMessage>,
  requiresHost: boolean,
  overload: Overload | undefined,
): RequestGate {
  return (req) => {
    if (overload?.isLate(connectionOf(req.socket)?.fd ?? -1)) return OVERLOADED;
    const tooLarge = limits.check(req.method ?? '', req.url ?? '', req.rawHeaders);
    if (tooLarge !== 0) return tooLarge;
    const malformed = isOfHttp1(req) ? checkRequestHead(req, requiresHost) : checkStreamHead(req);
    if (malformed !== 0) return malformed;
    if (origins.contradict(req)) return 400;
    return Number(req.headers['content-length'] ?? 0) > limits.maxBody ? 413 : 0;
  };
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** By what it is: the version is the client's own word, and Node's HTTP/1 parser takes `HTTP/2.0` too. */
export const isOfHttp1 = (req: IncomingMessage): boolean => !('stream' in req);

/** What follows on the connection is not read as a request: the limits hold for it as a whole. Behind one that was merely late, it is. */
export function refuse(req: IncomingMessage, res: ServerResponse, status: Exclude<Refusal, 0>): void {
  if (status === OVERLOADED) res.setHeader('Retry-After', RETRY_AFTER);
  if (status !== OVERLOADED || hasBody(req)) res.shouldKeepAlive = false;
  res.statusCode = status;
  const text = `${STATUS_CODES[status]}\n`;
  // One by one: of HTTP/2, `setHeader()` returns nothing.
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('Content-Length', text.length);
  res.end(text);
}
