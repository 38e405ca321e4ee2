import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contract/stalls.ts';
import { formatFrame, ownFrames, toSources } from '../../src/observe/js-places.ts';

const frame = (script: string, line = 1, column = 1, name = 'f'): Frame => ({ name, script, line, column });

/** Line 1 of the script is line 3 of `source`. */
const mapOf = (source: string) => JSON.stringify({ version: 3, sources: [source], names: [], mappings: 'AAEA' });
const inBase64 = (json: string) => `data:application/json;charset=utf-8;base64,${Buffer.from(json).toString('base64')}`;

describe('a script that brings its map', () => {
  test.each([
    ['beside it', 'file:///srv/app/a.js', 'a.ts', '/srv/app/a.ts'],
    ['elsewhere', 'file:///srv/app/a.js', '../lib/a.ts', '/srv/lib/a.ts'],
    ['by a URL', 'file:///srv/app/a.js', 'file:///x/a.ts', '/x/a.ts'],
    ['of a bundler', 'file:///srv/app/a.js', 'webpack://app/a.ts', 'webpack://app/a.ts'],
    ['by paths', '/srv/app/a.js', '/srv/app/a.ts', '/srv/app/a.ts'],
  ])('is told by its source %s', (_where, script, source, path) => {
    const maps = new Map([[script, inBase64(mapOf(source))]]);
    expect(toSources([frame(script, 1, 5)], maps)).toEqual([frame(path, 3, 1)]);
  });

  test('as plain text, too', () => {
    const maps = new Map([['/a.js', `data:application/json,${encodeURIComponent(mapOf('/a.ts'))}`]]);
    expect(toSources([frame('/a.js')], maps)).toEqual([frame('/a.ts', 3, 1)]);
  });

  test.each([
    'data:',
    'data:text/plain,x',
    'data:application/json,{',
    inBase64('null'),
    inBase64('{"version":3}'),
    'data:application/json,%',
  ])('that is nonsense is told as it is: %s', (map) => {
    expect(toSources([frame('/a.js', 7, 9)], new Map([['/a.js', map]]))).toEqual([frame('/a.js', 7, 9)]);
  });
});

test('a file is told by its path, other scripts by their names', () => {
  // The last two are URLs, and no paths.
  const scripts = ['node:timers', 'evalmachine.<anonymous>', '', 'file://host/a.js', 'file:///a%2Fb.js'];
  const told = toSources(
    ['file:///srv/a%20b.js', ...scripts].map((script) => frame(script)),
    new Map(),
  );
  expect(told.map(({ script }) => script)).toEqual(['/srv/a b.js', ...scripts]);
});

test('a frame is written as in an error', () => {
  expect(formatFrame(frame('/a.js', 2, 3, 'g'))).toBe('g (/a.js:2:3)');
  expect(formatFrame(frame('/a.js', 2, 3, ''))).toBe('/a.js:2:3');
  expect(formatFrame(frame('', 2, 3, ''))).toBe('<anonymous>:2:3');
});

test("the program's own calls are better than a package's, and those better than Node's", () => {
  const node = frame('node:timers');
  const packaged = frame('/app/node_modules/x/index.js');
  const qilin = frame(fileURLToPath(new URL('../../src/worker/worker.ts', import.meta.url)));
  const own = frame('/app/server.js');
  const engine = frame(fileURLToPath(new URL('../../../picoev/dist/index.js', import.meta.url)));
  expect(ownFrames([node, packaged, own, qilin, engine, own])).toEqual([own, own]);
  expect(ownFrames([node, qilin, engine, packaged])).toEqual([qilin, engine, packaged]);
  expect(ownFrames([node])).toEqual([node]);
  expect(ownFrames([])).toEqual([]);
});
