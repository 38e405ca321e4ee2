/** Answers that are encoded for their clients: setting `compress`. */
import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../fixtures/compressed.mjs';
import { type Answer, ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest, testIfAble } from './classes.ts';
import { get } from './requests.ts';

const DECODED: Readonly<Record<string, (bytes: Buffer) => Buffer>> = { gzip: gunzipSync, br: brotliDecompressSync };

/** How an answer is given, and whether its length is known when its head is. */
const SHAPES = [
  { kind: 'a fetch handler', app: 'fetchApp', ways: ['', 'blob', 'stream'] },
  { kind: 'a Node listener', app: 'listener', ways: ['', 'head', 'list', 'length', 'stream', 'parts'] },
] as const;

const ENCODED = ['html', 'json', 'problem', 'bytes', 'failed', 'large'];
const PLAIN = ['small', 'empty', 'image', 'untyped', 'encoded', 'kept', 'part'];
/** Of these nothing depends on the client. */
const bodyOf = (name: string) => Buffer.from(ANSWERS[name]?.body ?? '');

export function describeCompression(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('compress, of $kind,', ({ app, ways }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      const options = ['--compress', '--compress-encodings', 'br,gzip'];
      server = await startQilin([...alone(underTest), ...options, `test/fixtures/compressed.mjs:${app}`]);
    });
    afterAll(() => server[Symbol.asyncDispose]());
    const give = (path: string, accepted?: string, method = 'GET'): Promise<Answer> => {
      const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted };
      return ask(server.url, { path: `/${path}`, method, headers });
    };

    test.each(ENCODED)('encodes what is worth it, in whatever way it is given: %s', async (name) => {
      for (const way of ways) {
        const { headers, body, status } = await give(`${name}/${way}`, 'gzip, br');
        expect([way, headers['content-encoding'], status]).toEqual([way, 'br', ANSWERS[name]?.status ?? 200]);
        expect(headers.vary).toBe(name === 'problem' ? 'Origin, Accept-Encoding' : 'Accept-Encoding');
        expect(headers['accept-ranges']).toBeUndefined();
        expect(body.length).toBeLessThan(bodyOf(name).length / 2);
        expect(DECODED['br']?.(body).equals(bodyOf(name))).toBe(true);
      }
    });

    test('gives each client what it likes best, and whoever takes none the body as it is', async () => {
      for (const [accepted, coding] of [
        ['gzip', 'gzip'],
        ['gzip;q=1, br;q=0.5', 'gzip'],
        ['*', 'br'],
        [undefined, undefined],
        ['deflate', undefined],
        ['gzip;q=0, br;q=0', undefined],
      ] as const) {
        for (const way of ways) {
          const { headers, body } = await give(`html/${way}`, accepted);
          expect([accepted, headers['content-encoding'], headers.vary]).toEqual([accepted, coding, 'Accept-Encoding']);
          const decoded = coding === undefined ? body : DECODED[coding]?.(body);
          expect(decoded?.equals(bodyOf('html'))).toBe(true);
          expect(headers.etag).toBe(coding === undefined ? '"strong"' : 'W/"strong"');
        }
      }
    });

    test.each(PLAIN)('leaves alone what gains nothing by it, or must not be changed: %s', async (name) => {
      const { status, headers, body } = await give(name, 'gzip, br');
      expect([status, headers['content-encoding'], headers.vary]).toEqual([
        ANSWERS[name]?.status ?? 200,
        ANSWERS[name]?.fields['Content-Encoding'],
        undefined,
      ]);
      expect(body.equals(bodyOf(name))).toBe(true);
    });

    test('tells HEAD what GET has, but for a length that nobody knows', async () => {
      const { headers, body } = await give('html', 'br', 'HEAD');
      expect([headers['content-encoding'], headers.vary, headers.etag]).toEqual([
        'br',
        'Accept-Encoding',
        'W/"strong"',
      ]);
      expect([headers['content-length'], body.length]).toEqual([undefined, 0]);
    });

    testIfAble(underTest, 'concurrency', 'gives the pieces of a stream as they come', async () => {
      using connection = await RawConnection.open(server.port);
      const decoder = createGunzip();
      let text = '';
      const has = (wanted: string) =>
        new Promise<void>((resolve) => {
          const look = () => text.includes(wanted) && resolve();
          decoder.on('data', look);
          look();
        });
      decoder.on('data', (piece) => {
        text += piece;
      });
      await connection.send(get('/events', 'Accept-Encoding: gzip', 'Connection: close'));
      await connection.until(/\r\n\r\n/);
      const feed = feeder(connection, (bytes) => decoder.write(bytes));
      await has('data: first\n\n');
      expect((await ask(`${server.url}/next`)).text).toBe('told');
      await has('data: later\n\n');
      await connection.ended;
      feed();
    });

    test('ends the stream of a client that leaves', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      await connection.send(get('/endless', 'Accept-Encoding: gzip'));
      await connection.until(/\r\n\r\n/);
      connection.socket.destroy();
      await server.logged(/the stream is over/, from);
      expect((await give('html', 'br')).status).toBe(200);
      expect(server.log.slice(from)).not.toMatch(/ERROR|WARNING|CRITICAL/);
    });
  });

  test('compress offers zstd where Node has it, and says where not', async () => {
    await using server = await startQilin([...alone(underTest), '--compress', 'test/fixtures/compressed.mjs:fetchApp']);
    const { headers } = await ask(server.url, { path: '/html', headers: { 'Accept-Encoding': 'gzip, br, zstd' } });
    const hasZstd = Number(process.versions.node.split('.')[0]) > 20;
    expect(headers['content-encoding']).toBe(hasZstd ? 'zstd' : 'br');
    expect(server.log.includes('has no zstd (it came with 22.15); it is not offered.')).toBe(!hasZstd);
  });
}

/** Gives the bytes of a chunked body to someone, as they come. */
function feeder(connection: RawConnection, give: (bytes: Buffer) => void): () => void {
  let at = connection.received.indexOf('\r\n\r\n') + 4;
  const feed = () => {
    for (;;) {
      const [line, size = ''] = /^([\da-f]+)\r\n/.exec(connection.received.slice(at)) ?? [];
      const length = Number.parseInt(size, 16);
      if (line === undefined || connection.received.length < at + line.length + length + 2) return;
      give(Buffer.from(connection.received.slice(at + line.length, at + line.length + length), 'latin1'));
      at += line.length + length + 2;
    }
  };
  connection.socket.on('data', feed);
  feed();
  return feed;
}
