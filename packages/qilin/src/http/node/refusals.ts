/**
 * A program's 'clientError' listener and what the native engine takes for no request: it is told the error that Node's parser would
 * have made of it, when the answers before it are given.
 */
import type { Server } from 'node:http';
import type { Exchange, Refusal } from '@qilin/picoev';
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

/** Of what the engine says, the first that fits. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/^chunk extensions and trailers beyond/, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
  [/^a chunk's size/, 'HPE_INVALID_CHUNK_SIZE'],
  [/chunk line|^a chunk |^a bare CR (?:before|in the head)/, 'HPE_STRICT'],
  [/^a bare CR in a field/, 'HPE_LF_EXPECTED'],
  [/^a bare LF in a field/, 'HPE_CR_EXPECTED'],
  [/target|URI|^CONNECT/, 'HPE_INVALID_URL'],
  [/method/, 'HPE_INVALID_METHOD'],
  [/version/, 'HPE_INVALID_VERSION'],
  [/Transfer-Encoding|coding|chunked/, 'HPE_INVALID_TRANSFER_ENCODING'],
  [/^more than one Content-Length/, 'HPE_UNEXPECTED_CONTENT_LENGTH'],
  [/Content-Length/, 'HPE_INVALID_CONTENT_LENGTH'],
];

/** With the members of Node's: `code`, `reason`, `bytesParsed` and, of a head, `rawPacket`, which begins with it. */
function errorOf({ status, reason, bytes, parsed }: Refusal): Error {
  if (status === 408) return Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  if (reason === undefined) {
    const facts = { code: 'HPE_INVALID_EOF_STATE', reason: 'Invalid EOF state', bytesParsed: 0 };
    return Object.assign(new Error('Parse Error'), facts);
  }
  const facts = { code: codeOf(status, reason), reason, bytesParsed: parsed, rawPacket: bytes };
  return Object.assign(new Error(`Parse Error: ${reason}`), facts);
}

function codeOf(status: number, reason: string): string {
  if (status === 414 || status === 431) return 'HPE_HEADER_OVERFLOW';
  return CODES.find(([pattern]) => pattern.test(reason))?.[1] ?? 'HPE_INVALID_HEADER_TOKEN';
}
