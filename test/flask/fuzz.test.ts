/** Requests at random to an app of @qilin/flask, without a server: whatever comes, nothing of the app fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'qilin-fuzz-'));
mkdirSync(join(folder, 'static'));
writeFileSync(join(folder, 'static/a.txt'), 'for all');
vi.stubEnv('ATTACKED_FOLDER', folder);
afterAll(() => rmSync(folder, { recursive: true }));

/** Text with what is special somewhere, often. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.stringMatching(/^[a-z%0-9.\\/;:=&"' \t-]{0,40}$/),
  fc.constantFrom('..', '%2e%2e', '%00', '%ff', '%', '', '*', 'x'.repeat(2000), '"', "'", ';', ',', '=', '\\'),
);

const list = (separator: string) => fc.array(text, { maxLength: 6 }).map((items) => items.join(separator));

/** A value that a header can have: what the standard's Headers would not take never arrives. */
const headerValue = fc
  .oneof(text, list(';'), list(','), list('='))
  .map((value) => value.replace(/[^\t -~\x80-\xff]/g, ''));

const type = fc.oneof(
  headerValue,
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    'multipart/form-data; boundary="b"',
    'multipart/form-data',
    'text/plain; charset=utf-7',
  ),
);

const part = fc
  .tuple(text, text)
  .map(([head, content]) => `--b\r\nContent-Disposition: form-data; name="${head}"\r\n\r\n${content}\r\n`);

const body = fc.oneof(
  text,
  fc.json(),
  list('&'),
  fc.array(fc.oneof(part, text), { maxLength: 5 }).map((parts) => `${parts.join('')}--b--\r\n`),
);

const path = fc.tuple(
  fc.constantFrom(
    '/static/',
    '/download/',
    '/named?v=',
    '/cookie?v=',
    '/redirect?v=',
    '/go?next=',
    '/form',
    '/files',
    '/json',
    '/body',
    '/who',
    '/folder/',
    '/',
  ),
  fc.oneof(text, list('/')),
);

const request = fc.record({
  path,
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT'),
  headers: fc.dictionary(
    fc.constantFrom(
      'cookie',
      'range',
      'if-none-match',
      'if-modified-since',
      'if-range',
      'accept',
      'authorization',
      'if-match',
    ),
    headerValue,
  ),
  type,
  body,
});

test('whatever the request, the answer is no error of the server', async () => {
  const { app } = await import('./attacks/app.ts');
  let log = '';
  app.logger.sink = (line) => {
    log = line;
  };
  await fc.assert(
    fc.asyncProperty(request, async ({ path: [start, rest], method, headers, type, body }) => {
      const hasBody = method === 'POST' || method === 'PUT';
      const url = new URL(`http://flask.test${start}${rest}`);
      const init = { method, headers: { ...headers, 'content-type': type }, ...(hasBody && { body }) };
      const response = await app.fetch(new Request(url, init));
      await response.arrayBuffer();
      expect(response.status, log).toBeLessThan(500);
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) },
  );
});
