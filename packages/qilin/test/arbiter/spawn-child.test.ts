import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linux } from '../../../../test/needs.ts';
import { spawnChild } from '../../src/arbiter/spawn-child.ts';

const LIMIT = 512;

const prlimit = (...args: readonly string[]) =>
  execFileSync('prlimit', ['--pid', String(process.pid), ...args], { encoding: 'utf8' }).trim();

const openCount = () => readdirSync('/proc/self/fd').length;

/** Leaves so many descriptors. */
function leave(count: number): Disposable {
  const opened: number[] = [];
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    for (const fd of opened.splice(0, count)) closeSync(fd);
  }
  return {
    [Symbol.dispose]: () => {
      for (const fd of opened) closeSync(fd);
    },
  };
}

async function gone(child: ChildProcess): Promise<void> {
  await once(child, 'close');
}

/** Whether a process has been started, with as many descriptors as that. */
async function isStarted(free: number): Promise<boolean> {
  const children: ChildProcess[] = [];
  {
    using _ = leave(free);
    try {
      children.push(spawnChild(process.execPath, ['--version'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] }));
    } catch (error) {
      expect(error).toMatchObject({ code: 'EMFILE' });
      return false;
    }
  }
  const [child] = children;
  for (const stream of child?.stdio.slice(1) ?? []) if (stream instanceof Readable) stream.resume();
  if (child !== undefined) await gone(child);
  return true;
}

describe.skipIf(linux.isMissing)(linux.named('however few descriptors are left'), () => {
  let before = '';
  beforeAll(() => {
    before = prlimit('--nofile', '--noheadings', '--output=SOFT');
    prlimit(`--nofile=${LIMIT}:`);
  });
  afterAll(() => {
    prlimit(`--nofile=${before}:`);
  });

  test('a process is started, or nothing is left of the attempt', async () => {
    const open = openCount();
    const started: boolean[] = [];
    for (let free = 0; free <= 16; free++) started.push(await isStarted(free));
    expect(openCount()).toBe(open);
    expect(started[0]).toBe(false);
    expect(started[16]).toBe(true);
  });
});
