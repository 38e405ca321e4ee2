/** Memory: how large heaps may grow, on each class and each line of Node. */
import { describe, expect, test } from 'vitest';
import { LINES, nodeOf } from '../../scripts/test-nodes.mjs';
import { node } from '../needs.ts';
import { ask } from './http-client.ts';
import { command, startQilin } from './server.ts';

const APP = 'test/processes/fixtures/heap-app.mjs:app';

/** Mebibytes of the heap's limit, young generation included. */
async function limitOf(url: string): Promise<{ limit: number; isMainThread: boolean }> {
  return JSON.parse((await ask(url)).text);
}

describe.each(LINES)('on Node %i', (line) => {
  const needed = node(line);
  const program = [nodeOf(line), command];

  test.skipIf(needed.isMissing).concurrent.each([
    ['async', [], 128 + 12],
    ['sync', [], 128 + 12],
    ['picoev', [], 128 + 12],
    ['threads', ['--threads', '2'], 64 + 6],
  ])(needed.named('heapLimit is what the app of class %s has'), async (workerClass, flags, expected) => {
    await using server = await startQilin(['-k', workerClass, ...flags, '--heap-limit', '128M', APP], { program });
    const { limit, isMainThread } = await limitOf(server.url);
    expect(limit).toBe(expected);
    expect(isMainThread).toBe(workerClass !== 'threads');
  });

  test.skipIf(needed.isMissing).concurrent.each([
    ['async', []],
    ['threads', ['--threads', '2']],
  ])(needed.named('NODE_OPTIONS come before it, on class %s'), async (workerClass, flags) => {
    const env = { NODE_OPTIONS: '--max-old-space-size=200 --max-semi-space-size=4' };
    const args = ['-k', workerClass, ...flags, '--heap-limit', '64M', APP];
    await using server = await startQilin(args, { program, env });
    expect((await limitOf(server.url)).limit).toBe(212);
    expect(server.log).toMatch(/\[WARNING\].*heapLimit has no effect: Node is given --max-old-space-size=200\./);
  });
});
