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
  'expects to hear at once of a client that has closed: it may have ended its side alone and still read, which a byte finds out, after 250 ms on `picoev` and a second on `async`';

const GARBAGE =
  'sends what is no request behind one that waits for its answer, and expects that one to be cut: it is answered first (RFC 9112, 9.3.2)';
const WORDS = 'compares the words and the count of Node’s parser: `error.reason` is the engine’s (docs/apps.md)';
const ONCE = 'expects an error for each byte behind the first that is none: a client is refused once';
const STANDS_IN = 'asks whether a socket is a `net.Socket`: on `picoev` an object stands for it';
const CUT =
  'answers a request whose body is none, and waits for that to end: nobody is told of it once the answer is complete';

const NO_HOST = 'sends no Host, or a target or Host that is none: 400 on every class (RFC 9112, 3.2; docs/apps.md)';
const REFUSAL =
  'sends what Node’s parser refuses, or takes, in its own way, and compares the answer, the error of the socket or who was called';
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
    project: 'express',
    tests: ['res .sendFile(path, fn) should invoke the callback when client already aborted'],
    on: ['async'],
    reason: HALF_CLOSED,
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
    project: 'on-finished',
    tests: [
      'onFinished(res, listener) when the response aborts should execute the callback',
      'isFinished(res) when the response aborts should return true',
      'onFinished(req, listener) when the request aborts should execute the callback',
      'isFinished(req) when the request aborts should return true',
    ],
    on: ['async'],
    reason: HALF_CLOSED,
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
    tests: ['returns a bad request for POST request when chunked parsing fails'],
    on: ['picoev'],
    reason: CUT,
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
    ],
    on: BOTH,
    reason: HALF_CLOSED,
  },
  {
    project: 'engine.io',
    tests: [
      'engine attach() should destroy upgrades not handled by engine',
      'engine attach() should destroy unhandled upgrades with after a timeout',
    ],
    on: ['picoev'],
    reason: NO_HOST,
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
    tests: [
      'test-http-max-http-headers.js',
      'test-http-server-destroy-socket-on-client-error.js',
      'test-http-transfer-encoding-repeated-chunked.js',
    ],
    on: BOTH,
    reason: REFUSAL,
  },
  {
    project: 'node',
    tests: ['test-http-chunked-smuggling.js'],
    on: ['picoev'],
    reason: REFUSAL,
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
    tests: [
      'test-http-parser-freed-before-upgrade.js',
      'test-http-server-request-timeout-upgrade.js',
      'test-http-upgrade-server.js',
      'test-http-upgrade-server2.js',
    ],
    on: ['picoev'],
    reason: NO_HOST,
  },
  {
    project: 'node',
    tests: [
      'test-http-connect.js',
      'test-http-header-overflow.js',
      'test-http-parser-freed-during-execute.js',
      'test-http-parser-lazy-loaded.js',
      'test-http-server-delete-parser.js',
      'test-http-server-keepalive-end.js',
      'test-http-server-keepalive-req-gc.js',
      'test-http-server-unconsume.js',
    ],
    on: BOTH,
    reason: INTERNALS,
  },
  {
    project: 'node',
    tests: [
      'test-http-parser-memory-retention.js',
      'test-http-server-connection-list-when-close.js',
      'test-http-server-optimize-empty-requests.js',
      'test-http-server-unconsume-consume.js',
      'test-http-set-timeout.js',
    ],
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
  { project: 'node', tests: ['test-http-keep-alive-drop-requests.js'], on: ['picoev'], reason: STANDS_IN },
  { project: 'node', tests: ['test-http-server-client-error.js'], on: ['picoev'], reason: WORDS },
  {
    project: 'node',
    tests: ['test-http-server-reject-chunked-with-content-length.js'],
    on: ['picoev'],
    reason: NO_HOST,
  },
  { project: 'node', tests: ['test-http-socket-error-listeners.js'], on: ['picoev'], reason: ONCE },
  {
    project: 'node',
    tests: ['test-http-keep-alive-max-requests.js'],
    on: ['picoev'],
    reason: 'sends three empty lines between two requests, of which two are ignored',
  },
  {
    project: 'node',
    tests: ['test-http-chunk-extensions-limit.js'],
    on: ['picoev'],
    reason: 'expects 413 for chunk extensions without end, which are a 400 there',
  },
  {
    project: 'node',
    tests: [
      'test-http-server-headers-timeout-delayed-headers.js',
      'test-http-server-request-timeout-delayed-headers.js',
    ],
    on: ['picoev'],
    reason: 'expects 408 for a client that has sent nothing yet, which is closed without a word',
  },
  {
    project: 'node',
    tests: ['test-http-server-request-timeout-delayed-body.js', 'test-http-server-request-timeout-interrupted-body.js'],
    on: ['async'],
    reason: 'expects one time for all of a request: those for its head and for its body are added up',
  },
  {
    project: '@hono/node-server',
    tests: [
      'listener.test.ts › Abort request - error path should abort request signal when client disconnects while async error handler is running after sync',
      'listener.test.ts › Abort request - error path should abort request signal when client disconnects while async error handler is running after async',
      'request-client-disconnect.test.ts › body reads after client disconnect reads a complete content-length body',
      'request-client-disconnect.test.ts › body reads after client disconnect reads a complete chunked body',
      'request-client-disconnect.test.ts › body reads after client disconnect rejects a body read after the raw stream consumed the disconnected body',
      'request-client-disconnect.test.ts › body reads after client disconnect reads a complete body via formData()',
      'request-client-disconnect.test.ts › body reads after client disconnect reads a complete body through the raw body stream',
      'request-client-disconnect.test.ts › body reads after client disconnect reads a complete body even when request properties were accessed after disconnect',
    ],
    on: ['async'],
    reason: HALF_CLOSED,
  },
];
