import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findModuleFile } from '../../src/modules/import-module.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-modules-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string) => writeFileSync(join(folder, file), '');
const find = (path: string) => findModuleFile(join(folder, path))?.slice(folder.length + 1);

test('a name with its extension is that file', () => {
  write('server.js');
  write('server.js.ts');
  expect(find('server.js')).toBe('server.js');
});

test('TypeScript comes before JavaScript, and both before a file without extension', () => {
  write('server');
  expect(find('server')).toBe('server');
  write('server.js');
  expect(find('server')).toBe('server.js');
  write('server.ts');
  expect(find('server')).toBe('server.ts');
});

test('a folder stands for its index', () => {
  mkdirSync(join(folder, 'server'));
  expect(find('server')).toBeUndefined();
  write('server/index.mjs');
  expect(find('server')).toBe('server/index.mjs');
});
