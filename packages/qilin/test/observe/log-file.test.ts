import { execFileSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, listen } from '@qilin/picoev';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../../../../test/needs.ts';
import { giveLogFile, openLogFile, standardStream } from '../../src/observe/log-file.ts';

const SOMEBODY = 4242;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const ownerOf = (file: string): number[] => [statSync(file).uid, statSync(file).gid];

describe('a log file', () => {
  test('that is a FIFO without a reader is opened at once, and keeps its lines for the reader', () => {
    execFileSync('mkfifo', [path('fifo')]);
    const fd = openLogFile(path('fifo'));
    writeSync(fd, 'early\n');
    const reader = openSync(path('fifo'), constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(100);
    expect(bytes.toString('utf8', 0, readSync(reader, bytes))).toBe('early\n');
    closeSync(reader);
    writeSync(fd, 'while it is away\n');
    closeSync(fd);
  });

  test('that is a folder, a socket or in no folder is refused with its path', () => {
    mkdirSync(path('folder'));
    const socket = listen({ path: path('socket') });
    for (const name of ['folder', 'socket', 'none/file']) {
      expect(() => openLogFile(path(name))).toThrow(
        expect.objectContaining({
          code: 'LOG_FILE',
          message: expect.stringContaining(`The log file "${path(name)}" cannot be opened: `),
        }),
      );
    }
    closeFd(socket);
  });

  test.each([
    ['/dev/stdout', 1],
    ['/dev/stderr', 2],
    ['/dev/fd/1', 1],
    ['/proc/self/fd/2', 2],
    ['/dev/fd/3', undefined],
    ['./dev/stdout', undefined],
  ])('may be a name of a standard stream: %s', (name, descriptor) => {
    expect(standardStream(name)).toBe(descriptor);
  });
});

describe.skipIf(root.isMissing)(root.named('root'), () => {
  const somebody = { uid: SOMEBODY, gid: SOMEBODY };

  test("makes a file another user's, one that is there or a new one", () => {
    writeFileSync(path('present'), 'kept');
    for (const name of ['present', 'new']) {
      giveLogFile(path(name), somebody);
      expect(ownerOf(path(name))).toEqual([SOMEBODY, SOMEBODY]);
    }
    giveLogFile(path('present'), { uid: undefined, gid: 0 });
    expect(ownerOf(path('present'))).toEqual([SOMEBODY, 0]);
  });

  test('gives no file away that others have planted, by a symbolic or a hard link', () => {
    mkdirSync(path('logs'));
    chownSync(path('logs'), SOMEBODY, SOMEBODY);
    writeFileSync(path('secret'), 'secret');
    symlinkSync(path('secret'), path('logs/symbolic'));
    linkSync(path('secret'), path('logs/hard'));
    expect(() => giveLogFile(path('logs/symbolic'), somebody)).toThrow(/is a symbolic link/);
    expect(() => giveLogFile(path('logs/hard'), somebody)).toThrow(/it has 2 names \(hard links\)/);
    expect(() => openLogFile(path('logs/hard'))).toThrow(/hard links/);
    expect(ownerOf(path('secret'))).toEqual([0, 0]);
  });

  test('gives no device away', () => {
    giveLogFile('/dev/null', somebody);
    expect(ownerOf('/dev/null')).toEqual([0, 0]);
  });
});
