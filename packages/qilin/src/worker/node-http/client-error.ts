/**
 * What a client is told whose bytes are no HTTP request: the status that fits, and the end of the connection. Invariant: the
 * requests before them get their answers first, in order (RFC 9112, section 9.3.2).
 */
import type { ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { STATUS_CODES } from '../../contract/node-http.ts';
import type { Milliseconds } from '../../contract/units.ts';
import type { ServerTies } from '../../http/node/server-ties.ts';
import { connectionOf, type HttpSocket } from './connection.ts';

interface ParseError extends Error {
  readonly code?: string;
  /** What could not be parsed: the bytes that were read last. Further requests may follow in it. */
  readonly rawPacket?: Buffer;
  /** How many of them the parser took before it gave up. */
  readonly bytesParsed?: number;
}

/** Told with what such a client is answered, and of what it was late with where that is why. */
export type OnClientError = (status: number, late: 'head' | 'body' | undefined) => void;

/** How long a program's own listener has for the end of such a connection, as on the native engine. */
const PATIENCE: Milliseconds = 5_000;

/**
 * Answers in the place of Node, unless the program listens.
 * @param barely As in `RefusalWays`.
 */
export function answerClientErrors(ties: ServerTies, server: Server, barely: boolean, onError: OnClientError): void {
  ties.onFirst(server, 'clientError', (error: Error, socket: HttpSocket) => {
    if (server.listenerCount('clientError') === 1) answerClientError(error, socket, barely, onError);
    else if (!socket.destroyed && !ending.has(socket)) endLater(socket);
  });
}

/** Of each, its listener is told again and again, for as long as it sends. */
const ending = new WeakSet<HttpSocket>();

/** Requests that were whole are answered first. */
function endLater(socket: HttpSocket): void {
  ending.add(socket);
  const timer = setInterval(() => {
    const connection = connectionOf(socket);
    if (connection?.isAnswering !== true || connection.response?.req.complete !== true) socket.destroy();
  }, PATIENCE).unref();
  socket.once('close', () => clearInterval(timer));
}

function answerClientError(error: ParseError, socket: HttpSocket, barely: boolean, onError: OnClientError): void {
  const connection = connectionOf(socket);
  if (connection?.isRefused) return;
  // A failed TLS handshake is told here too: an answer would wait for its end for ever.
  if (connection === undefined || !isHttpError(error) || !socket.writable) {
    socket.destroy();
    return;
  }
  const { response } = connection;
  // Behind the last request of a connection, nothing is read: its answer ends it.
  if (error.code === 'HPE_CLOSED_CONNECTION' || (response?.shouldKeepAlive === false && response.writableFinished))
    return;
  connection.isRefused = true;
  const status = statusOf(error, socket.bytesRead);
  const isInBody = response !== undefined && !response.req.complete;
  onError(status, status !== 408 ? undefined : isInBody ? 'body' : 'head');
  const length = barely ? '' : 'Content-Length: 0\r\n';
  whenItsTurn(response, (turn) => {
    if (turn === 'cut') socket.destroy();
    else if (turn === 'end') connection.end();
    else connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${length}\r\n`);
  });
}

/**
 * How the connection is ended: by the refusal, or in the middle of an answer that has begun, or without a word, where the one
 * whose body is bad has its answer: a second one would be taken for that of a request that was never made.
 */
type Turn = 'refuse' | 'cut' | 'end';

/**
 * Calls back when the connection may be ended: at once, behind the answer to the last good request, or instead of the answer
 * to the one whose body is bad.
 */
function whenItsTurn(last: ServerResponse | undefined, go: (turn: Turn) => void): void {
  if (last === undefined) go('refuse');
  else if (last.writableFinished) go(last.req.complete ? 'refuse' : 'end');
  else if (last.req.complete) last.once('finish', () => go('refuse'));
  // It waits for an answer before it: Node gives it the connection when its turn has come.
  else if (last.socket === null) last.once('socket', () => go(instead(last)));
  else go(instead(last));
}

const instead = (response: ServerResponse): Turn => (response.headersSent ? 'cut' : 'refuse');

/** Of Node's parser, or of its timeouts; not of the connection or of TLS. */
const isHttpError = ({ code }: ParseError) => code?.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';

/** @param bytesRead All that was read from the connection. */
function statusOf({ code, rawPacket, bytesParsed = 0 }: ParseError, bytesRead: number): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  if (code === 'HPE_HEADER_OVERFLOW') {
    // Node has one limit for all of the head: it was the request line that was too long when no line has ended yet. Of
    // a head in several packets only the last is known; there it is mostly a cookie that has grown.
    const isWhole = rawPacket !== undefined && rawPacket.length === bytesRead;
    return isWhole && !rawPacket.subarray(0, bytesParsed).includes('\n') ? 414 : 431;
  }
  if (code === 'HPE_INVALID_VERSION' && rawPacket !== undefined) return isVersion(rawPacket, bytesParsed) ? 505 : 400;
  return 400;
}

/** Whether what is no version of ours is a version at all, of a well-formed request line: RFC 9112, section 2.3. */
function isVersion(packet: Buffer, at: number): boolean {
  const begin = packet.lastIndexOf('\n', at - 1) + 1;
  const line = packet.toString('latin1', begin, packet.indexOf('\n', at) + 1);
  return /^\S+ \S+ HTTP\/\d\.\d\r\n$/.test(line);
}
