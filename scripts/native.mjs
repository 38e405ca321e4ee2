/** Builds programs on the native kernel that need no Node: its unit tests, fuzz targets and the lab. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
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

/** @param {readonly string[]} names with their rooms, without their ending */
const fromKernel = (names) => names.map((name) => join(KERNEL, `${name}.cc`));
export const HTTP_SOURCES = fromKernel([
  'http1/authority',
  'http1/chunked_decoder',
  'http1/head_facts',
  'http1/http1_parser',
  'http1/octet_scan',
]);
export const PROXY_SOURCES = fromKernel(['net/endpoint', 'net/proxy_header']);
export const CONNECTION_SOURCES = [
  ...HTTP_SOURCES,
  ...PROXY_SOURCES,
  ...fromKernel(['loop/connection', 'loop/outbox', 'http1/response']),
];
export const POLLER_SOURCES = fromKernel([
  'loop/poller',
  'loop/poller_epoll',
  'loop/poller_poll',
  'loop/poller_select',
]);
export const TIMER_SOURCES = fromKernel(['loop/timers']);

/** The unit tests and all that they test. */
export const UNIT_SOURCES = [
  ...[
    'main',
    'chunked_decoder_test',
    'connection_test',
    'http1_parser_test',
    'octet_scan_test',
    'outbox_test',
    'poller_test',
    'proxy_header_test',
    'timers_test',
  ].map((name) => join(harness, `${name}.cc`)),
  ...CONNECTION_SOURCES,
  ...POLLER_SOURCES,
  ...TIMER_SOURCES,
  ...fromKernel(['net/networks', 'net/proxy_reader']),
];

/**
 * Whether an object is newer than all that it was made of, as the compiler noted that down beside it.
 * @param {string} object
 */
function isFresh(object) {
  const notes = `${object}.d`;
  if (!existsSync(object) || !existsSync(notes)) return false;
  const [, ...dependencies] = readFileSync(notes, 'utf8')
    .split(/[\s\\]+/)
    .filter(Boolean);
  const made = statSync(object).mtimeMs;
  return dependencies.every((path) => existsSync(path) && statSync(path).mtimeMs < made);
}

/**
 * Compiles one source, unless nothing that it depends on has changed.
 * @param {{ compiler: string, flags: readonly string[], source: string, object: string }} job
 */
async function compile({ compiler, flags, source, object }) {
  if (isFresh(object)) return;
  const notes = ['-MMD', '-MF', `${object}.d`];
  const headers = [`-I${KERNEL}`, `-I${harness}`];
  await execute(compiler, [...LANGUAGE, ...flags, ...headers, ...notes, '-c', source, '-o', object]);
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
