import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createRequestLimits } from '../../src/http/request-limits.ts';

const limits = createRequestLimits({
  limitRequestLine: 30,
  limitRequestFields: 2,
  limitRequestFieldSize: 20,
  limitRequestBody: 0,
});
const unlimited = createRequestLimits({
  limitRequestLine: 0,
  limitRequestFields: 0,
  limitRequestFieldSize: 0,
  limitRequestBody: 0,
});
const usual = createRequestLimits({
  limitRequestLine: 8190,
  limitRequestFields: 100,
  limitRequestFieldSize: 8190,
  limitRequestBody: 0,
});

describe('the limits of a request', () => {
  test.each([
    ['a line at the limit', `/${'x'.repeat(16)}`, [], 0],
    ['a line above it', `/${'x'.repeat(17)}`, [], 414],
    ['as many fields as allowed', '/', ['a', '1', 'b', '2'], 0],
    ['one field more', '/', ['a', '1', 'b', '2', 'c', '3'], 431],
    ['a field at the limit', '/', ['name', 'x'.repeat(14)], 0],
    ['a field above it', '/', ['a', '1', 'name', 'x'.repeat(15)], 431],
  ])('%s', (_what, url, headers, status) => {
    expect(limits.check('GET', url, headers)).toBe(status);
    expect(unlimited.check('GET', url, headers)).toBe(0);
  });

  test('bound what the parser holds', () => {
    expect(limits.maxHeaderSize).toBe(16 * 1024);
    expect(usual.maxHeaderSize).toBe(8190 + 100 * 8190);
    expect(unlimited.maxHeaderSize).toBe(1024 * 1024);
    expect([limits.maxHeadersCount, unlimited.maxHeadersCount]).toEqual([3, 1025]);
  });

  test("decide, not Node's parser, on what a server is sent", async () => {
    const server = createServer({ maxHeaderSize: usual.maxHeaderSize }, (req, res) => {
      res.statusCode = usual.check(req.method ?? '', req.url ?? '', req.rawHeaders) || 200;
      res.end();
    });
    server.maxHeadersCount = usual.maxHeadersCount;
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const statusOf = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port, path, headers, agent: false }, (res) => {
          res.resume();
          resolve(res.statusCode);
        })
          .on('error', reject)
          .end();
      });
    const fields = (count: number, size: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`x-${String(i).padStart(3, '0')}`, 'v'.repeat(size)]),
      );
    // The client adds Host and Connection.
    expect(await statusOf('/', fields(98, 8000))).toBe(200);
    expect(await statusOf('/', fields(99, 1))).toBe(431);
    expect(await statusOf('/', fields(1, 8190))).toBe(431);
    expect(await statusOf(`/${'p'.repeat(9000)}`, {})).toBe(414);
    await new Promise((resolve) => server.close(resolve));
  });
});
