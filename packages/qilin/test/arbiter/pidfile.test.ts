/** The pid file's own ways: how it comes to its place, and what is left when it cannot. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PidFile } from '../../src/arbiter/pidfile.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-pidfile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what an earlier process of the same pid left in its place does not stop it', () => {
  const path = join(folder, 'qilin.pid');
  writeFileSync(`${path}.${process.pid}`, '');
  const file = PidFile.create(path);
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
  file.remove();
  expect(readdirSync(folder)).toEqual([`qilin.pid.${process.pid}`]);
});

test('one in a folder that is not there says which one to make, and nothing of how it was written', () => {
  const path = join(folder, 'nowhere/qilin.pid');
  expect(() => PidFile.create(path)).toThrow(
    `the pid file ${path} cannot be written: ENOENT: no such file or directory: make the folder ${join(folder, 'nowhere')} first, or name another.`,
  );
});

test('one that cannot be written leaves nothing behind', () => {
  const path = join(folder, 'qilin.pid');
  mkdirSync(path);
  expect(() => PidFile.create(path)).toThrow(/the pid file .* cannot be written/);
  expect(readdirSync(folder)).toEqual(['qilin.pid']);
});
