import { expect, test } from 'vitest';
import { sayClose } from '../../../src/http/node/last-head.ts';

const START = 'HTTP/1.1 200 OK\r\nA: b';

test.each([
  [`${START}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=2\r\n\r\n`, `${START}\r\nConnection: close\r\n\r\n`],
  [
    `${START}\r\nconnection: Keep-Alive, X\r\nconnection: Upgrade\r\n\r\n`,
    `${START}\r\nConnection: X, Upgrade, close\r\n\r\n`,
  ],
  // Of what is the body's, nothing changes.
  [
    `${START}\r\n\r\nx\r\nConnection: keep-alive\r\n\r\n`,
    `${START}\r\nConnection: close\r\n\r\nx\r\nConnection: keep-alive\r\n\r\n`,
  ],
  ['a part of a head', 'a part of a head'],
])('an answer that is the last says so, whatever the app has said: %j', (bytes, told) => {
  expect(sayClose(bytes)).toBe(told);
  expect(Buffer.from(sayClose(Buffer.from(bytes))).toString()).toBe(told);
});
