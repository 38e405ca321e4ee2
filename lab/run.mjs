/**
 * The lab: measures multiplexers and timers with the native kernel's own code, and writes docs/event-loop.md with its
 * plots. `npm run lab`; under 90 seconds.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildProgram, POLLER_SOURCES, TIMER_SOURCES } from '../scripts/native.mjs';
import { root, run } from '../scripts/prepare.mjs';
import { charts, page } from './page.mjs';

const execute = promisify(execFile);

/**
 * Builds and runs a program of the lab.
 * @param {string} name
 * @param {readonly string[]} kernel
 * @returns {Promise<any[]>} what it printed, an object for each line
 */
async function measure(name, kernel) {
  const sources = [join(import.meta.dirname, `${name}.cc`), ...kernel];
  const program = await buildProgram({ name: `lab_${name}`, flags: ['-O3'], sources });
  console.log(`lab: ${name.replace('_', ' ')}`);
  const { stdout } = await execute(program);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// One after the other: they would disturb each other.
const results = {
  load: loadavg()[0] ?? 0,
  halfRead: await measure('half_read', POLLER_SOURCES),
  timers: await measure('timer_costs', TIMER_SOURCES),
  multiplexers: await measure('event_costs', POLLER_SOURCES),
};
const plots = join(root, 'docs/event-loop');
mkdirSync(plots, { recursive: true });
for (const [name, svg] of Object.entries(charts(results))) writeFileSync(join(plots, `${name}.svg`), svg);
writeFileSync(join(root, 'docs/event-loop.md'), page(results));
run('npx', ['biome', 'format', '--write', 'docs/event-loop.md']);
console.log('lab: wrote docs/event-loop.md');
