/**
 * The test suites of other projects, with their servers on Qilin's engines: `npm run suites -- [--from FOLDER] [--work FOLDER] [NAMES]`.
 * Each runs on Node's own server, on `async` and on `picoev`; what differs must stand in test/suites-of-others/differences.mjs
 * with its reason. Writes the table of docs/compatibility.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from '../test/suites-of-others/compare.mjs';
import { writeTable } from '../test/suites-of-others/page.mjs';
import { PROJECTS } from '../test/suites-of-others/projects.mjs';
import { runTests } from '../test/suites-of-others/run-tests.mjs';
import { bring, versionIn } from '../test/suites-of-others/sources.mjs';
import { root } from './prepare.mjs';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, work: { type: 'string' } },
});
const NODE = 24;
if (Number.parseInt(process.versions.node, 10) !== NODE) {
  console.error(`The table is of Node ${NODE}: run it with that (this is ${process.version}).`);
  process.exit(2);
}
const unknown = names.filter((name) => !PROJECTS.some((project) => project.name === name));
if (unknown.length > 0) {
  console.error(`No such project: ${unknown.join(', ')}. There are ${PROJECTS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const work = values.work === undefined ? mkdtempSync(join(tmpdir(), 'qilin-suites-')) : resolve(values.work);
const from = values.from && resolve(values.from);
const chosen = PROJECTS.filter(({ name }) => names.length === 0 || names.includes(name));
// It takes an hour; who works on the machine meanwhile comes first.
setPriority(10);
mkdirSync(work, { recursive: true });
console.log(`Projects are installed, and what their tests say is kept, in ${work}.`);

const rows = [];
let isFine = true;
for (const project of chosen) {
  try {
    const cwd = await bring(project, work, from);
    const run = async (/** @type {import('../test/suites-of-others/run-tests.mjs').Class} */ on) => {
      const report = join(work, `${project.name.replace('/', '+')}-${on}`);
      const { results, output } = await runTests(project, cwd, on, report);
      writeFileSync(`${report}.txt`, output);
      return results;
    };
    const runs = { node: await run('node'), async: await run('async'), picoev: await run('picoev') };
    const row = compare(project, versionIn(cwd) ?? project.tag, runs);
    rows.push(row);
    console.log(row.line);
    for (const sentence of row.faults) console.error(`  ${sentence}`);
    isFine &&= row.faults.length === 0;
  } catch (error) {
    isFine = false;
    console.error(error instanceof Error ? error.message : error);
  }
}
writeTable(rows);
spawnSync('npx', ['biome', 'format', '--write', 'docs/compatibility.md'], { cwd: root, stdio: 'inherit' });
process.exit(isFine ? 0 : 1);
