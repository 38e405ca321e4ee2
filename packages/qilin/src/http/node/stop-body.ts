/** Ends the rest of a request of HTTP/2 whose answer is given: RFC 9113, section 8.1. */
import type { ServerHttp2Stream } from 'node:http2';

/** RFC 9113, section 7. */
const NO_ERROR = 0x0;

/** The client is told to send no more of the body, and what has come of it is forgotten: with it, Node would keep the stream open. */
export function stopBody(stream: ServerHttp2Stream): void {
  const stop = () => {
    stream.close(NO_ERROR);
    stream.destroy();
  };
  // A turn behind the answer, as Node does it where nobody has read: a client of Node's that hears of both at once, with some
  // of its body unsent, never sees the stream closed.
  const stopLater = () => setImmediate(stop);
  if (stream.writableFinished) stopLater();
  else stream.once('finish', stopLater);
}
