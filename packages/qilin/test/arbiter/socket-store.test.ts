/** Which sockets systemd is to keep, by which names, and what is said of them when that changes. */
import { describe, expect, test } from 'vitest';
import { isStoreName, newsOfStore, readStoreName, storable } from '../../src/arbiter/socket-store.ts';
import type { Socket } from '../../src/arbiter/sockets.ts';
import type { Address } from '../../src/contract/address.ts';

const socket = (fd: number, requested: Address, file = ''): Socket => ({ fd, requested, actual: requested, file });
const tcp = socket(3, { kind: 'tcp', host: '::1', port: 80 });
const unix = socket(4, { kind: 'unix', path: '/run/a;b:c %ü.sock' }, '64:12');
const passed = socket(5, { kind: 'fd', fd: 5 });

test('a name says all of a socket, in what systemd takes for a name', () => {
  const names = [...storable([tcp, unix, passed]).keys()];
  expect(names).toHaveLength(2);
  for (const name of names) expect(name).toMatch(/^[!-9;-~]{1,255}$/);
  expect(names.every(isStoreName)).toBe(true);
  expect(names.map(readStoreName)).toEqual([tcp, unix].map(({ requested, file }) => ({ requested, file })));
});

test('a path that is too long for a name is not kept', () => {
  expect(storable([socket(3, { kind: 'unix', path: `/${'ü'.repeat(50)}` })]).size).toBe(0);
});

test.each(['stored', 'qilin;', 'qilin;80', 'qilin;80;;x', 'qilin;80;;1;2', 'qilin;fd%3A%2F%2F3;;1', 'qilin;%;;1'])(
  '%s is no name of an arbiter',
  (name) => expect(readStoreName(name)).toBeUndefined(),
);

describe('news', () => {
  const [first = '', second = ''] = storable([tcp, unix]).keys();

  test('what is new is stored, what has gone is removed, the rest is not told again', () => {
    expect(newsOfStore(new Set(), [tcp, unix], false)).toEqual({
      added: [
        [first, 3],
        [second, 4],
      ],
      removed: [],
    });
    expect(newsOfStore(new Set([first, second]), [tcp, unix], false)).toEqual({ added: [], removed: [] });
    expect(newsOfStore(new Set([first, second]), [unix], false)).toEqual({ added: [], removed: [first] });
  });

  test('at the end those stay for the next start that have no file', () => {
    expect(newsOfStore(new Set([first, second]), [], true)).toEqual({ added: [], removed: [second] });
  });

  test('two at one address, as reusePort allows them, are two', () => {
    expect(newsOfStore(new Set(), [tcp, { ...tcp, fd: 9 }], false).added.map(([, fd]) => fd)).toEqual([3, 9]);
  });
});
