/** What a client is told whose bytes are no HTTP request: the status that fits, and the end of the connection. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

interface ParseError extends Error {
  readonly code?: string;
  /** What could not be parsed: the bytes that were read last. Further requests may follow in it. */
  readonly rawPacket?: Buffer;
  /** How many of them the parser took before it gave up. */
  readonly bytesParsed?: number;
}

/** For the event 'clientError' of a Node server. */
export function answerClientError(error: ParseError, socket: Duplex): void {
  // A failed TLS handshake is told here too: an answer would wait for its end for ever.
  if (!isHttpError(error) || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf(error);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Of Node's parser, or of its timeouts; not of the connection or of TLS. */
const isHttpError = ({ code }: ParseError) => code?.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';

function statusOf({ code, rawPacket, bytesParsed }: ParseError): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  // Node has one limit for all of the head: without a line's end, it was the request line that was too long.
  if (code === 'HPE_HEADER_OVERFLOW') return rawPacket?.subarray(0, bytesParsed).includes('\n') === false ? 414 : 431;
  return 400;
}
