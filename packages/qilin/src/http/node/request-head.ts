/** The head of a request, in Node's own message. */

import type { Socket } from 'node:net';
import type { Exchange } from '@qilin/picoev';
import { IncomingMessage } from '../../contract/node-http.ts';
import type { BridgedRequest } from './node-internals.ts';

export function fillRequest(req: BridgedRequest, exchange: Exchange): void {
  const { minorVersion } = exchange;
  req.httpVersionMajor = 1;
  req.httpVersionMinor = minorVersion;
  req.httpVersion = minorVersion === 1 ? '1.1' : '1.0';
  req.method = exchange.method;
  req.url = exchange.target;
  const rawHeaders = exchange.rawHeaders();
  req._addHeaderLines(rawHeaders, rawHeaders.length);
  req.upgrade = false;
  if (!exchange.hasBody || exchange.hasWholeBody) req.complete = true;
}

/** The request that a server's 'upgrade' listeners get; it has no body, and the connection is theirs. */
export function createUpgradeRequest(exchange: Exchange, socket: Socket): IncomingMessage {
  const req = new IncomingMessage(socket) as BridgedRequest;
  fillRequest(req, exchange);
  req.upgrade = true;
  return req;
}
