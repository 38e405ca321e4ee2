import { afterEach, expect, test, vi } from 'vitest';
import { Need, tool } from './needs.ts';

afterEach(() => void vi.unstubAllEnvs());

test('a test whose tool is missing is skipped, and its name says what to install', () => {
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('CI', '');
  const valgrind = tool('valgrind');
  expect(valgrind.isMissing).toBe(true);
  expect(valgrind.named('no leaks')).toBe('no leaks (needs valgrind: apt-get install valgrind)');
});

test('in CI it fails instead', () => {
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('CI', '1');
  expect(() => tool('valgrind')).toThrow('In CI no test is skipped for want of a tool: apt-get install valgrind.');
});

test('where all is there, a name is as it is', () => {
  expect(new Need(true, 'never said').named('a test')).toBe('a test');
});
