/** As root: only root can shift the protection that is tested, and only root has it. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linux, root } from '../../../../test/needs.ts';
import { inFolder, openInFolder } from '../../src/files/in-folder.ts';

const SOMEBODY = 4242;
const LINK = 'is a symbolic link in a folder that others than root may write';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'qilin-files-'));
  mkdirSync(join(base, 'own'));
  mkdirSync(join(base, 'elsewhere'));
  mkdirSync(join(base, 'foreign'));
  if (!root.isMissing) chownSync(join(base, 'foreign'), SOMEBODY, SOMEBODY);
  writeFileSync(join(base, 'elsewhere/file'), 'elsewhere');
});
afterEach(() => rmSync(base, { recursive: true }));

function read(path: string): string {
  const fd = openInFolder(path, constants.O_RDONLY);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

describe.skipIf(root.isMissing)(root.named('root'), () => {
  test('opens a file in a folder of others', () => {
    writeFileSync(join(base, 'foreign/file'), 'foreign');
    expect(read(join(base, 'foreign/file'))).toBe('foreign');
  });

  test.each([
    ['in the place of the file', 'foreign/link', 'elsewhere/file', 'foreign/link'],
    ['in the place of a folder', 'foreign/link', 'elsewhere', 'foreign/link/file'],
    ['to a file that is not there', 'foreign/link', 'elsewhere/none', 'foreign/link'],
  ])('follows no link that others have planted %s', (_, link, target, path) => {
    symlinkSync(join(base, target), join(base, link));
    expect(() => read(join(base, path))).toThrow(`"link" ${LINK}`);
    expect(() => openInFolder(join(base, path), constants.O_WRONLY | constants.O_CREAT)).toThrow(LINK);
  });

  test.each([
    ['its group', 0o775],
    ['everybody', 0o777],
    ['everybody, as /tmp is', 0o1777],
  ])('follows no link in a folder of its own that is written by %s', (_, mode) => {
    chmodSync(join(base, 'own'), mode);
    symlinkSync('../elsewhere/file', join(base, 'own/link'));
    expect(() => read(join(base, 'own/link'))).toThrow(LINK);
  });

  test.each([
    ['a file', 'own/link', '../elsewhere/file', 'own/link'],
    ['a folder', 'own/link', '../elsewhere', 'own/link/file'],
    ['a folder, and back by ..', 'own/link', '../foreign/..', 'own/link/elsewhere/file'],
  ])('follows a link that only root can have made: to %s', (_, link, target, path) => {
    symlinkSync(target, join(base, link));
    expect(read(join(base, path))).toBe('elsewhere');
  });

  test('follows a link of its own by an absolute path, and links one after another', () => {
    symlinkSync(join(base, 'elsewhere'), join(base, 'own/first'));
    symlinkSync('first/file', join(base, 'own/second'));
    expect(read(join(base, 'own/second'))).toBe('elsewhere');
  });

  test('says so when links go round', () => {
    symlinkSync('b', join(base, 'own/a'));
    symlinkSync('a', join(base, 'own/b'));
    expect(() => read(join(base, 'own/a'))).toThrow('through more than 40 links');
  });

  test.skipIf(linux.isMissing)('follows a link to an open file, as /dev/stdout is one', () => {
    const fd = openSync(join(base, 'elsewhere/file'), 'r');
    symlinkSync(`/proc/self/fd/${fd}`, join(base, 'own/link'));
    expect(read(join(base, 'own/link'))).toBe('elsewhere');
    closeSync(fd);
  });

  test('leaves a link alone that is itself to be removed or replaced', () => {
    symlinkSync('../elsewhere/file', join(base, 'foreign/link'));
    inFolder(join(base, 'foreign/link'), unlinkSync);
    expect(() => read(join(base, 'foreign/link'))).toThrow('ENOENT');
    expect(read(join(base, 'elsewhere/file'))).toBe('elsewhere');
  });

  test.skipIf(linux.isMissing)('stays in the folder that it found, when that is exchanged meanwhile', () => {
    inFolder(join(base, 'foreign/file'), (file) => {
      renameSync(join(base, 'foreign'), join(base, 'away'));
      symlinkSync('elsewhere', join(base, 'foreign'));
      writeFileSync(file, 'written');
    });
    expect(readFileSync(join(base, 'away/file'), 'utf8')).toBe('written');
    expect(readFileSync(join(base, 'elsewhere/file'), 'utf8')).toBe('elsewhere');
  });

  test('leaves no descriptor open', () => {
    symlinkSync('../elsewhere/file', join(base, 'own/link'));
    symlinkSync('../elsewhere/file', join(base, 'foreign/link'));
    const next = () => {
      const fd = openSync('/', 'r');
      closeSync(fd);
      return fd;
    };
    const before = next();
    read(join(base, 'own/link'));
    expect(() => read(join(base, 'foreign/link'))).toThrow(LINK);
    expect(() => read(join(base, 'none/file'))).toThrow('ENOENT');
    expect(next()).toBe(before);
  });
});
