import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RecentLines } from '../../src/contract/recent-lines.ts';
import { logNews } from '../../src/dashboard/log-tail.ts';

function newLog() {
  const folder = mkdtempSync(join(tmpdir(), 'qilin-tail-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  writeFileSync(file, 'one\ntwo\nthr');
  return { file, recent: new RecentLines() };
}

test('whole lines, each once, through a rotation and a cut', async () => {
  const log = newLog();
  const first = await logNews(log, '');
  expect(first).toMatchObject({ source: 'file', lines: ['one', 'two'], isCut: false });
  expect(await logNews(log, first.next)).toEqual({ ...first, lines: [] });
  appendFileSync(log.file, 'ee\n');
  const second = await logNews(log, first.next);
  expect(second.lines).toEqual(['three']);
  renameSync(log.file, `${log.file}.1`);
  writeFileSync(log.file, 'anew\n');
  const third = await logNews(log, second.next);
  expect(third.lines).toEqual(['anew']);
  truncateSync(log.file, 0);
  appendFileSync(log.file, 'cut\n');
  expect((await logNews(log, third.next)).lines).toEqual(['cut']);
});

test('of much the end, without half a line, and of a line without end nothing', async () => {
  const log = newLog();
  writeFileSync(log.file, Array.from({ length: 20_000 }, (_, number) => `line ${number}\n`).join(''));
  const { lines, isCut, next } = await logNews(log, '');
  expect([lines.length, lines[0], lines.at(-1), isCut]).toEqual([200, 'line 19800', 'line 19999', true]);
  appendFileSync(log.file, 'x'.repeat(200_000));
  const endless = await logNews(log, next);
  expect(endless.lines).toEqual([]);
  appendFileSync(log.file, '\nshort\n');
  expect((await logNews(log, endless.next)).lines).toContain('short');
});

test.each(['', 'f1:99999999', 'm7', `f${'9'.repeat(40)}:1`, 'f1:-5', 'x'.repeat(5000), 'm1e9'])(
  'what is no place, %.20j, is as none',
  async (known) => {
    expect((await logNews(newLog(), known)).lines).toEqual(['one', 'two']);
  },
);

test('where there is no file, or one that would be waited for, the lines in memory', async () => {
  const recent = new RecentLines();
  for (let number = 0; number < 250; number++) recent.add(`line ${number}`);
  const first = await logNews({ file: undefined, recent }, '');
  expect(first).toMatchObject({ source: 'arbiter', isCut: true });
  expect([first.lines.length, first.lines[0]]).toEqual([200, 'line 50']);
  recent.add('x'.repeat(10_000));
  const second = await logNews({ file: '/dev/null', recent }, first.next);
  expect(second.lines.map(({ length }) => length)).toEqual([2001]);
  expect((await logNews({ file: '/nonexistent/log', recent }, second.next)).lines).toEqual([]);
});
