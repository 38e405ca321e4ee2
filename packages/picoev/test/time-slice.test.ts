import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Linux 6.12 and later tell the slice of each process, in nanoseconds, where they are built so. */
const KNOWS = existsSync('/proc/self/sched') && /^se\.slice/m.test(readFileSync('/proc/self/sched', 'utf8'));

const SCRIPT = `
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { shortenTimeSlice } from '@qilin/picoev';
const ofThis = () => readFileSync('/proc/self/sched', 'utf8');
const [, , priority = '0'] = process.argv;
if (priority !== '0') setPriority(Number(priority));
const before = ofThis();
const done = shortenTimeSlice();
const child = execFileSync('cat', ['/proc/self/sched'], { encoding: 'utf8' });
console.log(JSON.stringify([done, ...[before, ofThis(), child].map((text) => /se\\.slice\\s*:\\s*(\\d+)/.exec(text)[1])]));
`;

const inProcess = (...args: string[]): [done: boolean, before: string, after: string, child: string] =>
  JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, '-', ...args], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    }),
  );

describe.skipIf(!KNOWS)(
  `the turns of a process${KNOWS ? '' : ' (this kernel does not tell how long they are)'}`,
  () => {
    test('are as short as Linux allows when it asks for that, and those of its children as usual', () => {
      const [done, before, after, child] = inProcess();
      expect([done, after]).toEqual([true, '100000']);
      expect(child).toBe(before);
    });

    const isRoot = process.getuid?.() === 0;
    const name = 'are left alone where somebody has given it a priority';
    test.skipIf(!isRoot)(isRoot ? name : `${name} (which only root may)`, () => {
      const [done, before, after] = inProcess('-1');
      expect(done).toBe(false);
      expect(after).toBe(before);
    });
  },
);
