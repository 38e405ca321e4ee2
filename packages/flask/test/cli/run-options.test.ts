/** What `flask run` is told. */
import { expect, test } from 'vitest';
import { runOptionsOf } from '../../src/cli/run-options.ts';
import { patternOf } from '../../src/dev-server/reloader.ts';

test('options become those of app.run()', () => {
  const values = {
    'with-threads': true,
    'no-debugger': true,
    'extra-files': 'a.json:../b.json:',
    'exclude-patterns': '*/test/*:*.json',
    cert: 'c.pem',
    key: 'k.pem',
    port: '0',
  };
  expect(runOptionsOf(values, true, { FLASK_RUN_HOST: '::1', FLASK_RUN_PORT: '81' })).toEqual({
    debug: true,
    host: '::1',
    port: 0,
    threaded: true,
    useReloader: true,
    useDebugger: false,
    extraFiles: ['a.json', '../b.json'],
    excludePatterns: ['*/test/*', '*.json'],
    certfile: 'c.pem',
    keyfile: 'k.pem',
  });
  expect(runOptionsOf({ 'without-threads': true, debugger: true, processes: '2' }, false, {})).toEqual({
    debug: false,
    threaded: false,
    useReloader: false,
    useDebugger: true,
    processes: 2,
  });
});

test.each([
  [{ cert: 'adhoc' }, 'openssl req'],
  [{ cert: 'c.pem' }, '--key FILE'],
  [{ key: 'k.pem' }, '--cert FILE'],
  [{ reload: true, 'no-reload': true }, '--reload and --no-reload contradict each other'],
])('%o is refused with a cure', (values, sentence) => {
  expect(() => runOptionsOf(values, false, {})).toThrow(sentence);
});

test.each([
  ['*.json', '/app/a/b.json', true],
  ['*.json', '/app/b.jsonx', false],
  ['/app/test/*', '/app/test/deep/x.ts', true],
  ['/app/?.ts', '/app/a.ts', true],
  ['/app/?.ts', '/app/ab.ts', false],
  ['/app/[!ab].ts', '/app/c.ts', true],
  ['/app/[!ab].ts', '/app/a.ts', false],
  ['/app/[ab].ts', '/app/b.ts', true],
  ['/app/[a.ts', '/app/[a.ts', true],
  ['/app/a+b(.ts', '/app/a+b(.ts', true],
])('the pattern %s and the path %s: %s', (pattern, path, matches) => {
  expect(patternOf(pattern).test(path)).toBe(matches);
});
