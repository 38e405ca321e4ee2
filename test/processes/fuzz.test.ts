/** The fuzz targets of the native kernel, for as long as a test may take; `npm run fuzz` goes on for longer. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tool } from '../needs.ts';

const execute = promisify(execFile);
const script = join(import.meta.dirname, '../../scripts/fuzz.mjs');
const clang = tool('libclang-rt-14-dev');

test.skipIf(clang.isMissing)(
  clang.named('the parser and the connection handle 4 seconds of hostile bytes, splits and orders of answers'),
  async () => {
    const { stdout } = await execute(process.execPath, [script, '4']);
    expect(stdout).toMatch(/http1_parser handled \d+ inputs well in 4 s/);
    expect(stdout).toMatch(/connection handled \d+ inputs well in 4 s/);
  },
  300_000,
);
