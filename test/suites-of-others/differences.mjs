/**
 * Tests of others that pass on Node's own server and not on a class of Qilin's, each with its reason, none of them a fault.
 *
 * @typedef {object} Difference
 * @property {string} project
 * @property {readonly string[]} tests Their names as the run prints them.
 * @property {readonly ('async' | 'picoev')[]} on
 * @property {string} reason
 */

/** @type {readonly ['async', 'picoev']} */
const BOTH = ['async', 'picoev'];

const BAD_HOST = 'sends a Host that is none (`http://…`, `ws://…`), which every class refuses with 400 (docs/apps.md)';
const HALF_CLOSED =
  'expects to hear at once of a client that has closed: it may have ended its side alone and still read, which a byte finds out, after 250 ms';

const GARBAGE =
  'sends what is no request behind one that waits for its answer, and expects that one to be cut: it is answered first (RFC 9112, 9.3.2)';
const WORDS = 'compares the words and the count of Node’s parser: `error.reason` is the engine’s (docs/apps.md)';
const ONCE = 'expects an error for each byte behind the first that is none: a client is refused once';
const NO_HOST = 'sends no Host, or a target or Host that is none: 400 on every class (RFC 9112, 3.2; docs/apps.md)';
const INTERNALS =
  'looks into Node’s server: its parser, its handle, the number of its listeners, or bytes of the socket beside it';
const FIVE_HUNDRED =
  'throws in a listener and expects `uncaughtException`, or Node’s own 500: one request’s fault is a 500 and ends no worker';
const UNREF = 'calls `server.unref()`: what is served keeps its process';

/** @type {readonly Difference[]} */
export const DIFFERENCES = [
  {
    project: 'express',
    tests: [
      'res when accepting html should escape the url',
      'res when accepting html should not render evil javascript links in anchor href (prevent XSS)',
      'res when accepting text should encode the url',
    ],
    on: BOTH,
    reason: BAD_HOST,
  },
  {
    project: 'express',
    tests: ['res .sendFile(path, fn) should invoke the callback when client aborts'],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'fastify',
    tests: [
      'close-pipelining.test.js › Should return 503 while closing - pipelining',
      'close.test.js › Current opened connection should not accept new incoming connections',
      'close.test.js › rejected incoming connections should be logged',
    ],
    on: BOTH,
    reason: 'asks again on a connection while its server closes: the answers to what has come are its last',
  },
  {
    project: 'fastify',
    tests: [
      'handler-timeout.test.js › client disconnect aborts lazily created signal (no handlerTimeout)',
      'handler-timeout.test.js › client disconnect aborts request.signal',
      'web-api.test.js › WebStream should cancel reader when response is destroyed',
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'fastify',
    tests: ['header-overflow.test.js › Should return 431 if URI is too long'],
    on: ['async'],
    reason: 'has a request line longer than `limitRequestLine`: a 414, which is Qilin’s to give (docs/apps.md)',
  },
  {
    project: 'fastify',
    tests: ['404s.test.js › Unknown method'],
    on: ['picoev'],
    reason:
      'sends a method that Node’s parser does not know: any token is one (RFC 9110, 9.1), and its request the app’s',
  },
  {
    project: 'fastify',
    tests: ['max-requests-per-socket.test.js › maxRequestsPerSocket'],
    on: ['picoev'],
    reason: 'asks once more on a connection whose answer has said that it is the last: it has ended',
  },
  {
    project: 'fastify',
    tests: ['request-error.test.js › customErrorHandler should not call handler for in-stream error'],
    on: ['picoev'],
    reason:
      'cuts an answer in the turn in which it began, and expects nothing of it to be sent: what was written is, and then the cut',
  },
  {
    project: 'http-proxy',
    tests: [
      'lib/http-proxy.js #createProxyServer using the ws-incoming passes should emit open and close events when socket.io client connects and disconnects',
    ],
    on: ['async'],
    reason:
      'the test before it leaves a client that connects again to a server which is closed, an error that nobody takes: on node it comes one test later',
  },
  {
    project: 'http-proxy',
    tests: [
      'lib/http-proxy.js #createProxyServer using the ws-incoming passes should pass all set-cookie headers to client',
    ],
    on: ['picoev'],
    reason: BAD_HOST,
  },
  {
    project: 'on-finished',
    tests: [
      'onFinished(res, listener) when response errors should fire with error',
      'onFinished(res, listener) when response errors should include the response object',
      'isFinished(res) when response errors should return true',
      'onFinished(req, listener) when request errors should fire with error',
      'onFinished(req, listener) when request errors should include the request object',
      'onFinished(req, listener) when requests pipelined should handle socket errors',
      'isFinished(req) when request errors should return true',
    ],
    on: BOTH,
    reason: GARBAGE,
  },
  {
    project: '@hapi/hapi',
    tests: [
      'clears connections on close (HTTP)',
      'waits to destroy connections if they close by themselves',
      'waits to stop until connections close by themselves when cleanStop is disabled',
      'handles aborted requests (during response)',
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: '@hapi/hapi',
    tests: [
      'handles hostname in HTTP request resource',
      'handles fragments (no query)',
      'handles fragments (with query)',
      'handles fragments with ? (no query)',
      'handles absolute URL (proxy)',
    ],
    on: BOTH,
    reason:
      'sends a target that is none by RFC 9112 (a fragment, a URL of another kind), or no Host: 400 (docs/apps.md)',
  },
  {
    project: '@hapi/hapi',
    tests: ['disables node socket timeout'],
    on: ['picoev'],
    reason: 'replaces `net.Socket.prototype.setTimeout`, which the engine’s connections do not have',
  },
  {
    project: '@hapi/hapi',
    tests: ['returns normal response when parser fails with bad method after request is setup'],
    on: ['picoev'],
    reason: '`invalid` is a method there, since any token is; the rest of its line is waited for',
  },
  {
    project: 'koa',
    tests: ['respond.test.js › app.respond › when using pipeline for streams › should cleanup streams on client abort'],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'express-session',
    tests: ['session() cookie option when "path" set to "/foo/bar" should not set cookie for "http://foo/bar" request'],
    on: BOTH,
    reason: BAD_HOST,
  },
  {
    project: 'restify',
    tests: [
      'audit logger should log 444 for closed request',
      "request metrics plugin should return 'RequestCloseError' err",
      'static resource plugin static does not leak the file stream and next() is properly called when the client disconnects before receiving a reply',
      'static resource plugin static does not open a file stream and next() is properly called when the client disconnects immediately after sending a request',
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'restify',
    tests: ['request metrics plugin should handle uncaught exceptions'],
    on: BOTH,
    reason: FIVE_HUNDRED,
  },
  {
    project: 'engine.io',
    tests: ['server close should allow client reconnect after restarting (ws)'],
    on: BOTH,
    reason:
      'closes a server and listens at its port in the same turn: what waits in the queue is taken first, so the port is free a turn later',
  },
  {
    project: 'engine.io',
    tests: [
      'server close should trigger if a poll request is ongoing and the underlying socket closes, as in a browser tab close',
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'node',
    tests: ['test-http-max-http-headers.js'],
    on: BOTH,
    reason: 'counts a whole head against Node’s one limit: Qilin’s are of its line and of each of its fields',
  },
  {
    project: 'node',
    tests: ['test-http-server-destroy-socket-on-client-error.js'],
    on: BOTH,
    reason:
      'expects what is no request to be an error of its socket, in the words of Node’s parser: a client that is refused is none',
  },
  {
    project: 'node',
    tests: ['test-http-transfer-encoding-repeated-chunked.js'],
    on: BOTH,
    reason: 'expects the app to be called before a transfer coding that is none is refused (RFC 9112, 6.3)',
  },
  {
    project: 'node',
    tests: ['test-http-chunked-smuggling.js'],
    on: ['picoev'],
    reason: 'expects the app to be called with a request whose body, which came with it, is none',
  },
  {
    project: 'node',
    tests: ['test-http-incoming-pipelined-socket-destroy.js'],
    on: ['picoev'],
    reason:
      'expects thirteen requests to be handed out before one of them is answered: further ones are read when there are answers',
  },
  {
    project: 'node',
    tests: ['test-http-no-read-no-dump.js'],
    on: ['picoev'],
    reason: INTERNALS,
  },
  {
    project: 'node',
    tests: ['test-http-outgoing-end-cork.js'],
    on: ['picoev'],
    reason: 'expects `write()` beyond the high-water mark to return false: it is true while the client takes all',
  },
  {
    project: 'node',
    tests: ['test-http-outgoing-properties.js'],
    on: ['picoev'],
    reason: 'asks in the turn in which it wrote how many bytes wait: they are handed to the engine at its end',
  },
  {
    project: 'node',
    tests: ['test-http-blank-header.js'],
    on: BOTH,
    reason: GARBAGE,
  },
  {
    project: 'node',
    tests: [
      'test-http-header-owstext.js',
      'test-http-host-header-ipv6-fail.js',
      'test-http-insecure-parser.js',
      'test-http-pipeline-socket-parser-typeerror.js',
      'test-http-server-multiheaders.js',
      'test-http-server-multiheaders2.js',
    ],
    on: BOTH,
    reason: NO_HOST,
  },
  {
    project: 'node',
    tests: ['test-http-server-unconsume-consume.js'],
    on: ['picoev'],
    reason: NO_HOST,
  },
  {
    project: 'node',
    tests: [
      'test-http-connect.js',
      'test-http-header-overflow.js',
      'test-http-parser-lazy-loaded.js',
      'test-http-server-delete-parser.js',
      'test-http-server-keepalive-end.js',
      'test-http-server-unconsume.js',
    ],
    on: BOTH,
    reason: INTERNALS,
  },
  { project: 'node', tests: ['test-http-server-keepalive-req-gc.js'], on: ['async'], reason: INTERNALS },
  {
    project: 'node',
    tests: ['test-http-parser-memory-retention.js', 'test-http-server-connection-list-when-close.js'],
    on: ['picoev'],
    reason: INTERNALS,
  },
  {
    project: 'node',
    tests: ['test-http-req-close-robust-from-tampering.js', 'test-http-request-method-delete-payload.js'],
    on: BOTH,
    reason: UNREF,
  },
  {
    project: 'node',
    tests: ['test-http-exceptions.js', 'test-http-server-capture-rejections.js'],
    on: BOTH,
    reason: FIVE_HUNDRED,
  },
  {
    project: 'node',
    tests: ['test-http-writable-true-after-close.js'],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  { project: 'node', tests: ['test-http-server-client-error.js'], on: ['picoev'], reason: WORDS },
  { project: 'node', tests: ['test-http-socket-error-listeners.js'], on: ['picoev'], reason: ONCE },
  {
    project: 'node',
    tests: ['test-http-server-request-timeout-delayed-body.js', 'test-http-server-request-timeout-interrupted-body.js'],
    on: ['async'],
    reason: 'expects one time for all of a request: those for its head and for its body are added up',
  },
  {
    project: 'srvx',
    tests: [
      ...[
        'is replaced with _invalid_, not crash',
        'localhost:3000/foobar is replaced with _invalid_',
        'example.com?query=1 is replaced with _invalid_',
        'host with spaces is replaced with _invalid_',
        'evil@host.com is replaced with _invalid_',
        '<script>alert(1)</script> is replaced with _invalid_',
        'host:port:extra is replaced with _invalid_',
      ].map((what) => `node-host-header.test.ts › malformed Host header handling malformed Host ${what}`),
      'node-host-header.test.ts › malformed Host header handling server remains operational after malformed request',
      'node-host-header.test.ts › absolute-form request target userinfo is dropped instead of crashing the native Request (500)',
    ],
    on: BOTH,
    reason: BAD_HOST,
  },
  {
    project: 'srvx',
    tests: [
      'node-streams.test.ts › node response stream error handling client abort before the first chunk destroys the node readable',
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
];
