/** Ends an exchange over the head of the app, on Node's HTTP stack. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { STATUS_CODES } from '../../contract/node-http.ts';
import { type Answer, cutAnswer, cutStream } from '../../http/node/answer-failure.ts';
import { stopBody } from '../../http/node/stop-body.ts';
import { connectionOf } from './connection.ts';

/** What the client was told instead of an answer of the app, for the access log. */
const GIVEN_UP = Symbol('given up');

type Response = ServerResponse & { [GIVEN_UP]?: number };

/**
 * Answers with `status` if the app has not begun its answer, and ends the connection (of HTTP/2, the stream). The answer goes
 * past `res`, at which the app may still be at work: at the first header that it sets, a `res` that has sent its head would
 * throw. From here on nothing that the app does with it has an effect.
 */
export function giveUp(req: IncomingMessage, res: Response & Answer, status: 408 | 413 | 500 | 503): void {
  const text = `${STATUS_CODES[status]}\n`;
  if (res.headersSent) cutAnswer(res);
  else if (res.stream !== undefined) {
    noteGivenUp(res, status);
    answerStream(res.stream, status, text);
  }
  // A pipelined answer before this one may still be on its way: Node gives `res` the socket when its turn has come.
  else if (res.socket === null) res.destroy();
  else {
    noteGivenUp(res, status);
    res.shouldKeepAlive = false;
    const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    const fields = `Content-Type: text/plain\r\nContent-Length: ${text.length}\r\nConnection: close`;
    connectionOf(req.socket)?.end(`${line}\r\n${fields}\r\n\r\n${text}`);
  }
  silence(res);
}

/** The same of a stream that the program listens to itself. */
export function giveUpStream(stream: ServerHttp2Stream, status: 503): void {
  if (stream.headersSent) cutStream(stream);
  else answerStream(stream, status, `${STATUS_CODES[status]}\n`);
  for (const name of STREAM_MUTED) Object.assign(stream, { [name]: () => stream });
  stream.write = () => true;
}

/** An app that is still at work would throw by them, out of everybody's reach. */
const STREAM_MUTED = ['respond', 'respondWithFile', 'respondWithFD', 'additionalHeaders', 'end'] as const;

function answerStream(stream: ServerHttp2Stream, status: number, text: string): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': status, 'content-type': 'text/plain', 'content-length': text.length });
  stream.end(text);
  stopBody(stream);
}

const MUTED = ['setHeader', 'appendHeader', 'removeHeader', 'writeHead', 'flushHeaders', 'end'] as const;

function silence(res: ServerResponse): void {
  for (const name of MUTED) Object.assign(res, { [name]: () => res });
  res.write = () => true;
}

/** Something else has answered in the app's place. */
export function noteGivenUp(res: Response, status: number): void {
  res[GIVEN_UP] = status;
}

/** The status that was sent by `giveUp()`. */
export const statusOfGivenUp = (res: Response): number | undefined => res[GIVEN_UP];
