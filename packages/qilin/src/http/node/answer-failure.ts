/** What the client of a Node listener gets when the app has failed. */
import type { ServerResponse } from 'node:http';

/** A 500 without a stack, or a broken connection when the answer was begun already. */
export function answerFailure(res: ServerResponse): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.statusCode = 500;
  res.setHeader('Content-Type', 'text/plain').end('Internal Server Error\n');
}
