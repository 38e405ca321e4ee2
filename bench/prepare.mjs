/** Brings the bench to a state that runs: the peers, the programs in C, the tools of the system. Repeats nothing done. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../scripts/prepare.mjs';

export const here = fileURLToPath(new URL('.', import.meta.url));

/** Debian's package → the command that comes with it. */
const TOOLS = { wrk: 'wrk', 'util-linux': 'taskset', gcc: 'gcc', gunicorn: 'gunicorn' };
/** Of Python, without a command of their own: where one is missing, its contender does not take part. */
const PYTHON = { 'python3-flask': 'flask', 'python3-gevent': 'gevent' };

/** @param {string} name Of a program in native/. */
export const program = (name) => join(here, 'build', name);

/** Bun's own file, where there is one for this machine. */
export const findBun = () =>
  ['x64', 'aarch64']
    .map((machine) => join(here, `node_modules/@oven/bun-linux-${machine}/bin/bun`))
    .find((file) => existsSync(file));

export function prepareBench() {
  const missing = Object.entries(TOOLS).filter(([, command]) => spawnSync('which', [command]).status !== 0);
  const modules = Object.entries(PYTHON).filter(
    ([, name]) => spawnSync('/usr/bin/python3', ['-c', `import ${name}`]).status !== 0,
  );
  if (missing.length > 0 || (modules.length > 0 && process.getuid?.() === 0)) {
    const packages = [...missing, ...modules].map(([name]) => name);
    if (process.getuid?.() !== 0)
      throw new Error(`The bench needs ${packages.join(', ')} (names of Debian's packages).`);
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages]);
  }
  installPeers();
  for (const name of ['limit', 'hold', 'openload', 'transfer']) compile(name);
}

export function installPeers() {
  const stamp = join(here, 'node_modules/.package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(join(here, 'package-lock.json')).mtimeMs) return;
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--workspaces=false'], here);
  const now = new Date();
  utimesSync(stamp, now, now);
}

/** @param {string} name */
function compile(name) {
  const source = join(here, 'native', `${name}.c`);
  const target = program(name);
  if (existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(join(here, 'build'), { recursive: true });
  run('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', target, source]);
}
