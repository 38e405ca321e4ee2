/** What a request's header fields come to for a file: conditions, ranges, encodings. */
import { describe, expect, test } from 'vitest';
import { isSameFile, weigh } from '../../../src/http/static/conditions.ts';
import { neighbourChoice } from '../../../src/http/static/encodings.ts';
import { rangesOf } from '../../../src/http/static/ranges.ts';

const SECONDS = 784_111_777;
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const FILE = { etag: '"a-1"', lastModified: DATE, modifiedAt: SECONDS };
const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT';

describe('conditions', () => {
  test.each<[Record<string, string>, string]>([
    [{}, 'send'],
    [{ 'if-none-match': '"a-1"' }, 'unchanged'],
    [{ 'if-none-match': 'W/"a-1"' }, 'unchanged'],
    [{ 'if-none-match': '"x", "a-1"' }, 'unchanged'],
    [{ 'if-none-match': '*' }, 'unchanged'],
    [{ 'if-none-match': '"a"' }, 'send'],
    [{ 'if-none-match': 'a-1' }, 'send'],
    [{ 'if-none-match': '"x"', 'if-modified-since': DATE }, 'send'],
    [{ 'if-modified-since': DATE }, 'unchanged'],
    [{ 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 'unchanged'],
    [{ 'if-modified-since': 'Sun Nov  6 08:49:37 1994' }, 'unchanged'],
    [{ 'if-modified-since': EARLIER }, 'send'],
    [{ 'if-modified-since': 'yesterday' }, 'send'],
    [{ 'if-modified-since': '784111777' }, 'send'],
    [{ 'if-match': '"a-1"' }, 'send'],
    [{ 'if-match': '*' }, 'send'],
    [{ 'if-match': 'W/"a-1"' }, 'failed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': '"a-1"', 'if-unmodified-since': EARLIER }, 'send'],
    [{ 'if-unmodified-since': EARLIER }, 'failed'],
    [{ 'if-unmodified-since': DATE }, 'send'],
    [{ 'if-unmodified-since': 'never' }, 'send'],
    [{ 'if-match': '"x"', 'if-none-match': '"a-1"' }, 'failed'],
  ])('%j: %s', (fields, verdict) => {
    expect(weigh((name) => fields[name], FILE)).toBe(verdict);
  });

  test.each([
    [undefined, true],
    ['"a-1"', true],
    ['W/"a-1"', false],
    ['"x"', false],
    [DATE, true],
    [EARLIER, false],
  ])('a range behind If-Range: %s is sent: %s', (ifRange, isSent) => {
    expect(isSameFile(ifRange, FILE)).toBe(isSent);
  });
});

describe('ranges of 100 bytes', () => {
  test.each<[string, readonly (readonly [number, number])[] | undefined]>([
    ['bytes=0-0', [[0, 1]]],
    ['bytes=10-', [[10, 100]]],
    ['bytes=-10', [[90, 100]]],
    ['bytes=-200', [[0, 100]]],
    ['bytes=50-500', [[50, 100]]],
    ['Bytes = 0-1', [[0, 2]]],
    [
      'bytes=0-1, 5-6 ,-1',
      [
        [0, 2],
        [5, 7],
        [99, 100],
      ],
    ],
    ['bytes=100-', []],
    ['bytes=-0', []],
    ['bytes=100-,0-0', [[0, 1]]],
    ['bytes=99999999999999999999-', []],
    ['bytes=5-4', undefined],
    ['bytes=-', undefined],
    ['bytes=', undefined],
    ['bytes=a-b', undefined],
    ['bytes=0-1,', undefined],
    ['bytes=0-1=', undefined],
    ['lines=0-1', undefined],
    ['0-1', undefined],
    ['bytes=+1-2', undefined],
    ['bytes=0-99,0-99', undefined],
    [`bytes=${Array.from({ length: 17 }, (_, i) => `${i}-${i}`).join()}`, undefined],
  ])('%s', (value, ranges) => {
    expect(rangesOf(value, 100)).toEqual(ranges?.map(([start, end]) => ({ start, end })));
  });

  test('of an empty file there are none', () => {
    expect(rangesOf('bytes=0-', 0)).toEqual([]);
  });
});

test.each([
  [undefined, []],
  ['', []],
  ['gzip', ['gzip']],
  ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip']],
  ['gzip;q=1.0, br;q=0.5', ['gzip', 'br']],
  ['br;q=0, *', ['zstd', 'gzip']],
  ['identity, gzip;q=0.5', []],
  ['identity;q=0.5, gzip;q=0.5', ['gzip']],
  ['*;q=0', []],
  ['GZIP;Q=1', ['gzip']],
  ['gzip;q=nonsense', []],
  ['gzip;q=2', []],
])('Accept-Encoding: %s wants %j before the file as it is', (accepted, codings) => {
  expect(neighbourChoice.wanted(accepted)).toEqual(codings);
});
