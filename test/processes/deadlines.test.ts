/** What clients and apps may take, in bytes and in seconds: the limit of a body, and the deadlines. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, countAnswers, RawConnection } from './http-client.ts';
import { type QilinProcess, startQilin } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';
const ACCESS = ['--access-logfile', '-', '--access-logformat', 'access %(s)s %(U)s'];

const post = (...fields: string[]) => `${['POST /length HTTP/1.1', 'Host: test', ...fields].join('\r\n')}\r\n\r\n`;
const UNREAD = 'GET /print?text=read-all-the-same HTTP/1.1\r\nHost: test\r\n\r\n';

/** Every class that is there. */
const CLASSES = ['async', 'sync', 'threads'];

describe.each(CLASSES)('limitRequestBody, class %s', (workerClass) => {
  let server: QilinProcess;
  beforeAll(async () => {
    server = await startQilin(['-k', workerClass, '--limit-request-body', '10', ...ACCESS, APP]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('lets a body through that is as large as allowed', async () => {
    expect((await ask(`${server.url}/length`, { method: 'POST', body: '0123456789' })).text).toBe('10');
    const chunks = { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' }, body: '0123456789' };
    expect((await ask(`${server.url}/length`, chunks)).text).toBe('10');
  });

  test('refuses a longer one by its Content-Length with 413, before it is sent', async () => {
    using connection = await RawConnection.open(server.port);
    connection.send(post('Content-Length: 11'));
    await connection.ended;
    expect(connection.received).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(connection.received).toMatch(/\r\nConnection: close\r\n/i);
    await server.logged(/^access 413 \/length$/m);
  });

  test('counts a chunked one, and reads nothing that follows it', async () => {
    const from = server.log.length;
    using connection = await RawConnection.open(server.port);
    connection.send(`${post('Transfer-Encoding: chunked')}5\r\n01234\r\n`);
    connection.send(`6\r\n567890\r\n0\r\n\r\n${UNREAD}`);
    await connection.ended;
    expect(connection.received).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(connection.received).toMatch(/\r\nConnection: close\r\n/i);
    expect(countAnswers(connection.received)).toBe(1);
    await server.logged(/^access 413 \/length$/m, from);
    expect(server.log).not.toContain('read-all-the-same');
    expect((await ask(server.url)).status).toBe(200);
  });
});

describe.each(CLASSES)('deadlines, class %s', (workerClass) => {
  let server: QilinProcess;
  beforeAll(async () => {
    const deadlines = ['--headers-timeout', '0.5', '--body-timeout', '0.5', '--response-timeout', '3'];
    server = await startQilin(['-k', workerClass, '-w', '3', ...deadlines, ...ACCESS, APP]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Sends a byte now and then until the server has enough of it. */
  async function drip(connection: RawConnection): Promise<void> {
    while (!connection.socket.destroyed) {
      await connection.send('x');
      await Promise.race([pause(200), connection.ended]);
    }
  }

  test.concurrent.each([
    { what: 'head', start: 'GET / HTTP/1.1\r\nHost: test\r\nx-slow: ' },
    { what: 'body', start: post('Content-Length: 1000') },
  ])('a client that takes too long for its $what gets 408', async ({ start }) => {
    using connection = await RawConnection.open(server.port);
    await connection.send(start);
    await drip(connection);
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(countAnswers(connection.received)).toBe(1);
  });

  test.concurrent('an app that takes too long for its answer is given up with 503, and the worker goes on', async () => {
    const pids = server.workerPids;
    const answer = await ask(`${server.url}/slow?ms=3500`);
    expect([answer.status, answer.headers.connection, answer.text]).toEqual([503, 'close', 'Service Unavailable\n']);
    await server.logged(/\[WARNING\] No answer to GET \/slow\?ms=3500 within 3 s \(responseTimeout\): 503/);
    await server.logged(/^access 503 \/slow$/m);
    // Until after the app's own answer, which comes to nothing.
    await pause(700);
    expect((await ask(server.url)).status).toBe(200);
    expect(server.workerPids).toEqual(pids);
    expect(server.log).not.toMatch(/\[(ERROR|CRITICAL)\]/);
  });
});
