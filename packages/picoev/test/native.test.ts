/** The kernel's parts without Node, tested in C++ under sanitizers: see test/native. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  buildProgram,
  KERNEL,
  POLLER_SOURCES,
  SANITIZED,
  SANITIZER_ENV,
  UNIT_SOURCES,
} from '../../../scripts/native.mjs';
import { tool } from '../../../test/needs.ts';

const libuv = tool('libuv1-dev');
const execute = promisify(execFile);
const inTests = (names: readonly string[]) => names.map((name) => join(import.meta.dirname, 'native', `${name}.cc`));

/** Compiling takes its time on a busy machine. */
const BUILD_TIMEOUT = 300_000;

/** Runs a test program; its lines that begin with `ok` are the tests that passed. A failure has all it said. */
async function passed(program: string, args: readonly string[] = []): Promise<string[]> {
  const { stdout } = await execute(program, args, { env: SANITIZER_ENV, timeout: 120_000 });
  return stdout.split('\n').filter((line) => line.startsWith('ok'));
}

describe('the native kernel without Node', () => {
  test(
    'parser, decoder, connection, multiplexers and timers hold under AddressSanitizer and UndefinedBehaviorSanitizer',
    async () => {
      const program = await buildProgram({ name: 'unit', flags: SANITIZED, sources: UNIT_SOURCES });
      expect(await passed(program)).not.toEqual([]);
      await expect(passed(program, ['--fail'])).rejects.toThrow('should be 2');
    },
    BUILD_TIMEOUT,
  );

  test.skipIf(libuv.isMissing)(
    libuv.named('a libuv loop turns for every multiplexer, free of data races by ThreadSanitizer'),
    async () => {
      const sources = [...inTests(['main', 'sleeper_test']), join(KERNEL, 'loop/sleeper.cc'), ...POLLER_SOURCES];
      const flags = ['-g', '-O1', '-fsanitize=thread'];
      const program = await buildProgram({ name: 'sleeper', flags, sources, libraries: ['-luv'] });
      expect(await passed(program)).toHaveLength(1);
    },
    BUILD_TIMEOUT,
  );
});
