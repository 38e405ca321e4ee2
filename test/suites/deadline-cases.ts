/**
 * The states of a connection that docs/architecture.md, "Deadlines", has a row for, and how a client of HTTP/1.1 brings a
 * server into each of them. The app is test/fixtures/deadlines.mjs.
 */
import { get, post } from './requests.ts';

/** The columns of the table: classes on the native engine, on Node's stack, and HTTP/2 on that one. */
export type Column = 'native' | 'node' | 'http2';

/** What ends a connection in this state, as the cell begins; undefined where the state cannot be. */
type Row = Readonly<{ state: string } & Record<Column, string | undefined>>;

export const ROWS = {
  // Tried in the suite of PROXY protocol.
  proxied: {
    state: 'has not sent its whole PROXY header, where one is asked for',
    native: '`headersTimeout`',
    node: '`headersTimeout`',
    http2: 'the same',
  },
  handshake: {
    state: 'has not finished its TLS handshake',
    native: undefined,
    node: '`headersTimeout`',
    http2: '`headersTimeout`',
  },
  first: {
    state: 'has sent nothing yet, or is in its first head',
    native: '`headersTimeout`',
    node: '`headersTimeout`',
    http2: '`headersTimeout`',
  },
  later: {
    state: 'is in the head of a later request',
    native: '`headersTimeout`',
    node: '`headersTimeout`',
    http2: '`keepalive`',
  },
  idle: { state: 'is idle between two requests', native: '`keepalive`', node: '`keepalive`', http2: '`keepalive`' },
  read: {
    state: 'sends a body that the app reads',
    native: '`bodyTimeout`',
    node: '`headersTimeout` + `bodyTimeout`',
    http2: '`bodyTimeout`',
  },
  unread: {
    state: 'sends a body that the app does not read, or pauses',
    native: '`responseTimeout`',
    node: '`responseTimeout`',
    http2: '`responseTimeout`',
  },
  answered: {
    state: 'sends a body behind a complete answer',
    native: '`bodyTimeout`',
    node: '`headersTimeout` + `bodyTimeout`',
    http2: '`bodyTimeout`',
  },
  last: { state: 'sends on behind its last answer', native: '2 s', node: '1 s', http2: '1 s' },
  refused: {
    state: "has sent no HTTP, and its program's `'clientError'` listener does not end it",
    native: '5 s',
    node: '5 s',
    http2: undefined,
  },
  waits: {
    state: 'waits for the answer',
    native: '`responseTimeout`',
    node: '`responseTimeout`',
    http2: '`responseTimeout`',
  },
  more: {
    state: 'waits for more of an answer, and has taken all there is',
    native: 'none',
    node: 'none',
    http2: 'none',
  },
  deaf: {
    state: 'does not take the answer, whatever else it does',
    native: '`sendTimeout`',
    node: '`sendTimeout`',
    http2: '`sendTimeout`',
  },
  overdue: {
    state: 'has a request whose answer is not complete, whatever else it does',
    native: '`requestTimeout`',
    node: '`requestTimeout`',
    http2: '`requestTimeout`',
  },
  left: {
    state: 'has ended its side, an answer is on its way',
    native: 'as without',
    node: 'as without',
    http2: 'at once',
  },
  lost: {
    state: 'has ended its side in the middle of a body, or was reset',
    native: 'at once',
    node: 'at once',
    http2: 'at once',
  },
  upgraded: {
    state: 'has gone over to another protocol',
    native: '`gracefulTimeout`',
    node: '`gracefulTimeout`',
    http2: undefined,
  },
} as const satisfies Record<string, Row>;

export type State = keyof typeof ROWS;

export interface Case {
  readonly state: State;
  /** The state more closely. */
  readonly what: string;
  readonly send: string;
  /** Sent again and again, which makes no difference. */
  readonly drip?: string;
  /** The client takes nothing of what it is sent. */
  readonly deaf?: boolean;
  /** When the app has begun, the client ends its side, is gone altogether, or resets the connection. */
  readonly leaves?: 'ends' | 'goes' | 'resets';
  /** All that comes back. */
  readonly received?: RegExp;
  /** What the app is told, if its request is the one that is ended. */
  readonly gone?: boolean;
  /** Another request came before on the connection. */
  readonly keepAlive?: boolean;
}

const HALF = 'Content-Length: 1000000';
const PART = 'x'.repeat(100_000);

const NOTHING = /^$/;
/** Its end: 408 may be said, or nothing. */
const LATE = /^(?:HTTP\/1\.1 408 [\s\S]*)?$/;
const only = (status: number | string) => new RegExp(`^HTTP/1\\.1 ${status} (?![\\s\\S]*HTTP/1\\.1)`);
const HELLO = /^HTTP\/1\.1 200 (?![\s\S]*HTTP\/1\.1)[\s\S]*hello/;

export const CASES: readonly Case[] = [
  { state: 'first', what: 'nothing has come', send: '', received: LATE },
  { state: 'first', what: 'a head drips', send: 'GET / HTTP/1.1\r\nHost: test\r\nx: ', drip: 'x', received: only(408) },
  {
    state: 'later',
    what: 'a head drips',
    send: `${get('/hello')}GET / HTTP/1.1\r\nHost: test\r\nx: `,
    drip: 'x',
    received: /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 408 /,
    keepAlive: true,
  },
  { state: 'idle', what: 'nothing has come', send: get('/hello'), received: HELLO, keepAlive: true },
  { state: 'idle', what: 'an empty line has come', send: `${get('/hello')}\r\n`, received: HELLO, keepAlive: true },
  { state: 'read', what: 'of known length', send: post('/read', HALF), drip: 'x', received: only(408), gone: true },
  {
    state: 'read',
    what: 'in chunks',
    send: post('/read', 'Transfer-Encoding: chunked'),
    drip: '1\r\nx\r\n',
    received: only(408),
    gone: true,
  },
  {
    state: 'read',
    what: 'that was waited for with 100 Continue',
    send: post('/read', HALF, 'Expect: 100-continue'),
    received: /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 408 /,
    gone: true,
  },
  {
    state: 'read',
    what: 'while the answer is sent',
    send: post('/begin-and-read', HALF),
    drip: 'x',
    received: /^HTTP\/1\.1 200 (?![\s\S]*HTTP\/1\.1)[\s\S]*begun\r\n$/,
    gone: true,
  },
  { state: 'unread', what: 'that nobody reads', send: post('/never', HALF), received: only('(?:408|503)'), gone: true },
  {
    state: 'unread',
    what: 'that the app pauses',
    send: `${post('/pause', HALF)}${PART}`,
    received: only('(?:408|503)'),
    gone: true,
  },
  { state: 'answered', what: 'that nobody reads', send: `${post('/hello', HALF)}begun`, drip: 'x', received: HELLO },
  { state: 'answered', what: 'that the app pauses', send: `${post('/early', HALF)}${PART}`, received: only(413) },
  { state: 'last', what: 'a refusal', send: 'GET / HTTP/1.1\r\nHost : test\r\n\r\n', drip: 'x', received: only(400) },
  {
    state: 'last',
    what: 'by the client’s own wish',
    send: post('/hello', HALF, 'Connection: close'),
    drip: 'x',
    received: HELLO,
  },
  { state: 'waits', what: 'by GET', send: get('/never'), received: only(503), gone: true },
  {
    state: 'waits',
    what: 'having ended its side',
    send: get('/never'),
    leaves: 'ends',
    received: only(503),
    gone: true,
  },
  {
    state: 'waits',
    what: 'asking for another protocol',
    send: get('/never', 'Connection: Upgrade', 'Upgrade: echo'),
    received: only(503),
    gone: true,
  },
  { state: 'more', what: 'which comes later', send: get('/slowly'), received: /^HTTP\/1\.1 200 [\s\S]*surely\r\n/ },
  { state: 'deaf', what: 'and is silent', send: get('/flood'), deaf: true, gone: true },
  {
    state: 'deaf',
    what: 'and sends its body',
    send: post('/flood-and-read', 'Transfer-Encoding: chunked'),
    drip: '1\r\nx\r\n',
    deaf: true,
    gone: true,
  },
  { state: 'deaf', what: 'and asks for more', send: get('/flood'), drip: get('/hello'), deaf: true, gone: true },
  { state: 'deaf', what: 'and has ended its side', send: get('/flood'), leaves: 'ends', deaf: true, gone: true },
  { state: 'left', what: 'the client is gone', send: get('/never'), leaves: 'goes', gone: true },
  {
    state: 'left',
    what: 'the client is gone, some of the answer was sent',
    send: get('/flood'),
    leaves: 'goes',
    gone: true,
  },
  {
    state: 'lost',
    what: 'by FIN',
    send: post('/read', HALF),
    leaves: 'ends',
    received: /^(?:HTTP\/1\.1 400 [\s\S]*)?$/,
    gone: true,
  },
  { state: 'lost', what: 'by a reset', send: get('/never'), leaves: 'resets', received: NOTHING, gone: true },
];

const BEGUN = /^HTTP\/1\.1 200 (?![\s\S]*(?:HTTP\/1\.1|surely|\r\n0\r\n))/;

/** The same where `requestTimeout` alone is short. */
export const OVERDUE_CASES: readonly Case[] = [
  { state: 'overdue', what: 'waits', send: get('/never'), received: only(503), gone: true },
  {
    state: 'overdue',
    what: 'waits, having ended its side',
    send: get('/never'),
    leaves: 'ends',
    received: only(503),
    gone: true,
  },
  {
    state: 'overdue',
    what: 'sends a body that the app reads',
    send: post('/read', HALF),
    drip: 'x',
    received: only(503),
    gone: true,
  },
  {
    state: 'overdue',
    what: 'sends a body that the app does not read',
    send: post('/never', HALF),
    drip: 'x',
    received: only(503),
    gone: true,
  },
  {
    state: 'overdue',
    what: 'sends a body amid the answer',
    send: post('/begin-and-read', HALF),
    drip: 'x',
    received: BEGUN,
    gone: true,
  },
  { state: 'overdue', what: 'waits for more of the answer', send: get('/slowly'), received: BEGUN, gone: true },
  {
    state: 'overdue',
    what: 'takes a bit of the answer now and then',
    send: get('/trickle'),
    received: BEGUN,
    gone: true,
  },
  { state: 'overdue', what: 'takes nothing', send: get('/flood'), deaf: true, gone: true },
  {
    state: 'overdue',
    what: 'has asked before, for as long',
    send: `${get('/hello')}${get('/never')}`,
    received: /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 503 (?![\s\S]*HTTP\/1\.1)/,
    keepAlive: true,
  },
];
