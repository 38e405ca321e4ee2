/**
 * Fuzzes the native kernel, all targets at once: `npm run fuzz [-- SECONDS]`, 60 by default. What was found stays in
 * build/fuzz: inputs that fail, and the corpus that the next run begins with. Status 1 when an input failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram, CONNECTION_SOURCES, HTTP_SOURCES, PROXY_SOURCES, SANITIZED, SANITIZER_ENV } from './native.mjs';
import { root } from './prepare.mjs';
import { installTools } from './test-tools.mjs';

const folder = join(root, 'packages/picoev/fuzz');
const TARGETS = [
  { name: 'http1_parser', sources: HTTP_SOURCES },
  { name: 'connection', sources: CONNECTION_SOURCES },
  { name: 'outbox', sources: CONNECTION_SOURCES },
  { name: 'proxy_header', sources: PROXY_SOURCES },
];

/** @param {(typeof TARGETS)[number]} target */
const build = ({ name, sources }) =>
  buildProgram({
    name: `fuzz_${name}`,
    compiler: 'clang++',
    flags: [...SANITIZED, '-fsanitize=fuzzer'],
    sources: [join(folder, `${name}_fuzz.cc`), ...sources],
  });

/**
 * @param {string} name
 * @param {string} program
 * @param {number} seconds
 * @returns {Promise<boolean>} whether all inputs were handled well
 */
async function fuzz(name, program, seconds) {
  const found = join(root, 'build/fuzz', name);
  const corpus = join(found, 'corpus');
  mkdirSync(corpus, { recursive: true });
  const options = [
    `-max_total_time=${seconds}`,
    '-max_len=4096',
    '-timeout=10',
    `-dict=${join(folder, 'http.dict')}`,
    `-artifact_prefix=${found}/`,
  ];
  const child = spawn(program, [...options, corpus, join(folder, 'seeds')], {
    env: SANITIZER_ENV,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  const inputs = /^Done (\d+) runs/m.exec(log)?.[1];
  if (status === 0 && inputs !== undefined) {
    console.log(`fuzz: ${name} handled ${inputs} inputs well in ${seconds} s`);
    return true;
  }
  console.error(`${log.split('\n').slice(-60).join('\n')}\nfuzz: ${name} failed; the input is in ${found}`);
  return false;
}

const seconds = Number(process.argv[2] ?? 60);
if (!Number.isInteger(seconds) || seconds < 1) {
  console.error(`fuzz: the seconds must be a whole number of 1 or more (got "${process.argv[2]}").`);
  process.exit(2);
}
const missing = installTools(['clang', 'libclang-rt-14-dev']);
if (missing.length > 0) {
  console.error(
    `fuzz: needs ${missing.join(' and ')} (names of Debian's packages): install them, then run this again.`,
  );
  process.exit(2);
}
/** @type {string[]} */
const programs = [];
for (const target of TARGETS) programs.push(await build(target));
const results = await Promise.all(TARGETS.map(({ name }, index) => fuzz(name, programs[index] ?? '', seconds)));
process.exitCode = results.every(Boolean) ? 0 : 1;
