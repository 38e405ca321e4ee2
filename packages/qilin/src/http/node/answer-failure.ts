/** What the client of a Node listener gets when the app has failed. Invariant: nothing here throws. */
import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** Of HTTP/1, or of HTTP/2: that one has its stream. */
export type Answer = ServerResponse & { readonly stream?: ServerHttp2Stream };

/** RFC 9113, section 7. */
const INTERNAL_ERROR = 2;

/** A 500 without a stack, or a broken answer when it was begun already. One that is complete is left alone. */
export function answerFailure(res: Answer): void {
  if (res.writableEnded) return;
  try {
    if (res.headersSent) cutAnswer(res);
    else answer500(res);
  } catch {
    // The app has left its response in such a state that it cannot be answered by.
    cutAnswer(res);
  }
}

function answer500(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.statusCode = 500;
  // Of HTTP/2, `setHeader()` returns nothing.
  res.setHeader('Content-Type', 'text/plain');
  res.end('Internal Server Error\n');
}

/** Breaks off an answer, so that no client takes it for a whole one. */
export function cutAnswer(res: Answer): void {
  // `res.destroy()` would reset the stream without an error.
  if (res.stream !== undefined) cutStream(res.stream);
  else res.destroy();
}

/** The same of a stream. */
export function cutStream(stream: ServerHttp2Stream): void {
  // `close()` ends our side first, which is the whole of an answer to a client that has ended its own.
  stream.end = () => stream;
  stream.close(INTERNAL_ERROR);
}

/** The same for a listener to the streams of HTTP/2. */
export function answerStreamFailure(stream: ServerHttp2Stream): void {
  if (stream.writableEnded || stream.destroyed) return;
  if (stream.headersSent) {
    cutStream(stream);
    return;
  }
  stream.respond({ ':status': 500, 'content-type': 'text/plain' });
  stream.end('Internal Server Error\n');
}
