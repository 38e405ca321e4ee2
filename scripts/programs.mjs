/**
 * Real programs on every worker class, under load: `npm run programs [NAMES] [-- --requests N]`. Installs and builds each in its own
 * folder of test/programs; repeats nothing done. On the Node that runs it: put another one before it in PATH to try that.
 */
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROGRAMS } from '../test/programs/manifest.mjs';
import { installApart, newest, prepare, root, run } from './prepare.mjs';
import { installTools } from './test-tools.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: 'string', default: '200000' } },
});
const known = PROGRAMS.map(({ name }) => name);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no program ${unknown.join(', ')} in test/programs: ${known.join(', ')}.`);
  process.exit(1);
}
const chosen = PROGRAMS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const [major = ''] = process.versions.node.split('.');

await prepare();
if (chosen.some(({ needs }) => needs === 'redis')) installTools(['redis-server']);
for (const program of chosen.filter(({ node = 20 }) => Number(major) >= node)) {
  const folder = join(root, 'test/programs', program.folder);
  installApart(folder);
  if (program.builds !== undefined) build(folder, program.builds);
}
const names = chosen.map(({ name }) => name).join(',');
run('npx', ['vitest', 'run', '--project', 'processes', 'test/programs'], root, {
  ...process.env,
  QILIN_PROGRAMS: names,
  QILIN_PROGRAM_REQUESTS: values.requests,
});

/** @param {string} folder @param {string} file Of the build. */
function build(folder, file) {
  const made = join(folder, file);
  const [output] = file.split('/');
  const sources = readdirSync(folder).filter((name) => !/^\.|^node_modules$/.test(name) && name !== output);
  const changed = Math.max(...sources.map((name) => newest(join(folder, name))));
  if (existsSync(made) && newest(made) >= changed) return;
  run('npm', ['run', 'build'], folder, { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1' });
  const now = new Date();
  utimesSync(made, now, now);
}
