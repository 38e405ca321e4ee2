/** Files that are given before the app is asked: setting `static`. */
import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AskOptions, ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP } from './classes.ts';
import { get } from './requests.ts';

/** Beyond what the sockets of both sides hold. */
const LARGE = 16 * 1024 * 1024;
const SECRET = 'nobody may read this';

/** How the way out of a folder has been written, and what lies there: each one with each. */
const WAYS = [
  '..',
  '%2e%2e',
  '.%2e',
  '%2E.',
  '..;',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '%u002e%u002e',
  '..%00',
  '....',
  '%2e%2e%2f..',
];
const SLASHES = ['/', '//', '%2f', '%5c', '\\', '/./', '%252f', '%c0%af', '/;/'];
const ENDS = ['secret.txt', 'public/.env'];
const ESCAPES = [
  ...WAYS.flatMap((way) => SLASHES.flatMap((slash) => ENDS.map((end) => `/assets/${way}${slash}${end}`))),
  '/assets/.env',
  '/assets/%2eenv',
  '/assets/sub/../.env',
  '/assets/.git/config',
  '/assets/secret.txt%00.html',
  '/assets/out',
  '/assets/out.txt',
  '/assets/away/secret.txt',
  '/ASSETS/../secret.txt',
  '/assets../secret.txt',
  '/assets/sub/',
];

export function describeFiles({ flags, name }: ClassUnderTest): void {
  describe('files', () => {
    const folder = temporaryFolder();
    const at = (path: string) => join(folder.path, path);
    let server: QilinProcess;
    const give = (path: string, options?: AskOptions) => ask(server.url, { ...options, path });

    beforeAll(async () => {
      for (const path of ['public', 'public/sub', 'public/pages', 'public/.git']) mkdirSync(at(path));
      writeFileSync(at('secret.txt'), SECRET);
      writeFileSync(at('public/.env'), SECRET);
      writeFileSync(at('public/.git/config'), SECRET);
      writeFileSync(at('public/hello.txt'), 'Hello, 麒麟!\n');
      writeFileSync(at('public/index-DiwrgTda.js'), 'plain');
      writeFileSync(at('public/index-DiwrgTda.js.br'), 'encoded');
      writeFileSync(at('public/pages/index.html'), '<h1>Pages</h1>');
      writeFileSync(at('public/empty'), '');
      writeFileSync(at('public/large'), Buffer.alloc(LARGE, 'qilin'));
      symlinkSync('../secret.txt', at('public/out'));
      symlinkSync('..', at('public/away'));
      const options = ['--static-immutable', '--static-max-age', '60', '--access-logfile', '-'];
      server = await startQilin([...flags, '-w', '1', '--static', `/assets=${at('public')}`, ...options, FETCH_APP]);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });

    test('are given with type, state and age, and stand in the access log', async () => {
      const { status, headers, text } = await give('/assets/hello.txt?v=1');
      expect([status, text]).toEqual([200, 'Hello, 麒麟!\n']);
      expect(headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '15',
        'cache-control': 'public, max-age=60',
        'accept-ranges': 'bytes',
        'last-modified': expect.stringMatching(/ GMT$/),
        etag: expect.stringMatching(/^"[\w-]+"$/),
      });
      await server.logged(/"GET \/assets\/hello\.txt\?v=1 HTTP\/1\.1" 200 15 /);
    });

    test('have a head without a body, and a state by which they are not sent again', async () => {
      const { headers, body } = await give('/assets/hello.txt', { method: 'HEAD' });
      expect([headers['content-length'], body.length]).toEqual(['15', 0]);
      const conditions = { 'if-none-match': String(headers.etag) };
      const again = await give('/assets/hello.txt', { headers: conditions });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', headers.etag]);
      expect((await give('/assets/hello.txt', { headers: { 'if-match': '"other"' } })).status).toBe(412);
    });

    test('are given in parts', async () => {
      const part = (path: string, range: string) => give(path, { headers: { range } });
      const one = await part('/assets/hello.txt', 'bytes=7-12');
      expect([one.status, one.text, one.headers['content-range']]).toEqual([206, '麒麟', 'bytes 7-12/15']);
      const none = await part('/assets/hello.txt', 'bytes=15-');
      expect([none.status, none.headers['content-range']]).toEqual([416, 'bytes */15']);
      const large = await part('/assets/large', `bytes=${LARGE - 100_000}-`);
      expect([large.status, large.body.length]).toEqual([206, 100_000]);
      const several = await part('/assets/large', 'bytes=0-4,10-14');
      const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(`${several.headers['content-type']}`)?.[1];
      expect(several.text.split(`\r\n--${boundary}`)).toEqual([
        '',
        `\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-4/${LARGE}\r\n\r\nqilin`,
        `\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 10-14/${LARGE}\r\n\r\nqilin`,
        '--\r\n',
      ]);
    });

    test('are given encoded to whom that is welcome, and are told to be good for ever by a hash in their name', async () => {
      const encoded = await give('/assets/index-DiwrgTda.js', { headers: { 'accept-encoding': 'gzip, br' } });
      expect([encoded.text, encoded.headers['content-encoding'], encoded.headers.vary]).toEqual([
        'encoded',
        'br',
        'Accept-Encoding',
      ]);
      expect(encoded.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      const plain = await give('/assets/index-DiwrgTda.js');
      expect([plain.text, plain.headers['content-encoding'], plain.headers.vary]).toEqual([
        'plain',
        undefined,
        'Accept-Encoding',
      ]);
      expect(plain.headers.etag).not.toBe(encoded.headers.etag);
    });

    test('of a folder are its index.html, by its own name', async () => {
      const { status, headers } = await give('/assets/pages?a=1');
      expect([status, headers.location]).toEqual([301, '/assets/pages/?a=1']);
      const page = await give('/assets/pages/');
      expect([page.text, page.headers['content-type']]).toEqual(['<h1>Pages</h1>', 'text/html; charset=utf-8']);
    });

    test("are the app's to answer where there are none, and to other methods", async () => {
      const body = 'to the app';
      expect((await give('/assets/nothing')).text).toBe('GET /assets/nothing ');
      expect((await give('/assets/hello.txt', { method: 'POST', body })).text).not.toContain('Hello');
      expect((await give('/assets/empty')).headers['content-length']).toBe('0');
    });

    test(`are those of the folder alone (${ESCAPES.length} ways out are none)`, async () => {
      for (const path of ESCAPES) {
        using connection = await RawConnection.open(server.port);
        await connection.send(get(path, 'Connection: close'));
        await connection.ended;
        expect(connection.received, path).toMatch(/^HTTP\/1\.1 \d{3} /);
        expect(connection.received, path).not.toContain(SECRET);
      }
    });

    test('that are large come whole, to a slow client too, and go with one that leaves', async () => {
      const { body } = await give('/assets/large');
      expect(body.equals(Buffer.alloc(LARGE, 'qilin'))).toBe(true);
      for (let i = 0; i < 20; i++) {
        using connection = await RawConnection.open(server.port);
        await connection.send(get('/assets/large'));
        await connection.until(/qilin/);
        connection.socket.resetAndDestroy();
        await connection.ended;
      }
      expect((await give('/assets/large')).body.length).toBe(LARGE);
    });

    test('that are changed while they are sent are cut, and never of two kinds', async () => {
      writeFileSync(at('public/changing'), Buffer.alloc(LARGE, 'a'));
      utimesSync(at('public/changing'), 1, 1);
      using connection = await RawConnection.open(server.port);
      await connection.send(get('/assets/changing'));
      await connection.until(/aaaa/);
      connection.socket.pause();
      appendFileSync(at('public/changing'), 'b');
      connection.socket.resume();
      await connection.ended;
      expect(connection.received).toContain(`Content-Length: ${LARGE}\r\n`);
      expect(connection.received.length).toBeLessThan(LARGE);
      await server.logged(/The answer to \/assets\/changing was cut: .* was changed while it was sent/);
    });
  });

  test("a page that is none of its files is a single-page app's", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'index.html'), 'the page');
    const options = ['--static', `/=${folder.path}`, '--static-fallback', 'index.html'];
    await using server = await startQilin([...flags, '-w', '1', ...options, FETCH_APP]);
    const page = { headers: { accept: 'text/html,*/*' } };
    expect((await ask(`${server.url}/users/7`, page)).text).toBe('the page');
    expect((await ask(`${server.url}/`)).text).toBe('the page');
    expect((await ask(`${server.url}/users/7`, { headers: { accept: '*/*' } })).text, name).not.toBe('the page');
  });
}
