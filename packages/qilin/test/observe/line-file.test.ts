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
let droppedLines: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-log-'));
  failures = [];
  droppedLines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');

const told = {
  onFailure: (message: string) => void failures.push(message),
  onDropped: (lines: number) => {
    droppedLines.push(lines);
    return `dropped ${lines}\n`;
  },
};

function openFile(name: string, bufferSize: number, flushInterval = 10_000): LineFile {
  return openLineFile({ name, standard: 2, bufferSize, flushInterval, ...told });
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
    expect(droppedLines).toEqual([]);
  });
});

/** A pipe whose writing end waits when it is full, as a standard stream does, with a reader that reads only when told to. */
class SlowReader implements Disposable {
  readonly writer: number;
  #reader: number;
  readonly #path: string;

  constructor(file: string) {
    execFileSync('mkfifo', [file]);
    this.#path = file;
    this.#reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(file, constants.O_WRONLY);
  }

  /** What can be read now. */
  read(): string {
    const parts: Buffer[] = [];
    const buffer = Buffer.alloc(64 * 1024);
    try {
      for (let size = readSync(this.#reader, buffer); size > 0; size = readSync(this.#reader, buffer)) {
        parts.push(Buffer.from(buffer.subarray(0, size)));
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    return Buffer.concat(parts).toString();
  }

  /** Reads until the text so far satisfies `isEnough`. */
  async readUntil(isEnough: (text: string) => boolean): Promise<string> {
    let text = '';
    const readMore = () => {
      text += this.read();
      return isEnough(text);
    };
    await expect.poll(readMore, { interval: 5, timeout: 10_000 }).toBe(true);
    return text;
  }

  leave(): void {
    closeSync(this.#reader);
  }

  comeBack(): void {
    this.#reader = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  [Symbol.dispose](): void {
    closeSync(this.#reader);
    closeSync(this.writer);
  }
}

describe('a pipe', () => {
  const toPipe = (standard: number) => openLineFile({ name: '-', standard, bufferSize: 0, flushInterval: 0, ...told });
  const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line} ${'é'.repeat(50)}\n`);

  test('that is full makes lines wait, and each arrives whole and in order', async () => {
    using pipe = new SlowReader(path('pipe'));
    const file = toPipe(pipe.writer);
    const given = lines(4_000);
    for (const line of given) file.write(line);
    const text = await pipe.readUntil((so) => so.length >= given.join('').length);
    expect(text).toBe(given.join(''));
    expect([failures, droppedLines]).toEqual([[], []]);
  });

  test('whose reader has stopped costs no time and 1 MiB; the lines beyond are dropped and counted in their place', async () => {
    using pipe = new SlowReader(path('pipe'));
    const file = toPipe(pipe.writer);
    const given = lines(40_000);
    for (const line of given) file.write(line);
    expect(droppedLines).toEqual([]);
    const text = await pipe.readUntil((so) => so.includes('dropped'));
    const kept = text.slice(0, text.indexOf('dropped'));
    expect(given.join('').startsWith(kept)).toBe(true);
    expect(Buffer.byteLength(kept)).toBeLessThan(2.2 * 1024 * 1024);
    expect(droppedLines).toEqual([given.length - kept.split('\n').length + 1]);
    file.write('again\n');
    expect(await pipe.readUntil((so) => so !== '')).toBe('again\n');
  });

  test('whose reader has stopped holds up a flush, a reopening and an end for a moment only', () => {
    using pipe = new SlowReader(path('pipe'));
    const file = toPipe(pipe.writer);
    for (const line of lines(4_000)) file.write(line);
    const before = performance.now();
    file.flush();
    file.flush();
    file.reopen();
    file.close();
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test('whose reader is away for a while loses lines meanwhile, and says how many', async () => {
    using pipe = new SlowReader(path('pipe'));
    const file = toPipe(pipe.writer);
    file.write('before\n');
    expect(pipe.read()).toBe('before\n');
    pipe.leave();
    for (const line of ['one\n', 'two\n']) file.write(line);
    pipe.comeBack();
    file.write('after\n');
    expect(await pipe.readUntil((so) => so.includes('dropped'))).toBe('after\ndropped 2\n');
    expect(failures).toEqual([expect.stringContaining('are being lost: EPIPE')]);
  });

  test.skipIf(linux.isMissing)('is not made to fail for others that share it: its flags stay as they are', () => {
    using pipe = new SlowReader(path('pipe'));
    const flags = () => readFileSync(`/proc/self/fdinfo/${pipe.writer}`, 'utf8');
    const before = flags();
    const file = toPipe(pipe.writer);
    for (const line of lines(4_000)) file.write(line);
    expect(flags()).toBe(before);
    file.close();
  });
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
