import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log, LogSettings } from '../../src/contract/log.ts';
import { captureOutput } from '../../src/observe/capture-output.ts';
import { createLog } from '../../src/observe/error-log.ts';
import { escapeMessage, toJsonLine } from '../../src/observe/escape.ts';
import { formatAccessTime, formatLogTime, oncePerSecond } from '../../src/observe/timestamp.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function logged(write: (log: Log) => void, settings: Partial<LogSettings> = {}): string {
  const errorlog = join(folder, 'error.log');
  const log = createLog({ errorlog, loglevel: 'info', logFormat: 'text', ...settings });
  write(log);
  return readFileSync(errorlog, 'utf8');
}

describe('the error log', () => {
  test("writes Gunicorn's line", () => {
    expect(logged((log) => log.info('Booting worker'))).toMatch(
      new RegExp(
        `^\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}\\] \\[${process.pid}\\] \\[INFO\\] Booting worker\\n$`,
      ),
    );
  });

  test('that cannot be reopened says so in the old file, which is written on', () => {
    const errorlog = join(folder, 'error.log');
    const log = createLog({ errorlog, loglevel: 'info', logFormat: 'text' });
    renameSync(errorlog, `${errorlog}.1`);
    mkdirSync(errorlog);
    log.reopen();
    log.info('goes on');
    log.close();
    expect(readFileSync(`${errorlog}.1`, 'utf8')).toMatch(
      /\[ERROR\] The log file ".*error\.log" cannot be opened: .*\n.*\[INFO\] goes on\n$/,
    );
  });

  test('leaves out what is below the level', () => {
    const text = logged(
      (log) => {
        log.debug('a');
        log.info('b');
        log.warning('c');
        log.error('d');
        log.critical('e');
      },
      { loglevel: 'warning' },
    );
    expect(text.match(/\[[A-Z]+\] \w/g)).toEqual(['[WARNING] c', '[ERROR] d', '[CRITICAL] e']);
  });

  test('keeps the lines of a stack and escapes every other control character', () => {
    expect(logged((log) => log.error('Error: \x1b[31mx\r\n\tat é\x7f\n'))).toMatch(
      /\] Error: \\x1B\[31mx\\r\n\\tat é\\x7F\n$/,
    );
  });

  test('as JSON is one object a line', () => {
    const text = logged((log) => log.error('two\nlines'), { logFormat: 'json' });
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'error',
      pid: process.pid,
      message: 'two\nlines',
    });
  });

  test('has no line that is longer than one write, and nothing is left out but what is counted', () => {
    const text = logged((log) => log.info('é'.repeat(60_000)));
    expect(text.split('\n').map((line) => Buffer.byteLength(line) <= 64 * 1024)).toEqual([true, true, true]);
    expect(text.replace(/^.*\] |\n/g, '')).toBe('é'.repeat(60_000));
    const longer = logged((log) => log.info('x'.repeat(1_000_000)));
    expect(longer).toMatch(/x\.\.\. \(934464 more characters\)\n$/);
  });

  test('as JSON has several objects for a message that is too long for one', () => {
    const message = `"quoted"\n\tat 😀\u0001 line\n`.repeat(2_000);
    const objects = logged((log) => log.error(message), { logFormat: 'json' })
      .trimEnd()
      .split('\n');
    expect(objects.every((line) => Buffer.byteLength(line) < 64 * 1024)).toBe(true);
    const parts = objects.map((line): { message: string; continued?: boolean } => JSON.parse(line));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ continued }) => continued)).toEqual([undefined, ...parts.slice(1).map(() => true)]);
    expect(parts.map((part) => part.message).join('')).toBe(message);
  });

  test('never has a raw control character in a line, whatever the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        expect(escapeMessage(message)).not.toMatch(/[^\P{Cc}\n]/u);
        const line = toJsonLine({ message });
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(JSON.parse(line)).toEqual({ message });
      }),
    );
  });
});

describe('timestamps', () => {
  const date = new Date(2026, 10, 23, 9, 5, 4);

  test.each([
    [0, '+0000'],
    [-330, '+0530'],
    [210, '-0330'],
  ])('tell the offset from UTC: %i minutes are %s', (minutes, offset) => {
    date.getTimezoneOffset = () => minutes;
    expect(formatLogTime(date)).toBe(`[2026-11-23 09:05:04 ${offset}]`);
    expect(formatAccessTime(date)).toBe(`[23/Nov/2026:09:05:04 ${offset}]`);
  });

  test('are made once a second', () => {
    let made = 0;
    const timeOf = oncePerSecond(() => String(++made));
    expect([1000, 1999, 2000, 1500].map(timeOf)).toEqual(['1', '1', '2', '3']);
  });
});

describe('captured output', () => {
  function capture(run: () => void, logFormat: 'text' | 'json' = 'text'): string[] {
    const lines: string[] = [];
    const take = (line: string): void => void lines.push(line);
    const restore = captureOutput(
      {
        debug: take,
        info: take,
        warning: take,
        error: take,
        critical: take,
        reopen: () => {},
        flush: () => {},
        close: () => {},
      },
      { logFormat },
    );
    try {
      run();
    } finally {
      restore();
    }
    return lines;
  }

  test('puts lines together from their parts, in any encoding', () => {
    const bytes = Buffer.from('né\r\n');
    expect(
      capture(() => {
        process.stdout.write(bytes.subarray(0, 2));
        process.stdout.write(new Uint8Array(bytes.subarray(2)));
        process.stdout.write('61620a', 'hex');
        process.stdout.write('\n');
        process.stdout.write('last');
      }),
    ).toEqual(['né', 'ab', '', 'last']);
  });

  test('is one message a write in a log of JSON, so that a stack is one object', () => {
    const print = () => {
      process.stderr.write('Error: broken\n    at one\n    at two\n');
      process.stderr.write('begun, ');
      process.stderr.write('ended\nlast');
    };
    expect(capture(print, 'json')).toEqual(['Error: broken\n    at one\n    at two', 'begun, ended', 'last']);
  });

  test('calls the callback of each write, later', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      capture(() => {
        process.stdout.write('a\n', () => order.push('first'));
        process.stderr.write('b\n', 'utf8', () => {
          order.push('second');
          resolve();
        });
        order.push('returned');
      });
    });
    expect(order).toEqual(['returned', 'first', 'second']);
  });

  test('gives the streams back', () => {
    const { write } = process.stdout;
    capture(() => {});
    expect(process.stdout.write).toBe(write);
    expect(process.listeners('exit').filter((listener) => listener.name === 'finish')).toEqual([]);
  });
});
