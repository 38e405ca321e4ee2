/** Brings a fresh clone to a state that runs: dependencies, native addon, compiled TypeScript. Repeats nothing done. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program with its output shown; ends this process with its status when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} [cwd]
 * @param {NodeJS.ProcessEnv} [env]
 */
export function run(command, args, cwd = root, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Time of last change of a file, or of the newest file below a folder; 0 when there is none.
 * @param {string} path
 * @returns {number}
 */
export function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** @param {string} command */
const found = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

function installDependencies() {
  const stamp = join(root, 'node_modules/.qilin-installed');
  if (newest(stamp) >= newest(join(root, 'package-lock.json'))) return;
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of platforms other than the writer's.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, '');
}

/** The packages of a folder that is no part of the workspace. @param {string} folder */
export function installApart(folder) {
  const stamp = join(folder, 'node_modules/.package-lock.json');
  if (newest(stamp) >= newest(join(folder, 'package.json'))) return;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', '--no-package-lock', '--workspaces=false', ...quiet], folder);
  const now = new Date();
  utimesSync(stamp, now, now);
}

/** The addon needs a C++20 compiler, make and Python 3: Debian's packages are fetched where the user may do so. */
function installToolchain() {
  const missing = ['g++', 'make', 'python3'].filter((command) => !found(command));
  if (missing.length === 0 || process.platform !== 'linux') return;
  if (process.getuid?.() !== 0 || !found('apt-get')) {
    console.error(`The native addon needs ${missing.join(', ')}: install them, then run this again.`);
    process.exit(1);
  }
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'g++', 'make', 'python3']);
}

function buildAddon() {
  const folder = join(root, 'packages/picoev');
  const addon = join(folder, 'build/Release/picoev.node');
  const sources = Math.max(newest(join(folder, 'native')), newest(join(folder, 'binding.gyp')));
  if (newest(addon) > sources) return;
  installToolchain();
  run('npx', ['node-gyp', 'rebuild', '--loglevel=error'], folder);
  const now = new Date();
  utimesSync(addon, now, now);
}

/** Packages for apps of packages/flask, those before that others know. */
export const EXTENSIONS = ['limits', 'flask-cors', 'flask-limiter', 'flask-login', 'flask-wtf'];

export async function prepare() {
  installDependencies();
  buildAddon();
  run('npx', ['tsc', '--build', ...['qilin', 'jinja', 'flask', ...EXTENSIONS].map((name) => `packages/${name}`)]);
  // Its bundler is a dependency, which a fresh clone has not got before.
  const { bundle } = await import('./bundle.mjs');
  await bundle(root);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare();
