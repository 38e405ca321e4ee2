/** What a client is told that is turned away without a look at its request, by whoever does that: setting `queueTimeout`. */
export const OVERLOADED_HEAD = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: text/plain',
  'Content-Length: 20',
  'Retry-After: 1',
  'Connection: close',
  '\r\n',
].join('\r\n');

export const OVERLOADED_ANSWER = `${OVERLOADED_HEAD}Service Unavailable\n`;
