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
const CLIENT_ERROR =
  'listens to `clientError`, which the engine does not emit: it answers by itself, and the log says so (docs/apps.md)';

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
    tests: ['handles aborted request', 'returns a bad request for POST request when chunked parsing fails'],
    on: ['picoev'],
    reason: CLIENT_ERROR,
  },
  {
    project: '@hapi/hapi',
    tests: ['returns normal response when parser fails with bad method after request is setup'],
    on: ['picoev'],
    reason: '`invalid` is a method there, since any token is; the rest of its line is waited for',
  },
];
