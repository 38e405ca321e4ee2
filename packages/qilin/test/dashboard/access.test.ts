import { timingSafeEqual } from 'node:crypto';
import { expect, test } from 'vitest';
import { refusalOf } from '../../src/dashboard/access.ts';

const TOKEN = 'a-token-of-24-characters';

test.each([
  ['its token', `Bearer ${TOKEN}`, undefined],
  ['its token, in another case of the scheme', `bearer ${TOKEN}`, undefined],
  ['no token', undefined, 'token'],
  ['an empty one', 'Bearer ', 'token'],
  ['another of its length', `Bearer ${TOKEN.replace('a', 'b')}`, 'token'],
  ['its beginning', `Bearer ${TOKEN.slice(0, -1)}`, 'token'],
  ['another scheme', `Basic ${TOKEN}`, 'token'],
])('with a token set: %s', (_, authorization, expected) => {
  expect(refusalOf({ host: 'admin.example', authorization }, TOKEN, timingSafeEqual)).toBe(expected);
});

test.each([
  ['127.0.0.1:9000', undefined],
  ['[::1]:9000', undefined],
  ['10.1.2.3', undefined],
  ['LocalHost:1', undefined],
  [undefined, undefined],
  ['page.example', 'host'],
  ['127.0.0.1.page.example:80', 'host'],
  ['localhost.page.example', 'host'],
  ['', 'host'],
])('without one, by the host %j', (host, expected) => {
  expect(refusalOf({ host, authorization: undefined }, null, timingSafeEqual)).toBe(expected);
});
