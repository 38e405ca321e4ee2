/** Brings a project's sources to a folder of its own and installs it there. Nothing of it comes into the repository. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execute } from './execute.mjs';

/** Where repositories (owner/name) are. */
const ORIGIN = 'https://github.com';

const INSTALL_LIMIT = 10 * 60_000;

/** @typedef {import('./projects.mjs').Project} Project */

/**
 * @param {Project} project
 * @param {string} work A folder for all projects: what is installed there is taken as it is.
 * @param {string | undefined} from A folder of checkouts, each called as its repository.
 * @returns {Promise<string>} the folder whose tests are to be run
 * @throws {Error} a sentence, for want of sources or of what they need
 */
export async function bring(project, work, from) {
  const { name, folder = '.' } = project;
  const home = join(work, name.replace('/', '+'));
  const done = join(home, '.installed');
  const copy = join(home, 'source');
  if (!existsSync(done)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    if (from === undefined) await clone(project, copy);
    else copyFrom(project, from, copy);
    await install(project, join(copy, folder));
    writeFileSync(done, '');
  }
  return join(copy, folder);
}

/** @param {Project} project @param {string} from @param {string} copy */
function copyFrom({ name, repository, folder = '.' }, from, copy) {
  const source = join(from, basename(repository));
  if (!existsSync(join(source, folder))) throw new Error(`${name}: no folder ${join(source, folder)}.`);
  const isWanted = (/** @type {string} */ path) => !/\/(?:\.git|node_modules)(?:\/|$)/.test(path.slice(source.length));
  cpSync(join(source, folder), join(copy, folder), { recursive: true, filter: isWanted, verbatimSymlinks: true });
}

/** @param {Project} project @param {string} copy */
async function clone({ name, repository, tag, folder }, copy) {
  const sparse = folder === undefined ? [] : ['--filter=blob:none', '--sparse'];
  const from = `${ORIGIN}/${repository}.git`;
  const options = { cwd: '.', env: process.env, limit: INSTALL_LIMIT };
  const args = ['clone', '--quiet', '--depth', '1', '--branch', tag, ...sparse, from, copy];
  const { status, output } = await execute('git', args, options);
  if (status !== 0)
    throw new Error(
      `${name}: git cannot clone ${from} at ${tag} (${lastLine(output)}); give a folder that has it by --from FOLDER.`,
    );
  if (folder !== undefined) await execute('git', ['-C', copy, 'sparse-checkout', 'set', folder], options);
}

/** @param {Project} project @param {string} cwd */
async function install({ name, packages = [], build = [] }, cwd) {
  if (!existsSync(join(cwd, 'package.json'))) return;
  const options = { cwd, env: { ...process.env, HUSKY: '0' }, limit: INSTALL_LIMIT };
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--no-package-lock'];
  for (const [command = '', ...args] of [
    ['npm', ...npm],
    ...(packages.length > 0 ? [['npm', ...npm, '--no-save', ...packages]] : []),
    ...build,
  ]) {
    const { status, output } = await execute(command, args, options);
    if (status !== 0)
      throw new Error(`${name}: ${[command, ...args].join(' ')} failed in ${cwd}:\n${output.slice(-2000)}`);
  }
}

const lastLine = (/** @type {string} */ text) => text.trim().split('\n').at(-1) ?? '';

/** @param {string} folder */
export function versionIn(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}
