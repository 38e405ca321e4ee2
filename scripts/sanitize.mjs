/**
 * Looks for errors of memory in the native code: `npm run sanitize [-- --quick]`. Status 1 when there is one.
 *
 * First the whole addon in Node, built with AddressSanitizer and UndefinedBehaviorSanitizer: its own tests, then (not with
 * --quick) the table of raw requests and the conformance suite against real servers. A fault ends the process in which it
 * is found. In each process that ends by itself, LeakSanitizer looks for what the addon has allocated and lost; not in those
 * of the conformance suite, which asks how soon workers leave, where the search takes seconds.
 *
 * Then valgrind, which sees values that were never written: the tests of the parts without Node, and those of the HTTP
 * engine in Node, of code as it is shipped.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildProgram, SANITIZED, UNIT_SOURCES } from './native.mjs';
import { prepare, root, run } from './prepare.mjs';
import { installTools } from './test-tools.mjs';

const folder = join(root, 'build/sanitize');
const reports = join(folder, 'reports');
const notes = join(folder, 'notes');
const addon = join(folder, 'build/Release/picoev.node');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/** @param {readonly string[]} names */
const ofAddon = (names) => ['--project', 'unit', ...names.map((name) => `packages/picoev/test/${name}.test.ts`)];
/** All takes several times as long. */
const SLOW = '--testTimeout=300000';
/** In threads of one process, which ends by itself. */
const ENGINE = [...ofAddon(['http-loop']), '--pool=threads'];
const TESTS = [
  ENGINE,
  ofAddon(['acceptor', 'exit', 'leaving', 'listen', 'orphans', 'proxies', 'queue', 'sharing', 'stalls', 'write-now']),
];
/** @param {readonly string[]} names */
const ofServers = (names) => ['--project', 'processes', ...names.map((name) => `test/${name}.test.ts`)];
const OF_NATIVE_CLASSES = '--testNamePattern=class (picoev|threads)';
const TESTS_OF_SERVERS = [ofServers(['http/corpus']), [...ofServers(['suites/deadlines']), OF_NATIVE_CLASSES]];
/** In a time that is looked at. */
const TESTS_WITHOUT_SEARCH = [[...ofServers(['suites/class-picoev', 'suites/class-threads']), OF_NATIVE_CLASSES]];

/** @param {string} text */
const announce = (text) => console.log(`sanitize: ${text}`);

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
const succeeds = (command, args, env = process.env) =>
  spawnSync(command, args, { cwd: root, env, stdio: 'inherit' }).status === 0;

/** By the recipe of the ordinary addon, in a folder of its own. */
function buildAddon() {
  mkdirSync(folder, { recursive: true });
  const native = join(folder, 'native');
  rmSync(native, { force: true });
  symlinkSync(join(root, 'packages/picoev/native'), native);
  copyFileSync(join(root, 'packages/picoev/binding.gyp'), join(folder, 'binding.gyp'));
  run('npx', ['node-gyp', 'configure', 'build', '--loglevel=error'], folder, {
    ...process.env,
    // AddressSanitizer checks more than the library does, but not through the library's checked functions.
    CXXFLAGS: [...SANITIZED, '-U_FORTIFY_SOURCE'].join(' '),
    // Stays in memory when the thread has ended that loaded it: else nobody could tell whose a leak is.
    LDFLAGS: '-fsanitize=address,undefined -Wl,-z,nodelete',
  });
}

/** @param {string} name of one of the compiler's own libraries */
const libraryOf = (name) => spawnSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();

/**
 * Of every process of the tests. Node was built without sanitizers, so they are loaded before it.
 * @param {boolean} searchesLeaks
 */
function sanitizedEnvironment(searchesLeaks) {
  const nodeOptions = `--import ${pathToFileURL(join(root, 'scripts/sanitized-addon.mjs')).href}`;
  return {
    ...process.env,
    LD_PRELOAD: `${libraryOf('libasan.so')} ${libraryOf('libubsan.so')}`,
    // Freed memory is kept back, so that its use is found: less than the tests let a server hold.
    ASAN_OPTIONS: `abort_on_error=1:detect_leaks=${Number(searchesLeaks)}:quarantine_size_mb=16:log_path=${join(reports, 'asan')}`,
    // Node gives much of its memory to the system without freeing it: leaksOf() looks for what is ours.
    LSAN_OPTIONS: 'exitcode=0',
    UBSAN_OPTIONS: `abort_on_error=1:print_stacktrace=1:log_path=${join(reports, 'ubsan')}`,
    NODE_OPTIONS: nodeOptions,
    SANITIZED_NODE_OPTIONS: nodeOptions,
    SANITIZED_ADDON: addon,
    SANITIZED_NOTES: notes,
  };
}

/**
 * What was allocated by the addon, or by something that it called, but for JavaScript: what V8 allocates in there is V8's, and stays
 * where the process ends in that very call.
 * @param {string} report
 */
const leaksOf = (report) =>
  report
    .split('\n\n')
    .filter((part) => /^(?:Direct|Indirect) leak/.test(part))
    .filter((part) => part.split(/ in Builtins_JS(?:RunMicrotasks)?Entry /, 1)[0]?.includes('/picoev.node'));

/**
 * @param {readonly (readonly string[])[]} tests arguments of vitest
 * @param {readonly (readonly string[])[]} withoutSearch the same, of those whose processes are not searched for leaks
 * @returns {boolean} whether all is well
 */
function testSanitized(tests, withoutSearch) {
  for (const path of [reports, notes]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const failed = [...tests, ...withoutSearch].filter((test) => {
    const env = sanitizedEnvironment(!withoutSearch.includes(test));
    announce(`under AddressSanitizer and UndefinedBehaviorSanitizer: vitest run ${test.join(' ')}`);
    return !succeeds(process.execPath, [vitest, 'run', '--reporter=dot', ...test, SLOW], env);
  });
  const texts = readdirSync(reports).map((name) => readFileSync(join(reports, name), 'utf8'));
  const searched = texts.filter((text) => text.includes('LeakSanitizer: detected memory leaks'));
  // The search takes descriptors and a right to trace, which a process of a test may have lost.
  const unsearched = texts.filter((text) => text.includes('LeakSanitizer has encountered a fatal error'));
  const faults = texts.filter((text) => !searched.includes(text) && !unsearched.includes(text));
  const leaks = searched.flatMap(leaksOf);
  for (const text of [...faults, ...leaks]) console.error(text);
  const loaded = readdirSync(notes).length;
  announce(
    `${loaded} processes ran the addon, ${searched.length} were searched for leaks: ` +
      `${faults.length} faults, ${leaks.length} leaks of the addon, ${failed.length} of ${tests.length + withoutSearch.length} test runs failed`,
  );
  return loaded > 0 && searched.length > 0 && faults.length + leaks.length + failed.length === 0;
}

/** @returns {Promise<boolean>} whether all is well */
async function testUnderValgrind() {
  const valgrind = ['--quiet', '--error-exitcode=1'];
  announce('under valgrind: the parts without Node');
  const program = await buildProgram({ name: 'unit_valgrind', flags: ['-g', '-O1'], sources: UNIT_SOURCES });
  const parts = succeeds('valgrind', [...valgrind, '--leak-check=full', program]);
  announce(`under valgrind: vitest run ${ENGINE.join(' ')}`);
  const suppressions = `--suppressions=${join(root, 'packages/picoev/test/native/node.supp')}`;
  // It looks anew at code that was compiled at run time, and lets threads take turns.
  const forNode = ['--smc-check=all-non-file', '--fair-sched=yes', '--num-callers=30', suppressions];
  const tests = [vitest, 'run', '--reporter=dot', ...ENGINE, SLOW];
  const engine = succeeds('valgrind', [...valgrind, ...forNode, process.execPath, ...tests]);
  announce(
    `valgrind: the parts without Node ${parts ? 'hold' : 'FAIL'}, the engine in Node ${engine ? 'holds' : 'FAILS'}`,
  );
  return parts && engine;
}

if (process.platform !== 'linux') {
  console.error('sanitize: runs on Linux alone, with g++ and valgrind.');
  process.exit(2);
}
const missing = installTools(['valgrind']);
if (missing.length > 0) {
  console.error('sanitize: needs valgrind (a package of Debian): install it, then run this again.');
  process.exit(2);
}
await prepare();
buildAddon();
const quick = process.argv.includes('--quick');
const sanitized = quick
  ? testSanitized(TESTS, [])
  : testSanitized([...TESTS, ...TESTS_OF_SERVERS], TESTS_WITHOUT_SEARCH);
const valgrind = await testUnderValgrind();
process.exitCode = sanitized && valgrind ? 0 : 1;
