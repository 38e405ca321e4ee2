/** Runs the tests of one project once, on one class, and reads how each ended. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.mjs';

/** @typedef {import('./projects.mjs').Project} Project */
/** @typedef {'node' | 'async' | 'picoev'} Class `node`: Node's own server, without the shim. */
/** @typedef {Map<string, 'passed' | 'failed'>} Results By name; a name that comes again has a number. */

const SUITE_LIMIT = 15 * 60_000;
const FILE_LIMIT = 30_000;

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/** @param {Class} on @param {string} report @param {Project} project */
function environment(on, report, { environment: own }) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const shim = {
    NODE_OPTIONS: `--import=file://${here('shim.mjs')}`,
    QILIN_SUITES_CLASS: on,
    QILIN_SUITES_LOG: `${report}.log`,
  };
  return { ...env, FORCE_COLOR: '0', CI: '1', ...own, QILIN_SUITES_REPORT: report, ...(on === 'node' ? {} : shim) };
}

/**
 * @param {Project} project @param {string} cwd Its folder. @param {Class} on
 * @param {string} report A file for what comes out; the tests' own output is beside it.
 * @returns {Promise<{ results: Results, output: string }>}
 */
export async function runTests(project, cwd, on, report) {
  for (const file of [report, `${report}.log`]) rmSync(file, { force: true });
  const env = environment(on, report, project);
  if (project.runner === 'files') return runFiles(project, cwd, env);
  const [command = '', ...args] = commandOf(project, cwd, report);
  const files = project.each?.flatMap((pattern) => filesOf(cwd, pattern)) ?? [undefined];
  let said = '';
  for (const file of files) {
    const all = file === undefined ? args : [...args, file];
    const { status, output } = await execute(command, all, { cwd, env, limit: SUITE_LIMIT });
    said += `${output}\n[${on}: ended with ${status}]\n`;
  }
  return { results: read(project, report), output: said };
}

/** @param {Project} project @param {string} cwd @param {string} report @returns {readonly string[]} */
function commandOf({ runner, tests }, cwd, report) {
  const bin = (/** @type {string} */ name) => join(cwd, 'node_modules/.bin', name);
  switch (runner) {
    case 'mocha':
      return [bin('mocha'), '--reporter', here('reporters/mocha.cjs'), '--exit', ...tests];
    case 'vitest':
      return [
        bin('vitest'),
        'run',
        '--coverage.enabled=false',
        '--reporter=json',
        `--outputFile=${report}`,
        '--pool=forks',
        '--maxWorkers=1',
        ...tests,
      ];
    case 'lab':
      return [bin('lab'), '-r', 'json', '-o', report, ...tests];
    // What a test that has failed leaves open keeps no process.
    default: {
      const options = [`--test-reporter=${here('reporters/node.mjs')}`, `--test-reporter-destination=${report}`];
      return [
        process.execPath,
        '--test',
        '--test-concurrency=4',
        '--test-timeout=60000',
        '--test-force-exit',
        ...options,
        ...tests,
      ];
    }
  }
}

/** @param {Project} project @param {string} report @returns {Results} */
function read({ runner }, report) {
  if (!existsSync(report)) return new Map();
  const text = readFileSync(report, 'utf8');
  if (runner === 'vitest') return named(fromVitest(JSON.parse(text)));
  if (runner === 'lab') return named(fromLab(JSON.parse(text)));
  const lines = text.split('\n').filter((line) => line !== '');
  return named(
    lines
      .map((line) => JSON.parse(line))
      .map((/** @type {{ name: string, end: 'passed' | 'failed' }} */ { name, end }) => [name, end]),
  );
}

/** @typedef {readonly (readonly [name: string, end: 'passed' | 'failed'])[]} Ends */

/**
 * @param {{ testResults: readonly { name: string, assertionResults: readonly { fullName: string, status: string }[] }[] }} report
 * @returns {Ends}
 */
function fromVitest({ testResults }) {
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.flatMap(({ fullName, status }) =>
      status === 'passed' || status === 'failed' ? [[`${basename(file)} › ${fullName}`, status]] : [],
    ),
  );
}

/**
 * @param {{ tests: Readonly<Record<string, readonly { title: string, err?: unknown, skipped?: boolean, todo?: boolean }[]>> }} report
 * @returns {Ends}
 */
function fromLab({ tests }) {
  return Object.values(tests)
    .flat()
    .filter(({ skipped, todo }) => !skipped && !todo)
    .map(({ title, err }) => [title, err ? 'failed' : 'passed']);
}

/** @param {Ends} ends @returns {Results} */
function named(ends) {
  /** @type {Results} */
  const results = new Map();
  for (const [name, end] of ends) {
    let unique = name;
    for (let times = 2; results.has(unique); times++) unique = `${name} (${times})`;
    results.set(unique, end);
  }
  return results;
}

/** @param {string} cwd @param {string} pattern With stars in its last part. */
function filesOf(cwd, pattern) {
  const [folder, start, ending] = [dirname(pattern), ...basename(pattern).split('*')];
  const names = readdirSync(join(cwd, folder)).filter(
    (name) => name.startsWith(start ?? '') && name.endsWith(ending ?? ''),
  );
  return names.sort().map((name) => join(folder, name));
}

/**
 * Each file is a program that says what it needs in a line `// Flags: …`.
 * @param {Project} project @param {string} cwd @param {NodeJS.ProcessEnv} env
 */
async function runFiles({ tests }, cwd, env) {
  /** @type {Results} */
  const results = new Map();
  const files = tests.flatMap((pattern) => filesOf(cwd, pattern));
  let output = '';
  const runSome = async (/** @type {number} */ lane) => {
    // Their temporary folders are called by it.
    const own = { ...env, TEST_THREAD_ID: String(lane) };
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const flags =
        /^\/\/ Flags: (.*)$/m
          .exec(readFileSync(join(cwd, file), 'utf8'))?.[1]
          ?.trim()
          .split(/\s+/) ?? [];
      const ended = await execute(process.execPath, [...flags, file], { cwd, env: own, limit: FILE_LIMIT });
      const name = basename(file);
      results.set(name, ended.status === 0 ? 'passed' : 'failed');
      if (ended.status !== 0) output += `--- ${name}: ${ended.status}\n${ended.output.slice(-3000)}\n`;
    }
  };
  // Most of them wait for something.
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, (_, lane) => runSome(lane)));
  return { results, output };
}
