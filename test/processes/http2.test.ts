/** HTTP/2: which apps it is offered to, what befalls streams and connections, and servers that a program makes itself. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../fixtures/compressed.mjs';
import { type Certificate, makeCertificate } from './certificates.ts';
import { write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { Http2Connection } from './http2-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from './server.ts';

const DEEDS = 'test/fixtures/deeds.mjs:app';
const FETCH_DEEDS = 'test/fixtures/deeds.mjs:fetchApp';
const OWN_SERVER = 'test/processes/fixtures/own-server.mjs';

const folder = temporaryFolder();
let certificate: Certificate;
let tls: readonly string[];
beforeAll(() => {
  certificate = makeCertificate(folder.path, 'server');
  tls = ['--keyfile', certificate.keyfile, '--certfile', certificate.certfile];
});
afterAll(() => folder[Symbol.dispose]());

/** What the server chooses when a client can speak both. */
async function chosenProtocol(port: number): Promise<string | false | null> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket.alpnProtocol;
}

const NOT_OFFERED = 'TLS clients are offered HTTP/1.1 alone: ';

describe('HTTP/2 is offered', () => {
  test.each([
    { app: FETCH_DEEDS, why: 'a fetch handler' },
    { app: 'examples/koa.ts:app', why: 'Koa, which takes both' },
    { app: 'examples/fastify.ts:app', why: 'Fastify, which takes both' },
  ])('to the clients of $why', async ({ app }) => {
    await using server = await startQilin([...tls, app]);
    expect(await chosenProtocol(server.port)).toBe('h2');
    expect(server.log).toContain('TLS clients are offered HTTP/2 and HTTP/1.1');
    using connection = await Http2Connection.open(server.url);
    expect((await connection.ask('/')).status).toBe(200);
  });

  test.each([
    { app: 'examples/express.ts:app', why: "Express, which swaps the messages' prototypes" },
    { app: DEEDS, why: 'a plain listener, which may do so inside' },
    { app: 'examples/plain.ts', why: "a program's server of HTTP/1" },
  ])('not to those of $why', async ({ app }) => {
    await using server = await startQilin([...tls, app]);
    expect(await chosenProtocol(server.port)).toBe('http/1.1');
    expect(server.log).toContain(NOT_OFFERED);
    expect((await ask(server.url, { ca: certificate.cert })).status).toBe(200);
  });

  test('where http2 says so, whatever the app', async () => {
    await using on = await startQilin([...tls, '--http2', 'on', DEEDS]);
    expect(await chosenProtocol(on.port)).toBe('h2');
    await using off = await startQilin([...tls, '--http2', 'off', FETCH_DEEDS]);
    expect(await chosenProtocol(off.port)).toBe('http/1.1');
    expect(off.log).toContain(`${NOT_OFFERED}http2 is off`);
  });
});

const CANCEL = 8;

/** Before every stack that Qilin logs. */
const ACCESS = ['--access-logfile', '-', '--access-logformat', 'over %(U)s %(s)s'];

const TROUBLE = /\[(?:WARNING|CRITICAL)\]|Worker exited/;

describe.each([
  { kind: 'a Node listener', app: DEEDS },
  { kind: 'a fetch handler', app: FETCH_DEEDS },
])('over HTTP/2, $kind', ({ app }) => {
  let server: QilinProcess;
  beforeAll(async () => {
    server = await startQilin([...tls, '--http2', 'on', ...ACCESS, app]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(['/throw', '/reject'])('that fails is a 500, and the worker goes on: %s', async (path) => {
    using connection = await Http2Connection.open(server.url);
    const from = server.log.length;
    const { status, text } = await connection.ask(path);
    expect([status, text]).toEqual([500, 'Internal Server Error\n']);
    await server.logged(/\[ERROR\] Error handling request[\s\S]*?on purpose/, from);
    expect((await connection.ask('/')).status).toBe(200);
    expect(server.log).not.toMatch(TROUBLE);
  });

  test.each(['get', 'Delete'])(
    'refuses the method %s, which the web would take for one in capitals',
    async (method) => {
      using connection = await Http2Connection.open(server.url);
      expect((await connection.ask('/', { ':method': method }, '')).status).toBe(400);
    },
  );

  test('that fails in the middle of its answer breaks the stream off, and no other', async () => {
    using connection = await Http2Connection.open(server.url);
    const other = connection.ask('/slow?wait=300');
    // Also where its client has taken what was there before.
    for (const when of ['', '?after=100'])
      await expect(connection.ask(`/throw-in-stream${when}`)).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
    expect((await other).status).toBe(200);
    expect(server.log).not.toMatch(TROUBLE);
  });

  test('whose client cancels is told, and no error is logged', async () => {
    using connection = await Http2Connection.open(server.url);
    const from = server.log.length;
    const stream = connection.begin('/never?announce').on('error', () => {});
    await server.logged(/began \/never/, from);
    stream.close(CANCEL);
    await server.logged(/over \/never 499/, from);
    const flood = connection.begin('/flood?mib=100').on('error', () => {});
    await once(flood, 'data');
    flood.close(CANCEL);
    await server.logged(/over \/flood 200/, from);
    expect((await connection.ask('/')).status).toBe(200);
    expect(server.log.slice(from)).not.toMatch(/\[(?:ERROR|WARNING|CRITICAL)\]/);
  });
});

const OWN_KINDS = [
  { kind: 'https', http1: true, http2: false, secure: true },
  { kind: 'http2 over TLS', http1: true, http2: true, secure: true },
  { kind: 'http2 over TLS, by streams', http1: false, http2: true, secure: true },
  { kind: 'http2 in the clear', http1: false, http2: true, secure: false },
  { kind: 'http2 in the clear, by streams', http1: false, http2: true, secure: false },
] as const;

describe.each(OWN_KINDS)("a program's own server of $kind", ({ kind, http1, http2, secure }) => {
  let server: QilinProcess;
  let url: string;
  beforeAll(async () => {
    const env = { KIND: kind, CERT: certificate.certfile, KEY: certificate.keyfile };
    const limits = ['--graceful-timeout', '10', '--request-timeout', '2'];
    server = await startQilin(['-k', 'async', ...limits, OWN_SERVER], { env });
    url = secure ? server.url.replace('http:', 'https:') : server.url;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.runIf(secure)('is told to speak TLS, which the address above does not', () => {
    expect(server.log).toContain('own-server.mjs makes a server of TLS: clients reach it by https://, not by http://');
  });

  test('handles each request once, in the same worker', async () => {
    let orders = 0;
    const worker = String(server.workerPids[0]);
    if (http1) {
      const answer = () => ask(`${url}/order`, { ca: certificate.cert, method: 'POST', body: 'x' });
      expect((await answer()).text).toBe(`orders ${++orders}`);
      expect((await answer()).text).toBe(`orders ${++orders}`);
    }
    if (http2) {
      using connection = await Http2Connection.open(url);
      expect((await connection.ask('/order', {}, 'x')).text).toBe(`orders ${++orders}`);
      expect((await connection.ask('/pid')).text).toBe(worker);
    }
    expect(server.log).not.toMatch(TROUBLE);
  });

  test.runIf(http2)('answers 500 where its listener fails', async () => {
    using connection = await Http2Connection.open(url);
    for (const path of ['/throw', '/reject']) expect((await connection.ask(path)).status).toBe(500);
    expect((await connection.ask('/order')).status).toBe(200);
    expect(server.log).not.toMatch(TROUBLE);
  });

  test.runIf(kind.endsWith('by streams'))('has requestTimeout for its streams', async () => {
    using connection = await Http2Connection.open(url);
    const begun = expect(connection.ask('/begin')).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
    expect((await connection.ask('/late')).status).toBe(503);
    await begun;
    await server.logged(/No answer to GET \/late within 2 s \(requestTimeout\): 503/);
    await server.logged(/The answer to GET \/begin was not complete within 2 s \(requestTimeout\): cut/);
    await server.logged(/answered late/);
    expect((await connection.ask('/pid')).text).toBe(String(server.workerPids[0]));
  });

  test('lets go of health checks, which connect and say nothing, and ends with TERM', async () => {
    for (const half of [false, true]) {
      using connection = await RawConnection.open(server.port);
      if (half) connection.socket.end();
      else connection.socket.destroy();
      await connection.ended;
    }
    // One stays open, and says nothing.
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    if (http1) expect((await ask(`${url}/pid`, { ca: certificate.cert })).status).toBe(200);
    const before = performance.now();
    expect((await server.stop()).status).toBe(0);
    expect(performance.now() - before).toBeLessThan(8_000);
    expect(server.log).not.toContain('Graceful timeout');
    silent.destroy();
  });
});

describe('a fetch handler over HTTP/2', () => {
  const BODIES = 'test/fixtures/bodies.mjs';

  test('that does not read a body to its end has its answer arrive, and the stream closed', async () => {
    await using server = await startQilin([...tls, BODIES]);
    using connection = await Http2Connection.open(server.url);
    for (const path of ['/ignore', '/touch', '/cancel', '/cancel-begun', '/release', '/keep'])
      expect((await connection.ask(path, {}, 'x'.repeat(300_000))).text).toBe('done');
    expect((await connection.ask('/next')).text).toBe('next');
    expect(server.log).not.toMatch(/\[(?:ERROR|WARNING|CRITICAL)\]/);
  });

  test('is told the host, as over HTTP/1, by whichever of its two names', async () => {
    const app = write(folder.path, 'host.mjs', "export const app = (req) => new Response(req.headers.get('host'));\n");
    await using server = await startQilin([...tls, '--interface', 'fetch', `${app}:app`]);
    using connection = await Http2Connection.open(server.url);
    expect((await connection.ask('/', { ':authority': 'one.example' })).text).toBe('one.example');
    expect((await connection.ask('/', { host: 'other.example' })).text).toBe('other.example');
    // A proxy may go by the one, and the app by the other.
    expect((await connection.ask('/', { ':authority': 'one.example', host: 'other.example' })).status).toBe(400);
    expect((await connection.ask('/', { ':authority': 'user@one.example' })).status).toBe(400);
    expect((await connection.ask('/', { ':authority': 'One.example', host: 'one.example' })).status).toBe(200);
  });

  test('that begins to read when its client has left is told so', async () => {
    await using server = await startQilin([...tls, BODIES]);
    using connection = await Http2Connection.open(server.url);
    const stream = connection.begin('/read-late', { ':method': 'POST' }).on('error', () => {});
    stream.write('half');
    await server.logged(/^reads late$/m);
    stream.close(8);
    await server.logged(/^reading after its client has left fails$/m);
    expect(server.log).not.toMatch(/\[(?:ERROR|WARNING|CRITICAL)\]/);
  });
});

test.each(['fetchApp', 'listener'])('answers are encoded over HTTP/2 too: %s', async (app) => {
  const program = `test/fixtures/compressed.mjs:${app}`;
  await using server = await startQilin([...tls, '--http2', 'on', '--compress', '--compress-encodings', 'br', program]);
  using connection = await Http2Connection.open(server.url);
  for (const path of ['/html', '/html/stream', '/large']) {
    const stream = connection.begin(path, { 'accept-encoding': 'br' });
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    const [[headers]] = await Promise.all([once(stream, 'response'), once(stream, 'end')]);
    expect([headers['content-encoding'], headers.vary]).toEqual(['br', 'Accept-Encoding']);
    const { body = '' } = ANSWERS[path.split('/')[1] ?? ''] ?? {};
    expect(brotliDecompressSync(Buffer.concat(pieces)).toString()).toBe(body);
  }
  expect(server.log).not.toMatch(TROUBLE);
});
