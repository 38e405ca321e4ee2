/** HTTPS: HTTP/1.1 and HTTP/2 on one port, certificates that change while the server runs, clients that must show one. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, makeCertificate } from './certificates.ts';
import { ask, RawConnection } from './http-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';

const flagsOf = ({ keyfile, certfile }: Certificate) => ['--keyfile', keyfile, '--certfile', certfile];

/** Status and body of a GET by HTTP/2. */
async function askHttp2(url: string, path: string, ca: Buffer) {
  const session = connectHttp2(url, { ca });
  try {
    const stream = session.request({ ':path': path });
    let text = '';
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    const [headers] = await once(stream, 'response');
    await once(stream, 'end');
    return { status: headers[':status'], text, protocol: session.alpnProtocol };
  } finally {
    session.destroy();
  }
}

/** What the server shows and chooses in a new handshake. */
async function handshake(port: number, ca: Buffer, protocols: readonly string[]) {
  const socket = connectTls({ port, host: '127.0.0.1', ca, rejectUnauthorized: false, ALPNProtocols: [...protocols] });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return { commonName: subject.CN, protocol: socket.alpnProtocol };
}

describe('a certificate', () => {
  const folder = temporaryFolder();
  let certificate: Certificate;
  let server: QilinProcess;
  beforeAll(async () => {
    certificate = makeCertificate(folder.path, 'server', 'first');
    server = await startQilin([...flagsOf(certificate), '-w', '2', APP]);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('makes the server speak HTTPS, and the app sees it in its URL', async () => {
    expect(server.url).toMatch(/^https:/);
    const { status, text } = await ask(`${server.url}/url`, { ca: certificate.cert });
    expect([status, text]).toEqual([200, `${server.url}/url`]);
  });

  test('lets a client choose HTTP/2 by ALPN', async () => {
    const answer = await askHttp2(server.url, '/url', certificate.cert);
    expect(answer).toEqual({ status: 200, text: `${server.url}/url`, protocol: 'h2' });
    const { protocol } = await handshake(server.port, certificate.cert, ['http/1.1']);
    expect(protocol).toBe('http/1.1');
  });

  test('has no answer for a client that speaks plain HTTP: its connection is closed', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    await connection.ended;
    expect(connection.received).not.toContain('HTTP');
  });

  test('tells a client over HTTP/2 of an error in the app no more than 500', async () => {
    const answer = await askHttp2(server.url, '/reject', certificate.cert);
    expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error\n' });
  });

  test('is read again on HUP', async () => {
    const { cert } = certificate;
    expect((await handshake(server.port, cert, ['http/1.1'])).commonName).toBe('first');
    const renewed = makeCertificate(folder.path, 'server', 'second');
    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the old workers have gone');
    expect((await handshake(server.port, renewed.cert, ['http/1.1'])).commonName).toBe('second');
    expect((await ask(server.url, { ca: renewed.cert })).status).toBe(200);
  });
});

test('class sync serves HTTPS one client after the other, without HTTP/2, which would have many requests on a connection', async () => {
  using folder = temporaryFolder();
  const certificate = makeCertificate(folder.path, 'server');
  await using server = await startQilin([...flagsOf(certificate), '-k', 'sync', APP]);
  expect((await handshake(server.port, certificate.cert, ['h2', 'http/1.1'])).protocol).toBe('http/1.1');
  expect((await ask(`${server.url}/`, { ca: certificate.cert })).headers.connection).toBe('close');
});

test('with certReqs = required only a client that shows a certificate of caCerts is served', async () => {
  using folder = temporaryFolder();
  const certificate = makeCertificate(folder.path, 'server');
  const known = makeCertificate(folder.path, 'known');
  const unknown = makeCertificate(folder.path, 'unknown');
  const demand = ['--ca-certs', known.certfile, '--cert-reqs', 'required'];
  await using server = await startQilin([...flagsOf(certificate), ...demand, APP]);
  const ca = certificate.cert;
  expect((await ask(server.url, { ca, key: known.key, cert: known.cert })).status).toBe(200);
  await expect(ask(server.url, { ca })).rejects.toThrow();
  await expect(ask(server.url, { ca, key: unknown.key, cert: unknown.cert })).rejects.toThrow();
  expect((await ask(server.url, { ca, key: known.key, cert: known.cert })).status).toBe(200);
});
