/** Which answers are encoded, by what, and what their header lines say then. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../../src/contract/log.ts';
import {
  COMPRESS_CODINGS,
  COMPRESS_TYPES,
  type CompressCoding,
  type CompressSettings,
} from '../../../src/contract/worker-config.ts';
import { coderOf } from '../../../src/http/compress/coders.ts';
import { Compression, varyWith } from '../../../src/http/compress/compression.ts';
import { encodedLines, headersOf, unencodedLines } from '../../../src/http/compress/field-lines.ts';
import { PieceCoder } from '../../../src/http/compress/piece-coder.ts';

const NO_LOG = { info() {} } as unknown as Log;
const SETTINGS: CompressSettings = {
  compress: true,
  compressEncodings: COMPRESS_CODINGS,
  compressMinimum: 100,
  compressTypes: COMPRESS_TYPES,
  compressLevel: 0,
};
const made = (settings: Partial<CompressSettings> = {}) => Compression.of({ ...SETTINGS, ...settings }, NO_LOG);

describe('an answer', () => {
  test.each([
    [200, 100, 'Content-Type: text/html; charset=utf-8\r\n', true],
    [200, undefined, 'content-type:text/plain\r\n', true],
    [404, 100, 'Content-Type: APPLICATION/JSON\r\n', true],
    [200, 100, 'Content-Type: application/vnd.api+json;v=1\r\n', true],
    [200, 99, 'Content-Type: text/html\r\n', false],
    [200, 0, 'Content-Type: text/html\r\n', false],
    [200, 100, '', false],
    [200, 100, 'Content-Type: image/png\r\n', false],
    [200, 100, 'Content-Type: application/jsonp\r\n', false],
    [200, 100, 'Content-Type: x-text/html\r\n', false],
    [200, 100, 'X-Content-Type: text/html\r\n', false],
    [206, 100, 'Content-Type: text/html\r\n', false],
    [304, 100, 'Content-Type: text/html\r\n', false],
    [204, undefined, 'Content-Type: text/html\r\n', false],
    [200, 100, 'Content-Type: text/html\r\nContent-Encoding: gzip\r\n', false],
    [200, 100, 'Content-Type: text/html\r\nContent-Range: bytes 0-99/200\r\n', false],
    [200, 100, 'Content-Type: text/html\r\nCache-Control: public\r\ncache-control: no-transform\r\n', false],
  ])('of %d with %j bytes and %j may be encoded: %j', (status, length, lines, expected) => {
    expect(made()?.isFor(status, length, headersOf(lines))).toBe(expected);
  });

  test('is encoded by nothing where nobody asks for that, or Node has none of what is asked for', () => {
    expect(made({ compress: false })).toBeUndefined();
    const hasZstd = coderOf('zstd', 0) !== undefined;
    expect(made({ compressEncodings: ['zstd'] }) !== undefined).toBe(hasZstd);
  });
});

test.each([
  ['ETag: "a"\r\nX-A: b\r\n', 'X-A: b\r\nVary: Accept-Encoding\r\nETag: W/"a"\r\nContent-Encoding: br\r\n'],
  ['ETag: W/"a"\r\n', 'Vary: Accept-Encoding\r\nETag: W/"a"\r\nContent-Encoding: br\r\n'],
  ['Accept-Ranges: bytes\r\n', 'Vary: Accept-Encoding\r\nContent-Encoding: br\r\n'],
  ['Vary: Origin\r\nvary: Cookie\r\n', 'Vary: Origin, Cookie, Accept-Encoding\r\nContent-Encoding: br\r\n'],
])('the lines %j become %j', (lines, expected) => {
  expect(encodedLines(lines, headersOf(lines), 'br')).toBe(expected);
});

test.each([
  ['', 'Vary: Accept-Encoding\r\n'],
  ['Vary: accept-encoding, Origin\r\nETag: "a"\r\n', 'ETag: "a"\r\nVary: accept-encoding, Origin\r\n'],
])('for a client that takes no coding the lines %j become %j', (lines, expected) => {
  expect(unencodedLines(lines, headersOf(lines))).toBe(expected);
});

test('whoever varies on everything needs say no more', () => {
  expect([varyWith('*'), varyWith(''), varyWith('X-Accept-Encoding')]).toEqual([
    '*',
    'Accept-Encoding',
    'X-Accept-Encoding, Accept-Encoding',
  ]);
});

const DECODERS: Partial<Record<CompressCoding, (bytes: Uint8Array) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
};

describe.each(['gzip', 'br'] as const)('%s', (name) => {
  const coder = coderOf(name, 0);
  if (coder === undefined) throw new Error(`Node has no ${name}`);
  const decoded = (bytes: Uint8Array) => DECODERS[name]?.(bytes).toString();

  test('encodes at once, later and in pieces', async () => {
    const text = 'some text, '.repeat(1000);
    expect(decoded(coder.now(Buffer.from(text)))).toBe(text);
    const later = new Promise<Buffer>((resolve) => coder.later(Buffer.from(text), (_error, bytes) => resolve(bytes)));
    expect(decoded(await later)).toBe(text);
    const pieces = new PieceCoder(coder);
    const made = [await pieces.write(Buffer.from(text)), await pieces.write(Buffer.from('more')), await pieces.end()];
    expect(decoded(Buffer.concat(made))).toBe(`${text}more`);
    expect(made[1]?.length).toBeGreaterThan(0);
  });

  test('who waits for a piece when it is closed gets the reason', async () => {
    const pieces = new PieceCoder(coder);
    const written = pieces.write(Buffer.alloc(1_000_000, 'x'));
    const reason = new Error('nobody wants it any more');
    pieces.close(reason);
    await expect(written).rejects.toBe(reason);
  });

  test('tries harder by a higher level', () => {
    const text = Buffer.from(Array.from({ length: 3000 }, (_, index) => `${index * 7919}`).join());
    expect(coderOf(name, 9)?.now(text).length).toBeLessThan(coderOf(name, 1)?.now(text).length ?? 0);
  });
});
