/** What the tests use from the system: fetched from Debian's packages where that may be done. Repeats nothing done. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from './prepare.mjs';

/**
 * Debian's package → the command that is there once it is installed. A test that misses its tool says so and is skipped.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const TOOLS = {
  'python3-flask': ['/usr/bin/python3', '-c', 'import flask'], // test/flask/differential: the reference
  'redis-server': ['redis-server', '--version'], // the sessions of @qilin/flask in Redis
  'libuv1-dev': ['test', '-e', '/usr/include/uv.h'], // packages/picoev/test/native.test.ts: a loop without Node
  clang: ['clang', '--version'], // scripts/fuzz.mjs
  'libclang-rt-14-dev': ['sh', '-c', 'ls "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*'],
  valgrind: ['valgrind', '--version'], // scripts/sanitize.mjs
  chromium: ['chromium', '--version'], // test/flask/blog.test.ts: the browser
};

/** @param {readonly string[]} command */
const works = ([command = '', ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/**
 * Installs what is missing, where that may be done.
 * @param {readonly string[]} [names]
 * @returns {readonly string[]} what is missing still
 */
export function installTools(names = Object.keys(TOOLS)) {
  const missing = names.filter((name) => !works(TOOLS[name] ?? []));
  if (missing.length === 0 || process.getuid?.() !== 0 || !works(['apt-get', '--version'])) return missing;
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing]);
  return [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = installTools();
  if (missing.length > 0) {
    console.error(`Some tests are skipped: they need ${missing.join(', ')} (names of Debian's packages).`);
  }
}
