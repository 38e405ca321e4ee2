import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linux } from '../../../../test/needs.ts';
import { type LineFile, openLineFile } from '../../src/observe/line-file.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/write-lines.ts', import.meta.url));

let folder: string;
let failures: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-log-'));
  failures = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');

function openFile(name: string, bufferSize: number, flushInterval = 10_000): LineFile {
  return openLineFile({ name, standard: 2, bufferSize, flushInterval, onFailure: (message) => failures.push(message) });
}

function start(how: string, file = ''): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['--import', 'tsx', FIXTURE, how, file], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a file of lines', () => {
  test('without a buffer has each line when write returns', () => {
    const file = openFile(path('log'), 0);
    file.write('one\n');
    expect(read('log')).toBe('one\n');
    file.close();
  });

  test('is appended to, and made with mode 0644', () => {
    const mask = process.umask(0o022);
    for (const line of ['one\n', 'two\n']) {
      const file = openFile(path('log'), 0);
      file.write(line);
      file.close();
    }
    process.umask(mask);
    expect(read('log')).toBe('one\ntwo\n');
    expect(statSync(path('log')).mode & 0o777).toBe(0o644);
  });

  test('with a buffer is written when the buffer is full, flushed or old', async () => {
    const file = openFile(path('log'), 8, 5);
    file.write('one\n');
    expect(read('log')).toBe('');
    file.write('two\n');
    expect(read('log')).toBe('one\ntwo\n');
    file.write('3\n');
    file.flush();
    expect(read('log')).toBe('one\ntwo\n3\n');
    file.write('4\n');
    await expect.poll(() => read('log')).toBe('one\ntwo\n3\n4\n');
    file.close();
  });

  test('loses nothing when it is moved away and reopened', () => {
    const file = openFile(path('log'), 1000);
    file.write('before\n');
    renameSync(path('log'), path('log.1'));
    file.write('between\n');
    file.reopen();
    file.write('after\n');
    file.close();
    expect(read('log.1')).toBe('before\nbetween\n');
    expect(read('log')).toBe('after\n');
    expect(failures).toEqual([]);
  });

  test('stays with the old file, and says so, when the new one cannot be opened', () => {
    const deep = mkdtempSync(join(folder, 'deep-'));
    const file = openFile(join(deep, 'log'), 0);
    renameSync(deep, path('moved'));
    file.reopen();
    file.write('still there\n');
    expect(read('moved/log')).toBe('still there\n');
    expect(failures).toEqual([expect.stringContaining(`The log file "${join(deep, 'log')}" cannot be opened: ENOENT`)]);
    file.close();
  });

  test('in a folder that does not exist is an error with the path', () => {
    expect(() => openFile(path('none/log'), 0)).toThrow(
      expect.objectContaining({ code: 'LOG_FILE', message: expect.stringContaining(path('none/log')) }),
    );
  });

  test.skipIf(linux.isMissing)(linux.named('on a full disk says so once and never throws'), () => {
    const file = openFile('/dev/full', 0);
    file.write('one\n');
    file.write('two\n');
    file.flush();
    file.close();
    expect(failures).toEqual([expect.stringContaining('Lines of the log /dev/full are being lost: ENOSPC')]);
  });
});

/** What can be read from a non-blocking descriptor now. */
function readAvailable(fd: number): string {
  const buffer = Buffer.alloc(64 * 1024);
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return '';
    throw error;
  }
}

test('lines wait while a pipe is full, and each arrives whole and in order', async () => {
  execFileSync('mkfifo', [path('pipe')]);
  const fd = openSync(path('pipe'), constants.O_RDWR | constants.O_NONBLOCK);
  const options = { name: '-', standard: fd, bufferSize: 0, flushInterval: 0 };
  const file = openLineFile({ ...options, onFailure: (message) => failures.push(message) });
  const lines = Array.from({ length: 4000 }, (_, line) => `line ${line} ${'é'.repeat(50)}\n`);
  for (const line of lines) file.write(line);
  let output = '';
  const readMore = (): number => {
    output += readAvailable(fd);
    return output.length;
  };
  await expect.poll(readMore, { interval: 5, timeout: 10_000 }).toBe(lines.join('').length);
  expect(output).toBe(lines.join(''));
  expect(failures).toEqual([]);
  closeSync(fd);
});

describe('a process that logs', () => {
  test('goes on when the reader of its stderr is gone', async () => {
    const child = start('stderr');
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.each(['access-exit', 'access-throw'])('leaves no line of the access log unwritten: %s', async (how) => {
    const child = start(how, path('access'));
    await once(child, 'exit');
    expect(read('access').split('\n')).toHaveLength(1001);
  });

  test('captures the console of its app, the last line without a newline too', async () => {
    const child = start('capture');
    const [output, errors] = await Promise.all([child.stdout, child.stderr].map((stream) => text(stream)));
    expect(output).toBe('');
    const line = (level: string, message: string) =>
      expect.stringMatching(`\\[${child.pid}\\] \\[${level}\\] ${message}$`);
    expect(errors?.trimEnd().split('\n')).toEqual([
      line('INFO', 'from stdout'),
      line('INFO', 'second'),
      line('ERROR', 'to stderr'),
      line('ERROR', 'no newline'),
    ]);
  });
});
