import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Stall } from '../src/index.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/stalls.mjs', import.meta.url));
/** Milliseconds. */
const PATIENCE = 15_000;
const LINES = readFileSync(FIXTURE, 'utf8').split('\n');

/** The number of the fixture's only line with this text. */
const lineOf = (text: string): number => LINES.findIndex((line) => line.includes(text)) + 1;

/** Starts the fixture, and resolves with the first `count` stalls that it tells of. */
async function stalls(way: string, count = 1): Promise<Stall[]> {
  // One that nobody tells of would block for ever, and the test with it.
  const bounds = { timeout: PATIENCE, killSignal: 'SIGKILL' } as const;
  const child = spawn(process.execPath, [FIXTURE, way], { stdio: ['ignore', 'pipe', 'inherit'], ...bounds });
  const exit = once(child, 'exit');
  const found: Stall[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    found.push(JSON.parse(line));
    if (found.length === count) break;
  }
  child.kill('SIGKILL');
  await exit;
  return found;
}

describe('a stall is told with the line that blocks the event loop', () => {
  test.each([
    { what: 'an empty loop', way: 'loop', line: 'loop: () => {', offset: 1 },
    { what: 'a regular expression that never ends', way: 'regex', line: '/^(a+)+$/', offset: 0 },
    { what: 'a wait for another thread', way: 'waits', line: 'Atomics.wait(', offset: 0 },
  ])('by $what, while it lasts', async ({ way, line, offset }) => {
    const [stall] = await stalls(way);
    expect(stall?.stack).toContain(`${FIXTURE}:${lineOf(line) + offset}:`);
    expect(stall?.stack.split('\n').every((frame) => frame.startsWith('    at '))).toBe(true);
    expect(stall?.stalledFor).toBeGreaterThanOrEqual(400);
  });

  test('by native code, when that comes back to JavaScript', async () => {
    const [stall] = await stalls('json');
    expect(stall?.stack).toMatch(/at JSON\.parse/);
    expect(stall?.stack).toContain(`${FIXTURE}:${lineOf('JSON.parse(')}:`);
  });
});

test('each stall is told once, and the next one again', async () => {
  const [first, second, ...more] = await stalls('twice', 3);
  expect(first?.stack).toContain(`${FIXTURE}:${lineOf('twice: () => {') + 1}:`);
  expect(second?.stack).toContain(`${FIXTURE}:${lineOf('while (toldOf() === 1)')}:`);
  expect(more).toEqual([]);
});

test('an event loop that turns is no stall, nor is one without a limit', async () => {
  expect(await stalls('busy')).toEqual([]);
  expect(await stalls('unlimited')).toEqual([]);
});
