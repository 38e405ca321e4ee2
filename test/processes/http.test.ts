/** HTTP/1.1 as the classes on Node's stack speak it: connections, limits, refusals, forwarded headers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, countAnswers, RawConnection } from './http-client.ts';
import { type QilinProcess, startQilin } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';

const get = (path: string, ...fields: string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: test', ...fields].join('\r\n')}\r\n\r\n`;

/** To be sent behind a request that ends its connection; the app would print it. */
const UNREAD = get('/print?text=read-all-the-same');

/** Sends all of it at once, and resolves with all that comes back until the server ends the connection. */
async function exchange(server: QilinProcess, text: string): Promise<string> {
  using connection = await RawConnection.open(server.port);
  await connection.send(text);
  await connection.ended;
  return connection.received;
}

describe('class async', () => {
  let server: QilinProcess;
  beforeAll(async () => {
    server = await startQilin(['-k', 'async', '--keep-alive', '1', APP]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('keeps a connection for further requests, and closes it when idle for `keepalive` seconds', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send(get('/'));
    await connection.until(/hello\n/);
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
    expect(connection.received).toMatch(/\r\nConnection: keep-alive\r\n/i);
    connection.send(get('/'));
    await connection.until(/hello\n[\s\S]*hello\n/);
    const idle = performance.now();
    await connection.ended;
    expect(performance.now() - idle).toBeGreaterThan(900);
    expect(countAnswers(connection.received)).toBe(2);
  });

  test('closes the connection after a request with Connection: close, and reads no further one', async () => {
    const received = await exchange(server, get('/', 'Connection: close') + UNREAD);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
    expect(countAnswers(received)).toBe(1);
    expect(server.log).not.toContain('read-all-the-same');
  });

  test('closes the connection of an HTTP/1.0 client', async () => {
    const received = await exchange(server, 'GET / HTTP/1.0\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
  });

  test('answers pipelined requests in their order, also when the first takes longest', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send(get('/slow?ms=100') + get('/url') + get('/'));
    await connection.until(/slow\n[\s\S]*http:\/\/test\/url[\s\S]*hello\n/);
    expect(countAnswers(connection.received)).toBe(3);
  });

  test('serves requests of many connections at once', async () => {
    await Promise.all(Array.from({ length: 3 }, () => ask(`${server.url}/slow?ms=100`)));
    expect((await ask(`${server.url}/most`)).text).toBe('3');
  });

  test.each([
    { what: 'HEAD', request: get('/').replace('GET', 'HEAD'), status: 200 },
    { what: '204', request: get('/no-content'), status: 204 },
    { what: '304', request: get('/not-modified'), status: 304 },
  ])('sends no body with $what', async ({ request, status }) => {
    using connection = await RawConnection.open(server.port);
    connection.send(request + get('/url'));
    await connection.until(/http:\/\/test\/url/);
    const [, first, second] = connection.received.split(/^HTTP\/1\.1 /m);
    expect(first).toMatch(new RegExp(`^${status} `));
    expect(first).toMatch(/\r\n\r\n$/);
    expect(second).toMatch(/^200 /);
  });

  test.each([
    { what: 'the standard reason phrase', path: '/', line: '200 OK' },
    { what: 'that of an error', path: '/nowhere', line: '404 Not Found' },
    { what: "the app's own", path: '/teapot', line: '418 Short and stout' },
  ])('says $what in the status line', async ({ path, line }) => {
    const received = await exchange(server, get(path, 'Connection: close'));
    expect(received.split('\r\n')[0]).toBe(`HTTP/1.1 ${line}`);
  });

  test('answers Expect: 100-continue before the body is sent', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send('POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    connection.send('12345');
    await connection.until(/HTTP\/1\.1 200 [\s\S]*\r\n\r\n(?:1\r\n)?5/);
  });

  test.each([
    { what: 'a field without a colon', head: 'GET / HTTP/1.1\r\nHost: test\r\nno colon\r\n\r\n' },
    { what: 'no Host', head: 'GET / HTTP/1.1\r\n\r\n' },
    { what: 'bytes that are no HTTP', head: '\u0016\u0003\u0001\u0002\r\n\r\n' },
    { what: 'a length that is no number', head: 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: many\r\n\r\n' },
    {
      what: 'a length beside chunks',
      head: 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
  ])('answers 400 to $what, and reads no further request', async ({ head }) => {
    const received = await exchange(server, head + UNREAD);
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(countAnswers(received)).toBe(1);
    expect(server.log).not.toContain('read-all-the-same');
  });
});

describe.each(['async', 'sync'])('the limits of a request, class %s', (workerClass) => {
  let server: QilinProcess;
  beforeAll(async () => {
    const limits = ['--limit-request-line', '100', '--limit-request-fields', '5', '--limit-request-field-size', '100'];
    server = await startQilin(['-k', workerClass, '--keep-alive', '0', ...limits, APP]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const lineOf = (bytes: number) => get(`/${'a'.repeat(bytes - 'GET / HTTP/1.1'.length)}`);
  const fieldOf = (bytes: number) => get('/', `x-long: ${'a'.repeat(bytes - 'x-long: '.length)}`);
  const fields = (count: number) => get('/', ...Array.from({ length: count - 1 }, (_, index) => `x-${index}: y`));

  test.each([
    { what: 'a request line', request: lineOf(100), status: 404 },
    { what: 'a field', request: fieldOf(100), status: 200 },
    { what: 'a number of fields', request: fields(5), status: 200 },
  ])('let $what through that is as large as allowed', async ({ request, status }) => {
    expect(await exchange(server, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each([
    { what: 'a request line of a byte too many', request: lineOf(101), status: 414 },
    { what: 'a request line far beyond', request: lineOf(20_000), status: 414 },
    { what: 'a field of a byte too many', request: fieldOf(101), status: 431 },
    { what: 'a field far beyond', request: fieldOf(20_000), status: 431 },
    { what: 'one field too many', request: fields(6), status: 431 },
    { what: 'many fields too many', request: fields(500), status: 431 },
  ])('refuse $what with $status, and what follows is not read as a request', async ({ request, status }) => {
    const received = await exchange(server, request + UNREAD);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(countAnswers(received)).toBe(1);
    expect(server.log).not.toContain('read-all-the-same');
  });
});

test('a field far too large is refused with 431 also when the head comes in pieces', async () => {
  await using server = await startQilin(['--limit-request-fields', '5', '--limit-request-field-size', '100', APP]);
  using connection = await RawConnection.open(server.port);
  // The answer to the first request shows that the beginning of the second has been read with it.
  connection.send(`${get('/')}GET / HTTP/1.1\r\nHost: test\r\nx-long: `);
  await connection.until(/hello\n/);
  connection.send('a'.repeat(20_000));
  await connection.until(/HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  await connection.ended;
});

describe('class sync', () => {
  test('serves one request at a time, and closes the connection after each', async () => {
    await using server = await startQilin(['-k', 'sync', APP]);
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(`${server.url}/slow?ms=50`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(`${server.url}/most`)).text).toBe('1');
    const received = await exchange(server, get('/') + UNREAD);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
    expect(countAnswers(received)).toBe(1);
    expect(server.log).not.toContain('read-all-the-same');
  });

  test('ends a worker whose request takes longer than `timeout`, while another worker serves', async () => {
    await using server = await startQilin(['-k', 'sync', '-w', '2', '--timeout', '1', APP]);
    const [first, second] = server.workerPids;
    using stuck = await RawConnection.open(server.port);
    stuck.send(get('/slow?ms=60000'));
    const free = Number((await ask(`${server.url}/pid`)).text);
    expect((await ask(`${server.url}/pid`)).text).toBe(String(free));
    const [, ended] = await server.logged(/WORKER TIMEOUT \(pid: (\d+)\): no heartbeat for .* \(timeout 1 s\)/);
    expect(Number(ended)).toBe(free === first ? second : first);
    await stuck.ended;
    expect(stuck.received).toBe('');
    await server.until(() => server.workerPids.length === 3, 'the successor');
    expect((await ask(server.url)).status).toBe(200);
  });
});

describe('what a proxy says of the client', () => {
  const FORWARDED = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'example.com',
    'X-Forwarded-For': '192.0.2.7',
  };
  const ACCESS = ['--access-logfile', '-', '--access-logformat', 'from %(h)s %(U)s'];

  test.each([
    { allowed: undefined, name: 'by default, when the proxy is on this machine' },
    { allowed: '127.0.0.0/8', name: 'when the proxy is in an allowed block' },
    { allowed: '*', name: 'when everybody is allowed' },
  ])('is believed $name', async ({ allowed }) => {
    const flags = allowed === undefined ? [] : ['--forwarded-allow-ips', allowed];
    await using server = await startQilin([...flags, ...ACCESS, APP]);
    expect((await ask(`${server.url}/url?x`, { headers: FORWARDED })).text).toBe('https://example.com/url?x');
    await server.logged(/^from 192\.0\.2\.7 \/url$/m);
  });

  test('is not believed of an address that is not allowed', async () => {
    await using server = await startQilin(['--forwarded-allow-ips', '10.0.0.1', ...ACCESS, APP]);
    expect((await ask(`${server.url}/url?x`, { headers: FORWARDED })).text).toBe(`${server.url}/url?x`);
    await server.logged(/^from 127\.0\.0\.1 \/url$/m);
  });

  test('is refused with 400 when its headers contradict each other', async () => {
    await using server = await startQilin([...ACCESS, APP]);
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Ssl': 'off' };
    expect((await ask(`${server.url}/url`, { headers })).status).toBe(400);
  });
});
