/** Ends an exchange over the head of the app, on Node's HTTP stack. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { endWith } from './linger.ts';

/** What the client was told instead of an answer of the app, for the access log. */
const GIVEN_UP = Symbol('given up');

type Response = ServerResponse & { [GIVEN_UP]?: number };

/**
 * Answers with `status` if the app has not begun its answer, and closes the connection (of HTTP/2, the stream, without an
 * answer). The answer goes past `res`, at which the app may still be at work: at the first header that it sets, a `res` that
 * has sent its head would throw.
 */
export function giveUp(req: IncomingMessage, res: Response, status: 413 | 503): void {
  // A pipelined answer before this one may still be on its way: Node gives `res` the socket when its turn has come.
  if (req.httpVersionMajor > 1 || res.headersSent || res.socket === null) {
    res.destroy();
    return;
  }
  const { socket } = res;
  noteGivenUp(res, status);
  res.shouldKeepAlive = false;
  const reason = STATUS_CODES[status] ?? '';
  const head = [`HTTP/1.1 ${status} ${reason}`, 'Content-Type: text/plain', `Content-Length: ${reason.length + 1}`];
  endWith(socket, `${head.join('\r\n')}\r\nConnection: close\r\n\r\n${reason}\n`);
}

/** Something else has answered in the app's place. */
export function noteGivenUp(res: Response, status: number): void {
  res[GIVEN_UP] = status;
}

/** The status that was sent by `giveUp()`. */
export const statusOfGivenUp = (res: Response): number | undefined => res[GIVEN_UP];
