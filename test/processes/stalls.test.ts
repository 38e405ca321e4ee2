/**
 * An event loop that stands still for longer than `stallWarning` is told with the line that it is at, and how long it was; on each
 * class and each line of Node. One that stands still for `timeout` is in failure.test.ts and threads.test.ts.
 */
import { describe, expect, test, vi } from 'vitest';
import { LINES, nodeOf } from '../../scripts/test-nodes.mjs';
import { node } from '../needs.ts';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { command, startQilin, temporaryFolder } from './server.ts';

vi.setConfig({ maxConcurrency: 4 });

/** In what blocks the most: of some seconds on a slow machine. */
const CODE = `
enum Unit { Millisecond = 1 }
const text = JSON.stringify(Array.from({ length: 500_000 }, (_, index) => ({ index, name: String(index) })));

/** A call: V8 takes no interrupt at the end of native code. */
const use = (value: unknown): unknown => value;

/** Milliseconds of the CPU: what a busy machine withholds is no stall. */
const used = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const ways: Record<string, (time: number) => void> = {
  spin(time: number): void {
    // Nearly all of the time in the inner loop; but V8, which leaves out what looks for an interrupt in loops that it knows the
    // length of, may be found when it calls used().
    for (const end = used() + time * Unit.Millisecond; used() < end; ) for (let i = 0; i < 3_000_000; i++);
  },
  match(): void {
    // Backtracks ten million times.
    /^(a+)+$/.test('a'.repeat(23) + 'b');
  },
  parse(): void {
    for (let i = 0; i < 4; i++) use(JSON.parse(text));
  },
  collect(time: number): void {
    const kept: object[] = [];
    for (const end = used() + time; used() < end; )
      for (let i = 0; i < 1_000; i++) kept[kept.length % 50_000] = Array.from({ length: 99 }, () => ({}));
  },
};

export const app = {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    ways[pathname.slice(1)]?.(Number(searchParams.get('time')));
    return new Response('done');
  },
};
`;

const lineOf = (text: string): number => CODE.split('\n').findIndex((line) => line.includes(text)) + 1;
/** Where a loop looks at the clock. */
const CLOCK = lineOf('= process.cpuUsage');

describe.each(LINES)('on Node %i', (line) => {
  const needed = node(line);

  test.skipIf(needed.isMissing).concurrent.each([
    ['async', []],
    ['sync', []],
    ['picoev', []],
    ['threads', ['--threads', '2']],
  ])(needed.named('class %s tells each stall once, by its line in the source'), async (workerClass, flags) => {
    using folder = temporaryFolder();
    const app = write(folder.path, 'app.ts', CODE);
    const args = ['-k', workerClass, ...flags, '--stall-warning', '0.3', '--timeout', '20', `${app}:app`];
    await using server = await startQilin(args, { program: [nodeOf(line), command] });
    for (const [path, place] of [
      ['spin?time=900', new RegExp(`${app}:(${lineOf('i < 3_000_000')}|${CLOCK})\\b`)],
      ['match', new RegExp(`match \\(${app}:${lineOf('.test(')}\\b`)],
      ['parse', new RegExp(`use \\(${app}:${lineOf('const use =')}\\b`)],
      ['collect?time=900', new RegExp(`${app}:(${lineOf('i < 1_000; i++')}|${CLOCK})\\b`)],
    ] as const) {
      const from = server.log.length;
      expect((await ask(`${server.url}/${path}`)).text).toBe('done');
      const [, whose, lasted] = await server.logged(
        /The event loop of (.+) turns again: it was blocked for (\d+\.\d) s, at (.+)/,
        from,
      );
      const told = server.log
        .slice(from)
        .split('\n')
        .filter((text) => text.includes('[WARNING]'));
      expect(told).toHaveLength(2);
      expect(told[0], path).toMatch(/ has been blocked for \d+\.\d s\. It is at .*, called from /);
      expect(told[0]).toContain(`The event loop of ${whose} `);
      for (const text of told) expect(text).toMatch(place);
      expect(Number(lasted)).toBeGreaterThanOrEqual(0.3);
    }

    const from = server.log.length;
    for (let i = 0; i < 20; i++) await ask(`${server.url}/spin?time=${i}`);
    expect(server.log.slice(from)).toBe('');
    expect(server.log).not.toMatch(/TIMEOUT|\[CRITICAL\]/);
  });
});
