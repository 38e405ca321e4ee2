import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setAlarm } from '../src/index.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/alarm.mjs', import.meta.url));

let child: ChildProcessByStdio<Writable, Readable, null>;
beforeEach(() => {
  child = spawn(process.execPath, [FIXTURE], { stdio: ['pipe', 'pipe', 'inherit'] });
});
afterEach(() => child.kill('SIGKILL'));

async function tell(line: string): Promise<void> {
  child.stdin.write(`${line}\n`);
  await once(child.stdout, 'data');
}

test('a process that hangs is ended when the alarm and its grace have passed', async () => {
  const exit = once(child, 'exit');
  await tell('hang');
  expect(await exit).toEqual([null, 'SIGALRM']);
});

test('one that was stopped for longer than that lives on, and is ended when it hangs after all', async () => {
  const exit = once(child, 'exit');
  for (const round of ['first', 'second']) {
    await tell(round);
    child.kill('SIGSTOP');
    await pause(3_000);
    child.kill('SIGCONT');
  }
  await tell('hang');
  expect(await exit).toEqual([null, 'SIGALRM']);
});

test('one whose alarm rings lives on when it is set again', async () => {
  await tell('first');
  await pause(1_200);
  await tell('second');
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test.each([
  [0.5, 1, 'seconds'],
  [-1, 1, 'seconds'],
  [86_401, 1, 'seconds'],
  [1, 0, 'grace'],
])('an alarm of %d and %d seconds is refused', (seconds, grace, name) => {
  expect(() => setAlarm(seconds, grace)).toThrow(new RegExp(`^${name} of an alarm must be a whole number from`));
});
