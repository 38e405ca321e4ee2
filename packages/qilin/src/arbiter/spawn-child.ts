/** Starts a process, or leaves nothing behind of the attempt. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** Both ends of two pipes, and of the one by which the kernel's refusal is heard. */
const FOR_PIPES = 6;

/**
 * As Node's `spawn`. Where the last descriptors suffice for the pipes to a process but not for its start, Node tells EMFILE and keeps
 * the arbiter's ends of the pipes open for ever: so it is not asked then.
 * @throws Error with code EMFILE or ENFILE, and what else `spawn` throws
 */
export function spawnChild(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const { stdio } = options;
  // In the child each of its own may be moved once, beside those that it inherits.
  expectFree(FOR_PIPES + (Array.isArray(stdio) ? stdio.length : 0));
  return spawn(file, args, options);
}

function expectFree(count: number): void {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
