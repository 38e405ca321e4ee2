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
];
