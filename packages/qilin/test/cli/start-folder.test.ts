import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startFolder } from '../../src/cli/start-folder.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'qilin-start-')));
const real = join(folder, 'release');
const link = join(folder, 'current');
mkdirSync(real);
symlinkSync('release', link);

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['the link that the shell went through', link, link],
  ['the real one where the shell tells nothing', undefined, real],
  ['the real one where the shell tells another, which its child has left', folder, real],
  ['the real one where what the shell tells is gone', join(folder, 'gone'), real],
  ['the real one where what the shell tells is no whole path', '.', real],
])('the folder of the start is %s', (_, told, expected) => {
  expect(startFolder(told, real)).toBe(expected);
});
