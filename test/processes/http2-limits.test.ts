/** HTTP/2: how much one client may ask for, how its connection ends, and what clients that do harm can do. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peakMemory, resetPeakMemory } from '../suites/worker-process.ts';
import { type Certificate, makeCertificate } from './certificates.ts';
import { write } from './files.ts';
import { answerOf, Http2Connection } from './http2-client.ts';
import { END_HEADERS, END_STREAM, FRAME, frame, getBlock, literal, RawHttp2, WIDE } from './raw-http2.ts';
import { drains } from './requests.ts';
import { type QilinProcess, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/fixtures/deeds.mjs:fetchApp';
const REFUSED_STREAM = 7;
const MEBIBYTE = 1024 * 1024;

const folder = temporaryFolder();
let certificate: Certificate;
beforeAll(() => {
  certificate = makeCertificate(folder.path, 'server');
});
afterAll(() => folder[Symbol.dispose]());

const start = (...args: string[]): Promise<QilinProcess> =>
  startQilin(['--keyfile', certificate.keyfile, '--certfile', certificate.certfile, ...args, APP]);

const count = (server: QilinProcess, pattern: RegExp) => server.log.match(pattern)?.length ?? 0;

describe('the streams of a connection', () => {
  test('are bounded: what is beyond the limit is refused, so that it can be asked again', async () => {
    await using server = await start('--http2-max-streams', '5');
    using client = await RawHttp2.open(server.port);
    const streams = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
    const ask = (stream: number) => frame(FRAME.HEADERS, END_HEADERS | END_STREAM, stream, getBlock('/never?announce'));
    await client.send(Buffer.concat(streams.map(ask)));
    const refused = () => client.frames.filter(({ type }) => type === FRAME.RST_STREAM);
    await client.until(() => refused().length >= 15);
    expect(refused().map(({ payload }) => payload.readUInt32BE())).toEqual(Array(15).fill(REFUSED_STREAM));
    await server.until(() => count(server, /began \/never/g) >= 5, 'five requests');
    expect(count(server, /began \/never/g)).toBe(5);
  });

  test('are a hundred by default, and the client is told', async () => {
    await using server = await start();
    using connection = await Http2Connection.open(server.url);
    expect(connection.session.remoteSettings.maxConcurrentStreams).toBe(100);
  });

  test('count towards workerConnections: as many again wait for their turn, and what is beyond is refused', async () => {
    await using server = await start('--worker-connections', '3');
    using connection = await Http2Connection.open(server.url);
    const asked = Array.from({ length: 12 }, () => connection.ask('/slow?wait=200'));
    const outcomes = await Promise.allSettled(asked);
    const refusals = outcomes.filter(({ status }) => status === 'rejected');
    expect(outcomes.slice(0, 6).map(({ status }) => status)).toEqual(Array(6).fill('fulfilled'));
    expect(refusals.map((outcome) => String('reason' in outcome && outcome.reason))).toEqual(
      Array(6).fill(expect.stringContaining('NGHTTP2_REFUSED_STREAM')),
    );
    expect((await connection.ask('/most')).text).toBe('3');
  });

  test('that wait and are cancelled give their turn to others; each connection has one at least', async () => {
    await using server = await start('--worker-connections', '2');
    using first = await Http2Connection.open(server.url);
    using second = await Http2Connection.open(server.url);
    const from = server.log.length;
    const held = [first, second].map((connection) => connection.begin('/never?announce').on('error', () => {}));
    await server.until(() => server.log.slice(from).match(/began \/never/g)?.length === 2, 'both');
    const waiting = first.begin('/slow').on('error', () => {});
    const behind = first.ask('/behind');
    waiting.close(8);
    held[0]?.close(8);
    expect((await behind).status).toBe(200);
    held[1]?.close(8);
  });
});

describe('a connection ends', () => {
  test('after `keepalive` without a stream, and its client is told before', async () => {
    await using server = await start('--keep-alive', '0.5');
    using connection = await Http2Connection.open(server.url);
    const goaway = once(connection.session, 'goaway');
    expect((await connection.ask('/')).status).toBe(200);
    expect((await goaway)[0]).toBe(0);
    await connection.closed;
  });

  test('in a drain when its streams are answered; GOAWAY tells exactly which these are', async () => {
    await using server = await start('--log-level', 'debug', '--graceful-timeout', '20');
    using busy = await RawHttp2.open(server.port);
    using idle = await Http2Connection.open(server.url);
    const ask = (stream: number, path: string) =>
      frame(FRAME.HEADERS, END_HEADERS | END_STREAM, stream, getBlock(path));
    await busy.send(ask(1, '/slow?wait=500&announce'));
    await server.logged(/began \/slow/);
    server.signal('SIGTERM');
    await drains(server);
    await busy.until(() => busy.lastStream !== undefined);
    await busy.send(ask(3, '/late?announce'));
    await Promise.all([busy.ended, idle.closed]);
    expect([busy.lastStream, busy.isAnswered(1), busy.isAnswered(3)]).toEqual([1, true, false]);
    expect((await server.exited).status).toBe(0);
    expect(server.log).not.toMatch(/Graceful timeout|began \/late/);
  });

  test('at gracefulTimeout with 503 for what has no answer yet, and a refusal of what was never begun', async () => {
    const log = ['--log-level', 'debug', '--access-logfile', '-', '--access-logformat', 'over %(U)s %(s)s'];
    await using server = await start('--graceful-timeout', '1', '--worker-connections', '2', ...log);
    using connection = await Http2Connection.open(server.url);
    const hush = connection.begin('/hush').on('error', () => {});
    await once(hush, 'data');
    const never = connection.begin('/never?announce');
    const waiting = connection.begin('/waits?announce').on('error', () => {});
    await server.logged(/began \/never/);
    // Behind both.
    await new Promise((resolve) => connection.session.ping(resolve));
    const answer = answerOf(never);
    const refused = new Promise((resolve) => waiting.once('close', resolve));
    server.signal('SIGTERM');
    const { status, text } = await answer;
    expect([status, text]).toEqual([503, 'Service Unavailable\n']);
    await refused;
    expect(waiting.rstCode).toBe(REFUSED_STREAM);
    expect((await server.exited).status).toBe(0);
    expect(server.log).toMatch(/ {4}GET \/never, [1-9]\.\d s old \(503\)\n/);
    expect(server.log).toMatch(/ {4}GET \/hush, [1-9]\.\d s old\n/);
    expect(server.log).toContain('over /never 503');
    expect(server.log).not.toContain('began /waits');
  });

  test('in plain text too (h2c), where a program makes the server itself: 503 at gracefulTimeout', async () => {
    const program = write(
      folder.path,
      'h2c.mjs',
      `import { createServer } from 'node:http2';
      createServer((req, res) => (req.url === '/never' ? console.log('began /never') : res.end('there'))).listen(0);`,
    );
    await using server = await startQilin(['--graceful-timeout', '1', program]);
    using connection = await Http2Connection.open(server.url);
    expect((await answerOf(connection.begin('/first'))).text).toBe('there');
    const answer = answerOf(connection.begin('/never'));
    await server.logged(/began \/never/);
    server.signal('SIGTERM');
    const { status, text } = await answer;
    expect([status, text]).toEqual([503, 'Service Unavailable\n']);
    await connection.closed;
    expect((await server.exited).status).toBe(0);
    expect(server.log).toMatch(/ {4}GET \/never, [1-9]\.\d s old \(503\)\n/);
  });

  test('when its last answer has arrived, however long its client takes to read that', async () => {
    await using server = await start('--graceful-timeout', '20');
    using client = await RawHttp2.open(server.port);
    client.socket.pause();
    await client.send(
      Buffer.concat([WIDE, frame(FRAME.HEADERS, END_HEADERS | END_STREAM, 1, getBlock('/flood?mib=1&announce'))]),
    );
    await server.logged(/began \/flood/);
    server.signal('SIGTERM');
    for (let seconds = 0; seconds < 2.5; seconds += 0.25) {
      await client.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
      await pause(250);
    }
    client.socket.resume();
    await client.ended;
    expect(client.isAnswered(1)).toBe(true);
    expect((await server.exited).status).toBe(0);
  });

  test('behind its answer when its worker is full and another client waits', async () => {
    await using server = await start('--worker-connections', '1', '--keep-alive', '60');
    using first = await Http2Connection.open(server.url);
    expect((await first.ask('/')).status).toBe(200);
    const goaway = once(first.session, 'goaway');
    const second = Http2Connection.open(server.url);
    // The handshake of the second is not answered: the first is asked until it makes room.
    while (!first.session.destroyed && !first.session.closed) await first.ask('/').catch(() => {});
    await goaway;
    using waited = await second;
    expect((await waited.ask('/')).status).toBe(200);
  });
});

describe('20 clients over HTTP/2 get every answer', () => {
  /**
   * Asks without a pause, on a new connection when the old one is told to end. What was sent before that has to be answered, up
   * to the stream that GOAWAY names. Resolves with what went wrong.
   */
  async function hammer(port: number, isOver: () => boolean, answered: () => void): Promise<string[]> {
    const faults: string[] = [];
    while (!isOver()) {
      using client = await RawHttp2.open(port);
      const mayAsk = () => client.lastStream === undefined && !isOver() && !client.socket.destroyed;
      for (let next = 1; mayAsk(); next += 6) {
        const streams = [next, next + 2, next + 4];
        const ask = (stream: number) => frame(FRAME.HEADERS, END_HEADERS | END_STREAM, stream, getBlock('/pid'));
        await client.send(Buffer.concat(streams.map(ask)));
        const isSettled = (stream: number) => client.isAnswered(stream) || stream > (client.lastStream ?? Infinity);
        await client.until(() => streams.every(isSettled));
        for (const stream of streams) {
          if (client.isAnswered(stream)) answered();
          else if (!isSettled(stream)) faults.push(`no answer on stream ${stream}, the last was ${client.lastStream}`);
        }
        client.forget();
      }
    }
    return faults;
  }

  test('while the server is reloaded three times', async () => {
    await using server = await start('-w', '2');
    let isOver = false;
    let answers = 0;
    const clients = Array.from({ length: 20 }, () =>
      hammer(
        server.port,
        () => isOver,
        () => {
          answers += 1;
        },
      ),
    );
    for (let turn = 1; turn <= 3; turn++) {
      const from = server.log.length;
      const goal = answers + 200;
      await expect.poll(() => answers, { timeout: 20_000, interval: 20 }).toBeGreaterThan(goal);
      server.signal('SIGHUP');
      await server.logged(/Reload done/, from);
    }
    isOver = true;
    expect((await Promise.all(clients)).flat()).toEqual([]);
    expect((await server.stop()).status).toBe(0);
  });
});

/** What the worker may hold of it: its own buffers, and what the collector has not got to yet. */
const BOUND = 64 * MEBIBYTE;

describe('a client that does harm costs the others nothing', () => {
  const reset = (stream: number) =>
    Buffer.concat([
      frame(FRAME.HEADERS, END_HEADERS | END_STREAM, stream, getBlock('/never')),
      frame(FRAME.RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8])),
    ]);
  const many = (make: (turn: number) => Buffer) => (round: number) =>
    Buffer.concat(Array.from({ length: 500 }, (_, index) => make(500 * round + index)));

  test.each([
    { what: 'opens streams and resets them at once', round: many((turn) => reset(2 * turn + 1)) },
    { what: 'sends pings', round: many(() => frame(FRAME.PING, 0, 0, Buffer.alloc(8))) },
    { what: 'sends settings', round: many(() => frame(FRAME.SETTINGS, 0, 0)) },
    {
      what: 'sends a head without an end',
      round: (round: number) =>
        Buffer.concat([
          round === 0 ? frame(FRAME.HEADERS, 0, 1, getBlock('/')) : Buffer.alloc(0),
          ...Array.from({ length: 500 }, () => frame(FRAME.CONTINUATION, 0, 1, literal(0x0f, 'x'.repeat(100)))),
        ]),
    },
  ])('that $what', async ({ round }) => {
    await using server = await start();
    const [pid = 0] = server.workerPids;
    using other = await Http2Connection.open(server.url);
    expect((await other.ask('/')).status).toBe(200);
    resetPeakMemory(pid);
    const before = peakMemory(pid);
    using client = await RawHttp2.open(server.port);
    for (let turn = 0; turn < 40 && !client.socket.destroyed; turn++)
      await Promise.race([client.send(round(turn)), client.ended]);
    using witness = await Http2Connection.open(server.url);
    expect((await witness.ask('/pid')).text).toBe(String(pid));
    expect(peakMemory(pid) - before).toBeLessThan(BOUND);
    expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]|Worker exited/);
  });
});
