import { setImmediate } from 'node:timers/promises';
/** The limits of a request, in bytes: line, fields, body. test/http/cases/limits.http has the bytes one by one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, countAnswers, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES, testIfAble } from './classes.ts';
import { exchange, get, post, UNREAD } from './requests.ts';

const ACCESS = ['--access-logfile', '-', '--access-logformat', 'access %(s)s %(U)s'];

export function describeLimits(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('limits with $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      const heads = ['--limit-request-line', '100', '--limit-request-fields', '5', '--limit-request-field-size', '100'];
      server = await startQilin([
        ...underTest.flags,
        ...heads,
        '--limit-request-body',
        '10',
        '--keep-alive',
        '0',
        ...ACCESS,
        app,
      ]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    const lineOf = (bytes: number) => get(`/${'a'.repeat(bytes - 'GET / HTTP/1.1'.length)}`);
    const fieldOf = (bytes: number) => get('/', `x-long: ${'a'.repeat(bytes - 'x-long: '.length)}`);
    const fields = (count: number) => get('/', ...Array.from({ length: count - 1 }, (_, index) => `x-${index}: y`));

    test.each([
      { what: 'a request line', request: lineOf(100) },
      { what: 'a field', request: fieldOf(100) },
      { what: 'a number of fields', request: fields(5) },
      { what: 'a body', request: `${post('/', 'Content-Length: 10')}0123456789` },
      { what: 'a body in chunks', request: `${post('/', 'Transfer-Encoding: chunked')}a\r\n0123456789\r\n0\r\n\r\n` },
    ])('let $what through that is as large as allowed', async ({ request }) => {
      expect(await exchange(server, request)).toMatch(/^HTTP\/1\.1 200 /);
    });

    test.each([
      { what: 'a request line of a byte too many', request: lineOf(101), status: 414 },
      { what: 'a request line far beyond', request: lineOf(20_000), status: 414 },
      { what: 'a field of a byte too many', request: fieldOf(101), status: 431 },
      { what: 'a field far beyond', request: fieldOf(20_000), status: 431 },
      { what: 'one field too many', request: fields(6), status: 431 },
      { what: 'many fields too many', request: fields(500), status: 431 },
      { what: 'a body of a byte too many', request: `${post('/', 'Content-Length: 11')}01234567890`, status: 413 },
      {
        what: 'a body in chunks of a byte too many',
        request: `${post('/', 'Transfer-Encoding: chunked')}5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n`,
        status: 413,
      },
    ])('refuse $what with $status, and what follows is not read as a request', async ({ request, status }) => {
      const received = await exchange(server, request + UNREAD);
      expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(received).toMatch(/\r\nConnection: close\r\n/i);
      expect(countAnswers(received)).toBe(1);
      expect(server.log).not.toContain('began /unread');
    });

    testIfAble(
      underTest,
      'concurrency',
      'refuse a field far too large also when the head comes in pieces',
      async () => {
        using connection = await RawConnection.open(server.port);
        connection.send('GET / HTTP/1.1\r\nHost: test\r\nx-long: ');
        // An answer on another connection shows that the beginning has been read.
        await ask(server.url);
        connection.send('a'.repeat(20_000));
        await connection.until(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
        await connection.ended;
      },
    );

    test('refuse a body by its Content-Length before it is sent, with no 100 Continue', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(post('/expected', 'Content-Length: 11', 'Expect: 100-continue'));
      await connection.ended;
      expect(connection.received).toMatch(/^HTTP\/1\.1 413 /);
      await server.logged(/^access 413 \/expected$/m);
      expect((await ask(server.url)).status).toBe(200);
    });

    test('refuse a body of gigabytes in chunks without reading it to its end', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(post('/', 'Transfer-Encoding: chunked'));
      const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      let pieces = 0;
      while (!connection.socket.destroyed && pieces++ < 1_000) {
        await Promise.race([connection.send(piece), connection.ended]);
        // What the kernel takes at once would keep this loop, too, from hearing of the end.
        await setImmediate();
      }
      await connection.ended;
      expect(connection.received).toMatch(/^(?:HTTP\/1\.1 413 |$)/);
      expect(pieces).toBeLessThan(1_000);
    });
  });
}
