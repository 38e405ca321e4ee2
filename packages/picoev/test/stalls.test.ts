import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const FIXTURE = fileURLToPath(new URL('fixtures/stalls.mjs', import.meta.url));
/** Milliseconds: the fixture's limit, and how long it blocks where that ends. */
const LIMIT = 400;
const LONG = 2 * LIMIT;
/** Milliseconds. */
const PATIENCE = 15_000;
/** One that nobody tells of would block for ever, and the test with it. */
const BOUNDS = { timeout: PATIENCE, killSignal: 'SIGKILL' } as const;
/** On the first CPU alone. */
const ON_ONE_CPU = ['taskset', '-c', '0', process.execPath] as const;
const LINES = readFileSync(FIXTURE, 'utf8').split('\n');
/** What is watched for: a sign of life, a turn of the event loop, or both. */
const SILENCE = ['1', '0'];
const STALL = ['0', '1'];
const BOTH = ['1', '1'];

interface Line {
  readonly type: 'stall' | 'stallOver';
  readonly thread: number;
  readonly for: number;
  readonly last: boolean;
  readonly frames: readonly (readonly [name: string, script: string, line: number, column: number])[];
  readonly maps: Readonly<Record<string, string>>;
}

/** The number of the fixture's only line with this text. */
const lineOf = (text: string): number => LINES.findIndex((line) => line.includes(text)) + 1;

/** Starts the fixture, and resolves with the first `count` lines that are told of it, or fewer if it ends. */
async function told(
  way: string,
  watched: readonly string[],
  count = 1,
  [program, ...args]: readonly [string, ...string[]] = [process.execPath],
): Promise<Line[]> {
  const child = spawn(program, [...args, FIXTURE, way, ...watched], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...BOUNDS,
  });
  const exit = once(child, 'exit');
  const found: Line[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    found.push(JSON.parse(line));
    if (found.length === count) break;
  }
  child.kill('SIGKILL');
  await exit;
  return found;
}

/** The lines of the fixture in a stack. */
const linesOf = (stall: Line | undefined): number[] =>
  stall?.frames.filter(([, script]) => script.endsWith('/stalls.mjs')).map(([, , line]) => line) ?? [];

describe('an event loop that stands still is told with the line that blocks it', () => {
  describe.each([
    { watched: SILENCE, what: 'without a sign of life', isLast: true },
    { watched: STALL, what: 'without a turn', isLast: false },
  ])('$what', ({ watched, isLast }) => {
    test.each([
      { by: 'an empty loop', way: 'loop', line: lineOf('for (;;);') },
      { by: 'a regular expression that never ends', way: 'regex', line: lineOf('/^(a+)+$/') },
      { by: 'a wait for another thread', way: 'waits', line: lineOf('waits: ()') },
      { by: 'the collection of garbage', way: 'garbage', line: lineOf('kept[kept.length') },
    ])('by $by, while it lasts', async ({ way, line }) => {
      const [stall] = await told(way, watched);
      expect(stall).toMatchObject({ type: 'stall', thread: 7, last: isLast, maps: {} });
      expect(linesOf(stall)[0]).toBe(line);
      expect(stall?.for).toBeGreaterThanOrEqual(LIMIT);
    });
  });

  test('by native code, when that comes back to JavaScript', async () => {
    const [stall] = await told('json', STALL);
    expect(stall?.frames.some(([name]) => name === 'json')).toBe(true);
    expect(linesOf(stall)).toContain(lineOf('JSON.parse('));
  });

  test('with the source map that its script brings with it', async () => {
    const map = 'data:application/json;base64,e30=';
    const [stall] = await told('mapped', STALL);
    expect(stall?.frames[0]?.slice(0, 2)).toEqual(['"quoted"\\\n', 'mapped.js']);
    expect(stall?.maps).toEqual({ 'mapped.js': map });
  });
});

test('a stall is told once, and how long it was, and the next one again', async () => {
  const [first, over, second, end, ...more] = await told('twice', STALL, 5);
  expect(linesOf(first)).toContain(lineOf('twice: () => {') + 1);
  expect(linesOf(second)).toContain(lineOf('// again'));
  for (const line of [over, end]) {
    expect(line).toMatchObject({ type: 'stallOver', thread: 7 });
    expect(line?.for).toBeGreaterThanOrEqual(LONG - LIMIT);
  }
  expect(more).toEqual([]);
});

test('both limits tell', async () => {
  const lines = await told('loop', BOTH, 2);
  expect(lines.map(({ last }) => last).sort()).toEqual([false, true]);
});

test('a thread that is ended amid its stall was blocked until then', async () => {
  const lines = await told('thread', STALL, 3);
  expect(lines.map(({ type, thread }) => [type, thread])).toEqual([
    ['stall', 1],
    ['stallOver', 1],
  ]);
});

test('an event loop that turns is no stall, nor one that waits, nor one without a limit', async () => {
  expect(await told('busy', BOTH)).toEqual([]);
  expect(await told('waiting', STALL)).toEqual([]);
  expect(await told('unlimited', BOTH)).toEqual([]);
});

test('the time in which the process was stopped is no silence', async () => {
  expect(await told('stopped', ['15', '0'])).toEqual([]);
});

test.runIf(process.platform === 'linux')('an event loop that waits for a CPU is none', async () => {
  expect(await told('starved', STALL, 1, ON_ONE_CPU)).toEqual([]);
  // Nor one whose present wait the kernel has not counted yet.
  expect(await told('deprived', STALL)).toEqual([]);
});
