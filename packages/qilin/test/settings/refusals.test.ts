/**
 * What is said of a wrong value of each setting that keeps a server reachable, by its flag and in a program: the whole sentence, with the
 * value and what would be right. ranges.test.ts has the ends of their ranges, worker-heap.test.ts what comes of memory.
 */
import { describe, expect, test } from 'vitest';
import type { PlainName } from '../../src/settings/config.ts';
import { loadSettings } from '../../src/settings/merge.ts';
import { ROWS } from '../../src/settings/names.ts';

const SECONDS = '0, or a number of seconds from 0.001 to 2000000';
const SWITCH = 'true or false';
const ADDRESS = 'HOST:PORT, [IPV6]:PORT, PORT or unix:PATH';
const HEALTH = 'a path such as /healthz, without spaces and in ASCII, or in a config file a function';
const PROXIES = 'IP addresses, CIDR blocks such as 10.0.0.0/8, or "*"';
const MOUNTS = 'PATH=FOLDER, such as /assets=./public: the path begins with a slash and has no escapes';
const HEAP = '0, "auto", or a number of bytes of at least 16M, such as 512M or 2G';
const MEMORY = '0, a percentage from 1% to 100%, or a number of bytes of at least 16M, such as 512M or 2G';

const REFUSED: readonly (readonly [
  name: PlainName,
  expected: string,
  texts: readonly string[],
  values: readonly unknown[],
])[] = [
  ['adminBind', ADDRESS, ['localhost:x', 'fd://3', '70000', 'unix:', '[::1'], [['a'], true]],
  ['unreadyWhenStuck', SWITCH, ['yes'], ['no', 1]],
  ['stallWarning', SECONDS, ['-1', 'soon'], ['1', null]],
  ['drainDelay', SECONDS, ['-1', 'soon'], ['1', null]],
  ['websocketDrain', SECONDS, ['-1', 'soon'], ['1', null]],
  ['canary', SWITCH, ['maybe'], [1]],
  ['healthCheck', HEALTH, ['healthz', 'http://host/', '/a b', '/ä'], [5, {}, 'healthz']],
  ['bootTimeout', SECONDS, ['-1', 'soon'], ['1', null]],
  ['requestTimeout', SECONDS, ['-1', 'soon'], ['1', null]],
  ['responseTimeout', SECONDS, ['-1', 'soon'], ['1', null]],
  ['sendTimeout', SECONDS, ['-1', 'soon'], ['1', null]],
  ['queueTimeout', 'a whole number from 0 to 3600000', ['-1', '0.5', '1s'], ['5', null, 0.5]],
  ['heapLimit', HEAP, ['1M', '80%', 'much'], ['1M', -1, 100]],
  ['maxMemory', MEMORY, ['1M', '101%', '0%', 'much'], ['101%', -1, 100]],
  ['heapSnapshot', 'a folder', [], [5, true]],
  ['heapSnapshot', 'a folder that exists', ['/nowhere/at/all'], ['/nowhere/at/all']],
  [
    'static',
    MOUNTS,
    ['/assets'],
    [5, { '/a': 5 }, { assets: 'x' }, { '/a b': 'x' }, { '/%61': 'x' }, { '/a?': 'x' }, { '//a': 'x' }],
  ],
  [
    'staticFallback',
    'the path of a file from the folder on, such as index.html',
    ['/a', '../a', 'a//b', '.env'],
    [5, '/a'],
  ],
  ['staticMaxAge', 'a whole number from 0 to 31536000', ['-1', '1h'], ['1', 0.5]],
  ['staticImmutable', SWITCH, ['yes'], [1]],
  ['staticSymlinks', SWITCH, ['yes'], [1]],
  ['compress', SWITCH, ['yes'], [1]],
  ['compressEncodings', 'codings among zstd, br, gzip', ['deflate'], [5, [], 'x']],
  ['compressMinimum', 'a whole number of at least 0', ['-1', '1k'], ['1', 0.5]],
  ['compressTypes', 'media types such as text/* or application/json', ['text', 'text/html;q=1'], [5, [], '*']],
  ['compressLevel', 'a whole number from 0 to 9', ['-1', '10', 'best'], ['1', 0.5]],
  ['maxAge', SECONDS, ['-1', 'soon'], ['1', null]],
  ['maxAgeJitter', SECONDS, ['-1', 'soon'], ['1', null]],
  ['proxyProtocol', SWITCH, ['v2'], ['v2', 2]],
  ['proxyAllowFrom', PROXIES, ['10.0.0.0/33', 'proxy.local', '1.2.3'], [5, [5], ['proxy.local']]],
];

describe.each(REFUSED)('%s that is not %s is refused, with its value', (name, expected, texts, values) => {
  const flag = ROWS[name].flags.at(-1) ?? '';

  test.runIf(texts.length > 0).each(texts)('by the flag: %j', async (text) => {
    const result = await loadSettings({ argv: ['app', `${flag}=${text}`], env: {}, cwd: '/' });
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      `flag ${flag}: ${name} must be ${expected} (got ${JSON.stringify(text)}).`,
    ]);
  });

  test.each(values)('in a program: %j', async (value) => {
    const result = await loadSettings({ argv: ['app'], env: {}, cwd: '/', options: { [name]: value } });
    const got = JSON.stringify(Array.isArray(value) && name === 'proxyAllowFrom' ? value[0] : value);
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      `serve(): ${name} must be ${expected} (got ${got}).`,
    ]);
  });
});

test('static with a folder that is not there is refused; what has no effect without static is told', async () => {
  const load = (...argv: string[]) => loadSettings({ argv: ['app', ...argv], env: {}, cwd: '/' });
  const refused = await load('--static', '/a=nowhere', '--static', '/b=.');
  expect(refused.ok ? [] : refused.errors.map(({ message }) => message)).toEqual([
    'flag --static: static must be a folder that exists (got "/nowhere").',
  ]);
  const useless = await load('--static-immutable', '--static-fallback', 'index.html');
  expect('notes' in useless ? useless.notes : []).toEqual(
    ['staticFallback', 'staticImmutable'].map((name) => `${name} has no effect without static.`),
  );
});
