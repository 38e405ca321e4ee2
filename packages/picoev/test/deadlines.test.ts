/**
 * The table of docs/architecture.md, "Deadlines": whatever state a connection is in, some deadline ends it, unless it is the app's
 * turn and the settings say that it may take its time. In each case one deadline is short, and nothing else can end it.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { addressOf, closeFd, type Exchange, HttpLoop, type HttpLoopOptions, listen } from '../src/index.ts';
import { deferred, GET, get, hello, KINDS } from './basics.ts';
import { LOOP_OPTIONS } from './fixtures/loop-options.mjs';

// Most of a case is waiting.
vi.setConfig({ maxConcurrency: 30 });

const SHORT = 300;
/** What a client is given that sends what nobody reads. */
const LINGER = 2_000;

type Deadline =
  | 'headTimeout'
  | 'bodyTimeout'
  | 'answerTimeout'
  | 'exchangeTimeout'
  | 'writeTimeout'
  | 'keepAliveTimeout';

interface Case {
  readonly state: string;
  /** The one that ends it; undefined for the fixed time of a connection that lingers. */
  readonly deadline: Deadline | undefined;
  readonly serve?: (exchange: Exchange) => void;
  readonly send: string;
  /** Sent again and again, which makes no difference. */
  readonly drip?: string;
  /** The client takes nothing of what it is sent. */
  readonly deaf?: boolean;
  /** The client ends its side behind what it sends. */
  readonly ends?: boolean;
  readonly received: RegExp;
  /** Of the last request, in order; `over` comes last. */
  readonly told: readonly string[];
}

const post = (fields: string, body = '') => `POST / HTTP/1.1\r\nHost: test\r\n${fields}\r\n\r\n${body}`;
const HALF = post('Content-Length: 100000', 'half');
const REFUSED = (status: number) => new RegExp(`^HTTP/1\\.1 ${status} `);

/** Notes what becomes of an exchange. */
const told = new WeakMap<Exchange, string[]>();
const note = (exchange: Exchange, what: string): void => void told.get(exchange)?.push(what);

/** Reads the body; `goesOn` says whether it wants more after a piece. */
function read(exchange: Exchange, goesOn: () => boolean = () => true): void {
  exchange.readBody({
    data: () => goesOn(),
    end: () => note(exchange, 'end'),
    abort: () => note(exchange, 'aborted'),
  });
}

/** Wants no more after each piece, but some time later. */
function readWithPauses(exchange: Exchange): void {
  read(exchange, () => {
    setTimeout(() => exchange.resumeBody(), 20);
    return false;
  });
}

const never = (): void => {};
const big = Buffer.alloc(256 * 1024, 'x');

/** Writes for as long as anybody takes it. */
function flood(exchange: Exchange): void {
  exchange.begin(200, '', undefined);
  const go = () => {
    while (!exchange.isOver && exchange.write(big));
  };
  exchange.onDrain = go;
  go();
}

/** Writes a little, again and again. */
function trickle(exchange: Exchange): void {
  exchange.begin(200, '', undefined);
  const timer = setInterval(() => {
    if (exchange.isOver) clearInterval(timer);
    else exchange.write(Buffer.from('x'));
  }, 20);
}

const CASES: readonly Case[] = [
  { state: 'nothing has come', deadline: 'headTimeout', send: '', received: /^$/, told: [] },
  {
    state: 'in a head',
    deadline: 'headTimeout',
    send: 'GET / HTTP/1.1\r\nx: ',
    drip: 'x',
    received: REFUSED(408),
    told: [],
  },
  {
    state: 'in the head of a later request',
    deadline: 'headTimeout',
    send: `${GET}GET / HTTP/1.1\r\nx: `,
    drip: 'x',
    received: /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 408 /,
    told: ['over'],
  },
  { state: 'idle', deadline: 'keepAliveTimeout', send: GET, received: /hello$/, told: ['over'] },
  {
    state: 'idle, behind an empty line',
    deadline: 'keepAliveTimeout',
    send: `${GET}\r\n`,
    received: /hello$/,
    told: ['over'],
  },
  {
    state: 'the body is read',
    deadline: 'bodyTimeout',
    serve: (exchange) => read(exchange),
    send: HALF,
    drip: 'x',
    received: REFUSED(408),
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the body is read with pauses, each of which gives the client no more time',
    deadline: 'bodyTimeout',
    serve: readWithPauses,
    send: HALF,
    drip: 'x',
    received: REFUSED(408),
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'a chunked body is read',
    deadline: 'bodyTimeout',
    serve: (exchange) => read(exchange),
    send: post('Transfer-Encoding: chunked'),
    drip: '1\r\nx\r\n',
    received: REFUSED(408),
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'a body is read whose client was told to go on',
    deadline: 'bodyTimeout',
    serve: (exchange) => read(exchange),
    send: post('Content-Length: 10\r\nExpect: 100-continue'),
    received: /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 408 /,
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the body is read while the answer is sent',
    deadline: 'bodyTimeout',
    serve: (exchange) => {
      read(exchange);
      exchange.begin(200, '', undefined);
      exchange.write(Buffer.from('begun'));
    },
    send: HALF,
    drip: 'x',
    received: /begun\r\n$/,
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'nobody reads the body, and the answer is complete',
    deadline: 'bodyTimeout',
    send: HALF,
    drip: 'x',
    received: /hello$/,
    told: ['over'],
  },
  {
    state: 'the body was read in part, and the answer is complete',
    deadline: 'bodyTimeout',
    serve: (exchange) => {
      read(exchange, () => false);
      hello(exchange);
    },
    send: HALF,
    drip: 'x',
    received: /hello$/,
    told: ['aborted', 'over'],
  },
  {
    state: 'the app pauses the body, and has given its answer but for the end',
    deadline: 'bodyTimeout',
    serve: (exchange) => {
      read(exchange, () => false);
      exchange.raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
      exchange.answered();
    },
    send: HALF,
    drip: 'x',
    received: /early$/,
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the app reads the body, and has given its answer but for the end',
    deadline: 'bodyTimeout',
    serve: (exchange) => {
      read(exchange);
      exchange.raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
      exchange.answered();
    },
    send: HALF,
    drip: 'x',
    received: /early$/,
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the answer is awaited',
    deadline: 'answerTimeout',
    serve: never,
    send: GET,
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the answer is awaited, and nobody reads the body',
    deadline: 'answerTimeout',
    serve: never,
    send: HALF,
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the answer is awaited, and the app pauses the body',
    deadline: 'answerTimeout',
    serve: (exchange) => read(exchange, () => false),
    send: HALF,
    received: REFUSED(503),
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the answer is awaited by a client that wants to be told to go on',
    deadline: 'answerTimeout',
    serve: never,
    send: post('Content-Length: 10\r\nExpect: 100-continue'),
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the answer is awaited by a client that has ended its side',
    deadline: 'answerTimeout',
    serve: never,
    send: GET,
    ends: true,
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the client asks for another protocol, and the app does nothing about it',
    deadline: 'answerTimeout',
    serve: never,
    send: get('/', 'Connection: Upgrade', 'Upgrade: echo'),
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the client takes nothing of the answer',
    deadline: 'writeTimeout',
    serve: flood,
    send: GET,
    deaf: true,
    received: /^$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the client takes nothing of the answer, and sends its body',
    deadline: 'writeTimeout',
    serve: (exchange) => {
      read(exchange);
      flood(exchange);
    },
    send: HALF,
    drip: 'x',
    deaf: true,
    received: /^$/,
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the client takes nothing of its answers, and asks for more',
    deadline: 'writeTimeout',
    serve: (exchange) => exchange.respond(200, '', big),
    send: GET.repeat(100),
    deaf: true,
    received: /^$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the client has ended its side, and takes nothing of the answer',
    deadline: 'writeTimeout',
    serve: flood,
    send: GET,
    ends: true,
    deaf: true,
    received: /^$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the exchange has not begun to be answered',
    deadline: 'exchangeTimeout',
    serve: never,
    send: GET,
    received: REFUSED(503),
    told: ['gone', 'over'],
  },
  {
    state: 'the exchange is one of which the body is read',
    deadline: 'exchangeTimeout',
    serve: read,
    send: HALF,
    drip: 'x',
    received: REFUSED(503),
    told: ['aborted', 'gone', 'over'],
  },
  {
    state: 'the exchange is answered bit by bit, and taken',
    deadline: 'exchangeTimeout',
    serve: trickle,
    send: GET,
    received: /^HTTP\/1\.1 200 [\s\S]*x\r\n$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the exchange is answered bit by bit to a client that has ended its side',
    deadline: 'exchangeTimeout',
    serve: trickle,
    send: GET,
    ends: true,
    received: /^HTTP\/1\.1 200 [\s\S]*x\r\n0*$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the exchange has all of its answer, which nobody takes',
    deadline: 'exchangeTimeout',
    serve: (exchange) => exchange.respond(200, '', big),
    send: GET.repeat(40),
    deaf: true,
    received: /^$/,
    told: ['gone', 'over'],
  },
  {
    state: 'the exchange is the second of a connection, and the first took its time',
    deadline: 'exchangeTimeout',
    serve: (exchange) => {
      if (exchange.target === '/first') setTimeout(() => hello(exchange), SHORT - 100);
    },
    send: get('/first') + get('/second') + get('/third'),
    received: /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 503 (?![\s\S]*HTTP\/1\.1)/,
    told: ['gone', 'over'],
  },
  {
    state: 'the request was refused, and the client goes on sending',
    deadline: undefined,
    send: 'GET / HTTP/1.1\r\nHost : test\r\n\r\n',
    drip: 'x',
    received: REFUSED(400),
    told: [],
  },
  {
    state: 'the answer is the last one, and the client goes on sending its body',
    deadline: undefined,
    serve: (exchange) => {
      exchange.closeAfter();
      hello(exchange);
    },
    send: HALF,
    drip: 'x',
    received: /hello$/,
    told: ['over'],
  },
];

/** Plays a case to its end. */
async function play(options: Partial<HttpLoopOptions>, { serve = hello, send, drip, deaf, ends }: Case) {
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const { promise: empty, resolve: onEmpty } = deferred<void>();
  let last: string[] = [];
  const onRequest = (exchange: Exchange) => {
    last = [];
    const events = last;
    told.set(exchange, events);
    exchange.onGone = () => events.push('gone');
    exchange.onOver = () => events.push('over');
    serve(exchange);
  };
  const loop = new HttpLoop({ ...LOOP_OPTIONS, ...options }, { onRequest, onEmpty: () => onEmpty() });
  loop.accept(fd);
  const address = addressOf(fd);
  const socket = net.connect({ port: 'port' in address ? address.port : 0, host: '127.0.0.1', allowHalfOpen: true });
  const ended = new Promise((resolve) => socket.once('end', resolve).on('error', resolve));
  let received = '';
  if (!deaf) socket.setEncoding('latin1').on('data', (piece) => (received += String(piece)));
  const begin = performance.now();
  await once(socket, 'connect');
  if (send !== '') socket.write(send, 'latin1');
  if (ends) socket.end();
  const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 25);
  await empty;
  const milliseconds = performance.now() - begin;
  clearInterval(dripping);
  if (!deaf) await ended;
  socket.destroy();
  const { lateHeads, lateBodies, lateWrites } = loop.stats;
  loop.close();
  closeFd(fd);
  return { received, last, milliseconds, late: { lateHeads, lateBodies, lateWrites } };
}

/** In which nothing is read, as while the process is stopped. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** A server whose deadlines are short, and a client of it. */
async function meet(kind: (typeof KINDS)[number], onRequest: (exchange: Exchange) => void) {
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const short = { headTimeout: SHORT, bodyTimeout: SHORT, keepAliveTimeout: SHORT, writeTimeout: SHORT };
  const loop = new HttpLoop({ ...LOOP_OPTIONS, ...kind, ...short }, { onRequest });
  loop.accept(fd);
  const address = addressOf(fd);
  const socket = net.connect('port' in address ? address.port : 0, '127.0.0.1').on('error', () => {});
  const state = { received: '' };
  const close = () => {
    socket.destroy();
    loop.close();
    closeFd(fd);
  };
  await once(socket, 'connect');
  return { loop, socket, state, close };
}

/** Halves of a request. The first is met by the server before the second comes, in the midst of what keeps the loop. */
const HALVES = [
  { state: 'in a head', first: 'GET / HTTP/1.1\r\nHost: test\r\n', rest: '\r\n' },
  { state: 'in a body', first: post('Content-Length: 10', '01234'), rest: '56789' },
  { state: 'before a head', first: '', rest: GET },
];

describe.each(KINDS)('a loop that was kept for longer than a deadline, by $multiplexer and $timers', (kind) => {
  test.each(HALVES)('believes what the client did in time: $state', async ({ first, rest }) => {
    const { loop, socket, state, close } = await meet(kind, (exchange) => {
      exchange.readBody({ data: () => true, end: () => hello(exchange), abort: () => {} });
    });
    socket.setEncoding('latin1').on('data', (piece) => (state.received += String(piece)));
    if (first !== '') socket.write(first);
    const { turns } = loop.stats;
    while (loop.stats.accepted === 0 || (first !== '' && loop.stats.turns === turns)) await turn();
    socket.write(rest);
    block(2 * SHORT);
    while (state.received === '') await once(socket, 'data');
    expect(state.received).toMatch(/^HTTP\/1\.1 200 /);
    close();
  });

  test('gives a client that takes its answer all of its time again', async () => {
    const size = 32 * 1024 * 1024;
    const { loop, socket, close } = await meet(kind, (exchange) => exchange.respond(200, '', Buffer.alloc(size)));
    let received = 0;
    socket.on('data', (piece) => (received += piece.length)).pause();
    socket.write(GET);
    while (loop.stats.requests === 0) await turn();
    block(2 * SHORT);
    await turn();
    socket.resume();
    while (received < size && !socket.closed) await turn();
    expect(received).toBeGreaterThan(size);
    close();
  });
});

const loops: HttpLoop[] = [];
afterEach(() => {
  for (const loop of loops.splice(0)) loop.close();
});

test('an exchange that is answered in time is followed by others on its connection', async () => {
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const serve = (exchange: Exchange) => void setTimeout(() => hello(exchange), SHORT / 4);
  const loop = new HttpLoop({ ...LOOP_OPTIONS, exchangeTimeout: SHORT }, { onRequest: serve });
  loop.accept(fd);
  const address = addressOf(fd);
  const socket = net.connect('port' in address ? address.port : 0, '127.0.0.1').setEncoding('latin1');
  for (let round = 0; round < 8; round++) {
    socket.write(GET);
    const [text] = await once(socket, 'data');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  }
  socket.destroy();
  loop.close();
  closeFd(fd);
});

test('an answer that was given in full, and is not taken in time, is told too', async () => {
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const given: boolean[] = [];
  const serve = (exchange: Exchange) => {
    exchange.begin(200, '', undefined);
    while (exchange.connection.bytesWaiting === 0) exchange.write(Buffer.alloc(20 * 1024));
    exchange.end();
    given.push(exchange.isOver);
  };
  const overdue = new Promise((resolve) => {
    const onOverdue = ({ target }: Exchange) => resolve(target);
    const loop = new HttpLoop({ ...LOOP_OPTIONS, exchangeTimeout: SHORT }, { onRequest: serve, onOverdue });
    loop.accept(fd);
    loops.push(loop);
  });
  const address = addressOf(fd);
  const socket = net.connect('port' in address ? address.port : 0, '127.0.0.1').on('error', () => {});
  socket.write('GET /untaken HTTP/1.1\r\nHost: test\r\n\r\n');
  expect(await overdue).toBe('/untaken');
  expect(given).toEqual([true]);
  socket.destroy();
  closeFd(fd);
});

describe.each(KINDS)('by $multiplexer and $timers', (kind) => {
  test.concurrent.each(CASES)('$state: $deadline', async (one) => {
    const limits = one.deadline === undefined ? {} : { [one.deadline]: SHORT };
    const { received, last, milliseconds, late } = await play({ ...kind, ...limits }, one);
    expect(received).toMatch(one.received);
    expect(last).toEqual(one.told);
    expect(late).toEqual({
      lateHeads: Number(one.deadline === 'headTimeout'),
      lateBodies: Number(one.deadline === 'bodyTimeout'),
      lateWrites: Number(one.deadline === 'writeTimeout'),
    });
    // libuv's clock stands still during a turn.
    expect(milliseconds).toBeGreaterThan((one.deadline === undefined ? LINGER : SHORT) - 50);
  });
});
