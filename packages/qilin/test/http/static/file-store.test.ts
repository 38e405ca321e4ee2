/** Which files a folder has, as they are kept open: what changes is seen, and no descriptor is left. */
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../../test/processes/server.ts';
import { FileStore } from '../../../src/http/static/file-store.ts';
import { OpenFile } from '../../../src/http/static/open-file.ts';

const LARGE = 70_000;

let folder: ReturnType<typeof temporaryFolder>;
let store: FileStore;
let before: number;

const descriptors = () => readdirSync('/proc/self/fd').length;
const write = (name: string, text: string | Buffer) => writeFileSync(join(folder.path, name), text);
const rooted = (followsLinks = false) => ({ folder: folder.path, followsLinks });
const textAt = (path: string, now: number) => {
  const file = store.find(path, now)?.formFor(undefined).file;
  return file?.read(0, file.size).toString();
};

beforeEach(() => {
  folder = temporaryFolder();
  before = descriptors();
  store = new FileStore(rooted(), () => 'no-cache');
});
afterEach(() => {
  store.close();
  expect(descriptors()).toBe(before);
  folder[Symbol.dispose]();
});

describe.skipIf(process.platform !== 'linux')('a folder', () => {
  test('is looked at once a second: what comes, changes and goes is seen then', () => {
    expect(textAt('a', 0)).toBeUndefined();
    write('a', 'one');
    expect(textAt('a', 999)).toBeUndefined();
    expect(textAt('a', 1000)).toBe('one');
    write('a', 'other');
    expect(textAt('a', 1999)).toBe('one');
    expect(textAt('a', 2000)).toBe('other');
    rmSync(join(folder.path, 'a'));
    expect(textAt('a', 3000)).toBeUndefined();
  });

  test('gives an encoded neighbour, unless it is older than the file itself', () => {
    write('a.js', 'plain');
    write('a.js.gz', 'encoded');
    expect(store.find('a.js', 0)?.formFor('gzip').file.contents?.toString()).toBe('encoded');
    utimesSync(join(folder.path, 'a.js.gz'), 1, 1);
    expect(store.find('a.js', 1000)?.formFor('gzip').file.contents?.toString()).toBe('plain');
    write('a.js.br', 'new');
    expect(store.find('a.js', 2000)?.formFor('gzip, br').file.contents?.toString()).toBe('new');
  });

  test('has a large file as one descriptor, which whoever sends it keeps when it is replaced', () => {
    write('large', Buffer.alloc(LARGE, 'a'));
    const held = store.find('large', 0)?.formFor(undefined).file;
    expect(descriptors()).toBe(before + 1);
    held?.hold();
    write('next', Buffer.alloc(LARGE, 'b'));
    renameSync(join(folder.path, 'next'), join(folder.path, 'large'));
    expect(textAt('large', 1000)).toBe('b'.repeat(LARGE));
    expect(held?.read(0, LARGE).toString()).toBe('a'.repeat(LARGE));
    held?.release();
    expect(descriptors()).toBe(before + 1);
  });

  test.each([
    ['became shorter', (path: string) => truncateSync(path, 10)],
    ['was changed', (path: string) => writeFileSync(path, Buffer.alloc(LARGE, 'c'))],
  ])('reads nothing of a file that %s while it was sent', (_, change) => {
    write('large', Buffer.alloc(LARGE, 'a'));
    const file = store.find('large', 0)?.formFor(undefined).file;
    utimesSync(join(folder.path, 'large'), 1, 1);
    change(join(folder.path, 'large'));
    expect(() => file?.read(0, LARGE)).toThrow(/ while it was sent/);
  });

  test('keeps no more than so many descriptors and paths', () => {
    for (let i = 0; i < 300; i++) write(`large-${i}`, Buffer.alloc(LARGE));
    for (let i = 0; i < 300; i++) expect(store.find(`large-${i}`, 0)).toBeDefined();
    expect(descriptors()).toBe(before + 256);
    for (let i = 0; i < 4096; i++) expect(store.find(`nothing-${i}`, 0)).toBeUndefined();
    expect(descriptors()).toBe(before);
  });

  test('has no folder, device or name that is too long', () => {
    mkdirSync(join(folder.path, 'sub'));
    expect(['sub', 'sub/a', 'a'.repeat(300)].map((path) => store.find(path, 0))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(OpenFile.open('/dev/zero', rooted(true))).toBeUndefined();
  });

  test('has what a link leads to within it, and nothing outside unless that is wanted', () => {
    using outside = temporaryFolder();
    writeFileSync(join(outside.path, 'secret'), 'secret');
    write('a', 'inside');
    symlinkSync('a', join(folder.path, 'in'));
    symlinkSync(join(outside.path, 'secret'), join(folder.path, 'out'));
    symlinkSync(outside.path, join(folder.path, 'sub'));
    symlinkSync('loop', join(folder.path, 'loop'));
    expect(['in', 'out', 'sub/secret', 'loop'].map((path) => textAt(path, 0))).toEqual([
      'inside',
      undefined,
      undefined,
      undefined,
    ]);
    const leads = (path: string) => OpenFile.open(join(folder.path, path), rooted(true))?.contents?.toString();
    expect(['in', 'out', 'sub/secret', 'loop'].map(leads)).toEqual(['inside', 'secret', 'secret', undefined]);
  });
});
