/** Builds programs on the native kernel that need no Node: its unit tests, fuzz targets and the lab. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './prepare.mjs';

const execute = promisify(execFile);
export const KERNEL = join(root, 'packages/picoev/native');
const harness = join(root, 'packages/picoev/test/native');

/** As binding.gyp compiles it; warnings are errors here too. */
const LANGUAGE = ['-std=gnu++20', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra', '-Werror'];
export const SANITIZED = [
  '-g',
  '-O1',
  '-fno-omit-frame-pointer',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
];
/** Ends a sanitized program at its first report, whatever the environment says. */
export const SANITIZER_ENV = { ...process.env, ASAN_OPTIONS: 'detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1' };

/** @param {readonly string[]} names without their ending */
const fromKernel = (names) => names.map((name) => join(KERNEL, `${name}.cc`));
export const HTTP_SOURCES = fromKernel(['authority', 'chunked_decoder', 'head_facts', 'http1_parser', 'octet_scan']);
export const CONNECTION_SOURCES = [...HTTP_SOURCES, ...fromKernel(['connection', 'response'])];
export const POLLER_SOURCES = fromKernel(['poller', 'poller_epoll', 'poller_poll', 'poller_select']);
export const TIMER_SOURCES = fromKernel(['timers']);

/** @param {string} folder */
const newestHeader = (folder) =>
  Math.max(...readdirSync(folder).map((name) => (name.endsWith('.h') ? statSync(join(folder, name)).mtimeMs : 0)));

/**
 * Compiles one source, unless its object is newer than it and every header.
 * @param {{ compiler: string, flags: readonly string[], source: string, object: string }} job
 */
async function compile({ compiler, flags, source, object }) {
  const changed = Math.max(statSync(source).mtimeMs, ...[KERNEL, harness, dirname(source)].map(newestHeader));
  if (existsSync(object) && statSync(object).mtimeMs > changed) return;
  await execute(compiler, [...LANGUAGE, ...flags, `-I${KERNEL}`, `-I${harness}`, '-c', source, '-o', object]);
}

/**
 * Builds a program and returns its path. The objects stay in build/native/NAME, so that the next build is short.
 * @param {object} program
 * @param {string} program.name
 * @param {string} [program.compiler]
 * @param {readonly string[]} program.flags for compiling and linking
 * @param {readonly string[]} program.sources with different names
 * @param {readonly string[]} [program.libraries]
 * @returns {Promise<string>}
 * @throws {Error} with the compiler's output
 */
export async function buildProgram({ name, compiler = 'g++', flags, sources, libraries = [] }) {
  const folder = join(root, 'build/native', name);
  mkdirSync(folder, { recursive: true });
  const jobs = sources.map((source) => ({ compiler, flags, source, object: join(folder, `${basename(source)}.o`) }));
  const waiting = [...jobs];
  const compileNext = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await compile(job);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext));
  const program = join(folder, name);
  await execute(compiler, [...flags, ...jobs.map(({ object }) => object), ...libraries, '-o', program]);
  return program;
}
