/** Connections that begin with a header of PROXY protocol: on the engine, and in the gate of other stacks. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Acceptor, closeFd, type Endpoint, ProxyGate } from '../src/index.ts';
import { connect } from './clients.ts';
import { Client, deferred, fd, GET, get, KINDS, serve } from './engine.ts';

const LAST = get('/', 'Connection: close');
const HEADER = 'PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n';
const CLIENT: Endpoint = { address: '203.0.113.7', port: 4711, family: 'IPv4' };

/** With bytes of it unread the kernel resets a connection, which is an end too. */
async function toTheEnd(client: Client): Promise<string> {
  if (!client.socket.closed) await new Promise((resolve) => client.socket.once('close', resolve));
  return client.text;
}

describe.each(KINDS)('the engine by $multiplexer and $timers', (kind) => {
  test('tells the client of a header in any pieces, before its first request, and counts its own bytes alone', async () => {
    const told: unknown[] = [];
    const loop = serve((exchange) => {
      told.push(exchange.connection.peer, exchange.connection.bytesRead);
      exchange.respond(200, '', 'hello');
    }, kind);
    loop.expectProxies(['127.0.0.1']);
    loop.onConnection = ({ peer }) => told.push(peer);
    const whole = await Client.open(HEADER + LAST);
    await whole.toTheEnd();
    expect(told.splice(0)).toEqual([CLIENT, CLIENT, LAST.length]);
    const client = await Client.open();
    for (const byte of HEADER) await new Promise((resolve) => client.socket.write(byte, resolve));
    expect(told).toEqual([]);
    client.socket.write(LAST);
    await client.toTheEnd();
    expect(told).toEqual([CLIENT, CLIENT, LAST.length]);
  });

  test('closes and tells of what has none, or is late with it, and nothing else hears of that', async () => {
    const reasons: string[] = [];
    const all = deferred<void>();
    const loop = serve(
      () => reasons.push('a request'),
      { ...kind, headTimeout: 300 },
      {
        onUnproxied: (count, reason, peer) => {
          reasons.push(...Array.from({ length: count }, () => `${peer}: ${reason}`));
          if (reasons.length === 3) all.resolve();
        },
      },
    );
    loop.expectProxies(['*']);
    loop.onConnection = () => reasons.push('a connection');
    const garbage = await Client.open(GET);
    const late = await Client.open('PROXY ');
    expect(await garbage.toTheEnd()).toBe('');
    expect(await late.toTheEnd()).toBe('');
    const cut = await Client.open('PROXY ');
    cut.socket.end();
    expect(await cut.toTheEnd()).toBe('');
    await all.promise;
    expect(reasons).toEqual([
      '127.0.0.1: it does not begin with a PROXY header',
      '127.0.0.1: its PROXY header did not come in time',
      '127.0.0.1: its PROXY header is cut',
    ]);
    expect(loop.stats).toMatchObject({ accepted: 3, unproxied: 3, requests: 0, open: 0 });
  });

  test('takes nothing from who is no proxy', async () => {
    const loop = serve(() => {}, kind);
    loop.expectProxies(['10.0.0.0/8', '::/0']);
    const client = await Client.open(HEADER + GET);
    expect(await client.toTheEnd()).toBe('');
    expect(loop.stats).toMatchObject({ unproxied: 1, requests: 0, open: 0 });
  });
});

/** A connection that its client has reset before anybody accepts it: nothing tells whose it was. */
async function leaveOne(): Promise<void> {
  const socket = await connect(fd);
  socket.resetAndDestroy();
  await once(socket, 'close');
}

test('the engine does not count who has left before', async () => {
  await leaveOne();
  const loop = serve(() => {});
  loop.expectProxies(['127.0.0.1']);
  while (loop.stats.accepted === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(loop.stats).toMatchObject({ unproxied: 0, open: 0 });
});

describe('a gate', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** What it tells, as it does; sockets that pass say back what they are sent. */
  function gate(networks: readonly string[], timeout: number) {
    const told: unknown[] = [];
    const made = new ProxyGate(networks, timeout, {
      onPassed: (passed, client) => {
        told.push(client);
        const socket = new Socket({ fd: passed, readable: true, writable: true });
        socket.pipe(socket);
      },
      onRefused: (reason, peer) => told.push(`${peer}: ${reason}`),
    });
    const acceptor = new Acceptor(fd, (accepted) => made.take(accepted));
    ends.push(
      () => acceptor.close(),
      () => made.close(),
    );
    return { made, told };
  }

  async function sendAll(pieces: readonly string[]): Promise<string> {
    const client = new Client(await connect(fd));
    for (const piece of pieces) await new Promise((resolve) => client.socket.write(piece, resolve));
    client.socket.end();
    return toTheEnd(client);
  }

  test('passes a connection on with all that is behind its header, in one piece with it or byte by byte', async () => {
    const { made, told } = gate(['127.0.0.1'], 0);
    for (const pieces of [[`${HEADER}hello`], [...HEADER, 'hello'], [HEADER, 'hello'], [...HEADER, ...'hello']])
      expect(await sendAll(pieces)).toBe('hello');
    expect(told).toEqual([CLIENT, CLIENT, CLIENT, CLIENT]);
    expect(await sendAll(['PROXY UNKNOWN\r\nhello'])).toBe('hello');
    expect(told.at(-1)).toBeUndefined();
    expect(made.waiting).toBe(0);
  });

  test('closes what has no header, is cut, is late or from elsewhere, and tells why', async () => {
    const { made, told } = gate(['127.0.0.1'], 300);
    expect(await sendAll([GET])).toBe('');
    expect(await sendAll(['PROXY '])).toBe('');
    expect(await sendAll([])).toBe('');
    const late = new Client(await connect(fd));
    late.socket.write('PROXY ');
    expect(await toTheEnd(late)).toBe('');
    expect(told).toEqual([
      '127.0.0.1: it does not begin with a PROXY header',
      '127.0.0.1: its PROXY header is cut',
      '127.0.0.1: undefined',
      '127.0.0.1: its PROXY header did not come in time',
    ]);
    expect(made.waiting).toBe(0);
  });

  test('closes those that wait when it is told to, and when it is closed', async () => {
    const { made, told } = gate(['*'], 0);
    const first = await waiting(made);
    made.closeWaiting();
    expect(await toTheEnd(first)).toBe('');
    const second = await waiting(made);
    made.close();
    expect(await toTheEnd(second)).toBe('');
    expect(told).toEqual([]);
  });

  async function waiting(made: ProxyGate): Promise<Client> {
    const client = new Client(await connect(fd));
    client.socket.write('PROXY ');
    while (made.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    return client;
  }

  test('tells no reason for who has left before', async () => {
    await leaveOne();
    const { told } = gate(['127.0.0.1'], 0);
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([': undefined']);
  });

  test('takes nothing from who is no proxy, and no time that is none', async () => {
    const { told } = gate(['10.0.0.1'], 0);
    const client = new Client(await connect(fd));
    expect(await toTheEnd(client)).toBe('');
    expect(told).toEqual(['127.0.0.1: it does not come from one of proxyAllowFrom']);
    expect(() => new ProxyGate([], -1, { onPassed: closeFd, onRefused: () => {} })).toThrow(
      'timeout must be an integer between 0 and 2147483647 (got -1).',
    );
  });
});
