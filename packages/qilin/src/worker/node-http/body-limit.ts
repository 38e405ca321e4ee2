/** Ends a request whose body grows beyond the limit, on Node's HTTP stack: where no Content-Length told it before. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { giveUp } from './give-up.ts';

/**
 * Counts the bytes of the body as they come, whether or not the app reads them. The app's reading fails as it does when a
 * client leaves; the client gets a 413 if no other answer has begun.
 */
export function limitBody(req: IncomingMessage, res: ServerResponse, limit: number, onBeyond: () => void): void {
  let bytes = 0;
  const { push } = req;
  // The one place that each piece passes, on HTTP/1 and HTTP/2; a listener to 'data' would begin to read for the app.
  req.push = function (this: IncomingMessage, piece: Uint8Array | null, encoding?: BufferEncoding): boolean {
    bytes += piece?.length ?? 0;
    if (bytes <= limit) return Reflect.apply(push, this, [piece, encoding]);
    // What follows is read and forgotten, so that the client comes to read its answer.
    req.push = () => true;
    onBeyond();
    giveUp(req, res, 413);
    return true;
  };
}
