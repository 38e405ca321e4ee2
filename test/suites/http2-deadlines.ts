/** The states of test/suites/deadline-cases.ts that a client of TLS and HTTP/2 can be in; the app is the same. */
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:tls';
import { expect } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { Http2Connection } from '../processes/http2-client.ts';
import { END_HEADERS, END_STREAM, FRAME, frame, getBlock, literal, RawHttp2, WIDE } from '../processes/raw-http2.ts';
import type { QilinProcess } from '../processes/server.ts';
import type { State } from './deadline-cases.ts';

interface Http2Case {
  readonly state: State;
  readonly what: string;
  /** The app is told. */
  readonly gone?: boolean;
  /** Resolves when it has ended as it should; `name` is to be added to the path. */
  readonly play: (server: QilinProcess, name: string) => Promise<void>;
}

const CANCEL = 8;
const DRIP = 50;
/** Longer than a client may take to close that says nothing. */
const SELDOM = 2_300;

const ask = (path: string) => frame(FRAME.HEADERS, END_HEADERS | END_STREAM, 1, getBlock(path));
const PING = frame(FRAME.PING, 0, 0, Buffer.alloc(8));
/** Sends it again and again until the connection has ended. */
function drip(client: RawHttp2, bytes: Buffer, every = DRIP): void {
  const drops = setInterval(() => client.send(bytes), every);
  void client.ended.then(() => clearInterval(drops));
}

/** A request with a body, which the client goes on sending until it is told to stop. */
async function upload(server: QilinProcess, path: string, piece: string) {
  using connection = await Http2Connection.open(server.url);
  const stream: ClientHttp2Stream = connection.begin(path, { ':method': 'POST' });
  let [status, text] = [0, ''];
  stream.on('error', () => {}).setEncoding('utf8');
  stream.on('data', (part) => {
    text += part;
  });
  stream.once('response', (headers) => {
    status = Number(headers[':status']);
  });
  stream.write(piece);
  await new Promise((resolve) => stream.once('close', resolve));
  return { status, code: stream.rstCode, text };
}

/** A client whose request the app has begun to serve. */
async function begun(server: QilinProcess, path: string, preface: Uint8Array = Buffer.alloc(0)): Promise<RawHttp2> {
  const client = await RawHttp2.open(server.port);
  await client.send(Buffer.concat([preface, ask(path)]));
  await server.logged(new RegExp(`^began ${path.replace('?', '\\?')}$`, 'm'));
  return client;
}

const statusOf = async (server: QilinProcess, path: string) => {
  using connection = await Http2Connection.open(server.url);
  return await connection.ask(path);
};

export const HTTP2_CASES: readonly Http2Case[] = [
  {
    state: 'handshake',
    what: 'nothing has come',
    async play(server) {
      using connection = await RawConnection.open(server.port);
      await connection.ended;
    },
  },
  {
    state: 'handshake',
    what: 'some of its first message has come',
    async play(server) {
      using connection = await RawConnection.open(server.port);
      await connection.send(Buffer.from([22, 3, 1, 2, 0, 1, 0]));
      await connection.ended;
    },
  },
  ...['h2', 'http/1.1'].map(
    (protocol): Http2Case => ({
      state: 'first',
      what: `nothing of ${protocol} has come`,
      async play(server) {
        const options = { host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: [protocol] };
        const socket = connect({ port: server.port, ...options });
        await once(socket.on('error', () => {}).resume(), 'close');
      },
    }),
  ),
  {
    state: 'first',
    what: 'a head drips',
    async play(server) {
      using client = await RawHttp2.open(server.port);
      await client.send(frame(FRAME.HEADERS, 0, 1, getBlock('/hello')));
      drip(client, frame(FRAME.CONTINUATION, 0, 1, literal(0x0f, 'x')), 200);
      await client.ended;
      expect(client.isAnswered(1)).toBe(false);
    },
  },
  {
    state: 'later',
    what: 'a head is not complete',
    async play(server) {
      using client = await RawHttp2.open(server.port);
      await client.send(ask('/hello'));
      await client.until(() => client.isAnswered(1));
      await client.send(frame(FRAME.HEADERS, 0, 3, getBlock('/hello')));
      await client.ended;
      expect(client.lastStream).toBeLessThanOrEqual(3);
    },
  },
  {
    state: 'idle',
    what: 'it pings',
    async play(server) {
      using client = await RawHttp2.open(server.port);
      await client.send(ask('/hello'));
      drip(client, PING, 200);
      await client.ended;
      expect([client.isAnswered(1), client.lastStream]).toEqual([true, 1]);
    },
  },
  {
    state: 'read',
    what: 'of unknown length',
    gone: true,
    play: async (server, name) =>
      expect(await upload(server, `/read${name}`, 'x')).toEqual({ status: 408, code: 0, text: 'Request Timeout\n' }),
  },
  {
    state: 'read',
    what: 'while the answer is sent',
    gone: true,
    play: async (server, name) =>
      expect(await upload(server, `/begin-and-read${name}`, 'x')).toEqual({ status: 200, code: 2, text: 'begun' }),
  },
  ...['/never', '/pause'].map(
    (path): Http2Case => ({
      state: 'unread',
      what: path,
      gone: true,
      async play(server, name) {
        const { status, text } = await upload(server, path + name, 'x'.repeat(100_000));
        expect(`${status} ${text}`).toMatch(/^(?:408 Request Timeout|503 Service Unavailable)\n$/);
      },
    }),
  ),
  {
    state: 'answered',
    what: 'that nobody reads',
    play: async (server, name) =>
      expect(await upload(server, `/hello${name}`, 'x')).toEqual({ status: 200, code: 0, text: 'hello' }),
  },
  {
    state: 'answered',
    what: 'that the app pauses',
    play: async (server, name) =>
      expect(await upload(server, `/early${name}`, 'x')).toEqual({ status: 413, code: 0, text: 'early' }),
  },
  {
    state: 'last',
    what: 'it is told that it is the last, and does not close',
    async play(server) {
      using client = await RawHttp2.open(server.port, { allowHalfOpen: true });
      await client.send(ask('/hello'));
      await once(client.socket, 'end');
      expect([client.isAnswered(1), client.lastStream]).toEqual([true, 1]);
      drip(client, PING, SELDOM);
      await client.ended;
    },
  },
  {
    state: 'waits',
    what: 'by GET',
    gone: true,
    play: async (server, name) => expect((await statusOf(server, `/never${name}`)).status).toBe(503),
  },
  {
    state: 'more',
    what: 'which comes later',
    play: async (server, name) => expect((await statusOf(server, `/slowly${name}`)).text).toMatch(/^slowly.*surely$/),
  },
  {
    state: 'deaf',
    what: 'of its connection, and pings',
    gone: true,
    async play(server, name) {
      using client = await begun(server, `/flood${name}`, WIDE);
      client.socket.pause();
      drip(client, PING);
      await server.logged(new RegExp(`^gone /flood\\${name}$`, 'm'));
    },
  },
  {
    state: 'deaf',
    what: 'by its windows, and pings',
    gone: true,
    async play(server, name) {
      using client = await begun(server, `/flood${name}`);
      drip(client, PING);
      await client.until((frames) => frames.some(({ type }) => type === FRAME.RST_STREAM));
      const reset = client.frames.find(({ type }) => type === FRAME.RST_STREAM);
      expect([reset?.stream, reset?.payload.readUInt32BE()]).toEqual([1, CANCEL]);
    },
  },
  {
    state: 'left',
    what: 'the client is gone',
    gone: true,
    async play(server, name) {
      using client = await begun(server, `/never${name}`);
      client.socket.end();
      await client.ended;
    },
  },
  {
    state: 'lost',
    what: 'by a reset',
    gone: true,
    async play(server, name) {
      using client = await begun(server, `/never${name}`);
      client.socket.destroy();
    },
  },
];

/** The same where `requestTimeout` alone is short. */
export const HTTP2_OVERDUE_CASES: readonly Http2Case[] = [
  {
    state: 'overdue',
    what: 'waits',
    gone: true,
    play: async (server, name) => expect((await statusOf(server, `/never${name}`)).status).toBe(503),
  },
  {
    state: 'overdue',
    what: 'sends a body that the app reads',
    gone: true,
    async play(server, name) {
      const { status, text } = await upload(server, `/read${name}`, 'x');
      expect(`${status} ${text}`).toBe('503 Service Unavailable\n');
    },
  },
  {
    state: 'overdue',
    what: 'sends a body amid the answer',
    gone: true,
    play: async (server, name) =>
      expect(await upload(server, `/begin-and-read${name}`, 'x')).toEqual({ status: 200, code: 2, text: 'begun' }),
  },
  {
    state: 'overdue',
    what: 'takes a bit of the answer now and then',
    gone: true,
    async play(server, name) {
      const { status, code, text } = await upload(server, `/trickle${name}`, '');
      expect([status, code]).toEqual([200, 2]);
      expect(text).toMatch(/^x+$/);
    },
  },
  {
    state: 'overdue',
    what: 'takes nothing',
    gone: true,
    async play(server, name) {
      using client = await begun(server, `/flood${name}`);
      await client.until((frames) => frames.some(({ type }) => type === FRAME.RST_STREAM));
    },
  },
];
