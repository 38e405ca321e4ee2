/** The engine has no defaults: it takes complete options, and says what is wrong with others. */
import { describe, expect, test } from 'vitest';
import { addon } from '../src/addon.ts';
import { HTTP_LOOP_RANGES, HttpLoop, type HttpLoopOptions } from '../src/index.ts';
import { LOOP_OPTIONS } from './fixtures/loop-options.mjs';

/** @throws what the loop refuses them with. */
function make(options: object): void {
  new HttpLoop(options as HttpLoopOptions, { onRequest: () => {} }).close();
}

test.each([
  ['connections', 0, 'connections must be an integer between 1 and 2147483647 (got 0).'],
  ['connections', 2 ** 32, 'connections must be an integer between 1 and 2147483647 (got 4294967296).'],
  ['fields', 1025, 'fields must be an integer between 0 and 1024 (got 1025).'],
  ['requestLine', 1.5, 'requestLine must be an integer between 0 and 1048576 (got 1.5).'],
  ['body', Number.NaN, 'body must be an integer between 0 and 9007199254740991 (got NaN).'],
  ['bodyTimeout', '300', 'bodyTimeout must be an integer between 0 and 2147483647 (got "300").'],
  ['answerTimeout', 2 ** 31, 'answerTimeout must be an integer between 0 and 2147483647 (got 2147483648).'],
  ['multiplexer', 'kqueue', 'multiplexer must be one of epoll, epoll-lt, poll, select (got "kqueue").'],
  ['lowerCaseNames', 1, 'lowerCaseNames must be one of false, true (got 1).'],
])('refuses %s = %s in words', (name, value, sentence) => {
  expect(() => make({ ...LOOP_OPTIONS, [name]: value })).toThrow(new RangeError(sentence));
});

test.each(Object.keys(LOOP_OPTIONS))('misses %s', (name) => {
  expect(() => make({ ...LOOP_OPTIONS, [name]: undefined })).toThrow(
    new RegExp(`^${name} must be .*\\(it is missing\\)`),
  );
});

test('refuses an option that it does not know', () => {
  expect(() => make({ ...LOOP_OPTIONS, keepAlive: 2000 })).toThrow(
    /^keepAlive is no option of the HTTP loop: it has .*keepAliveTimeout/,
  );
});

describe.each(Object.entries(HTTP_LOOP_RANGES))('takes %s', (name, { min, max }) => {
  test.each([min, max])('%d', (value) => {
    expect(() => make({ ...LOOP_OPTIONS, [name]: value })).not.toThrow();
  });
});

test('the kernel casts no number that does not fit', () => {
  const tables = [new Uint8Array(64), new Uint8Array(64), new Uint8Array(64)] as const;
  expect(addon().startHttpLoop({ connections: 2 ** 40 }, ...tables, {} as never)).toMatchObject({ code: 'EINVAL' });
});
