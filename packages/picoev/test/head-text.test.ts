import { expect, test } from 'vitest';
import { allFields, fieldOf, withField } from '../src/head-text.ts';

const HEAD = 'GET /a HTTP/1.1\r\nX-Id: 1\r\nHost: a\r\nx-id:  2\r\nX-Id-More: 3\r\n\r\n';

test('one field takes the place of all of its name', () => {
  const changed = withField(HEAD, HEAD.toLowerCase(), 'x-id', 'new');
  expect(allFields(changed)).toEqual(['Host', 'a', 'X-Id-More', '3', 'x-id', 'new']);
  expect(fieldOf(changed, changed.toLowerCase(), 'x-id')).toBe('new');
  expect(changed.startsWith('GET /a HTTP/1.1\r\nHost')).toBe(true);
});

test('none stays where none is to be, and a head without fields takes one', () => {
  expect(allFields(withField(HEAD, HEAD.toLowerCase(), 'x-id', undefined))).toEqual(['Host', 'a', 'X-Id-More', '3']);
  const empty = 'GET / HTTP/1.0\r\n\r\n';
  expect(withField(empty, empty.toLowerCase(), 'a', 'b')).toBe('GET / HTTP/1.0\r\na: b\r\n\r\n');
});
