/**
 * A program's 'clientError' listener and what the native engine takes for no request: it is told the error that Node's parser would
 * have made of it, when the answers before it are given.
 */
import type { Server } from 'node:http';
import { type Exchange, FAULT, type FaultKind, type Refusal } from '@qilin/picoev';
import { socketOf } from './connection-socket.ts';
import { MessagePair } from './message-pair.ts';
import { RefusedPair } from './refused-pair.ts';

/** @param exchange A request's whose body is none, or one that has no request. */
export function refuse(server: Server, exchange: Exchange, refusal: Refusal): void {
  const told = { status: refusal.status, error: errorOf(refusal) };
  const { owner } = exchange;
  if (owner instanceof MessagePair) owner.refuse(told);
  else {
    const socket = socketOf(exchange.connection, server);
    socket.add(new RefusedPair(exchange, socket, told));
  }
}

/** What Node's parser calls them. */
const CODES: Readonly<Record<FaultKind, string>> = {
  [FAULT.RULE]: 'HPE_USER',
  [FAULT.FIELD]: 'HPE_INVALID_HEADER_TOKEN',
  [FAULT.METHOD]: 'HPE_INVALID_METHOD',
  [FAULT.TARGET]: 'HPE_INVALID_URL',
  [FAULT.VERSION]: 'HPE_INVALID_VERSION',
  [FAULT.END]: 'HPE_STRICT',
  [FAULT.BARE_CR]: 'HPE_LF_EXPECTED',
  [FAULT.BARE_LF]: 'HPE_CR_EXPECTED',
  [FAULT.LENGTH]: 'HPE_INVALID_CONTENT_LENGTH',
  [FAULT.LENGTHS]: 'HPE_UNEXPECTED_CONTENT_LENGTH',
  [FAULT.CODING]: 'HPE_INVALID_TRANSFER_ENCODING',
  [FAULT.CHUNK_SIZE]: 'HPE_INVALID_CHUNK_SIZE',
  [FAULT.EXTENSIONS]: 'HPE_CHUNK_EXTENSIONS_OVERFLOW',
  [FAULT.TOO_LONG]: 'HPE_HEADER_OVERFLOW',
};

/** With the members of Node's: `code`, `reason`, `bytesParsed` and, of a head, `rawPacket`, which begins with it. */
function errorOf({ status, fault, bytes, parsed }: Refusal): Error {
  if (status === 408) return Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  if (fault === undefined) {
    const facts = { code: 'HPE_INVALID_EOF_STATE', reason: 'Invalid EOF state', bytesParsed: 0 };
    return Object.assign(new Error('Parse Error'), facts);
  }
  const facts = { code: CODES[fault.kind], reason: fault.reason, bytesParsed: parsed, rawPacket: bytes };
  return Object.assign(new Error(`Parse Error: ${fault.reason}`), facts);
}
