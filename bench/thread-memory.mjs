/**
 * What a thread costs in memory, beside what a process costs: the same app served by N workers of one event loop each, and by
 * one worker of N threads, on the same engine. Prints a table; docs/threads.md has the figures.
 *
 *     node bench/thread-memory.mjs [MODULE:APP …]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const APPS = process.argv.length > 2 ? process.argv.slice(2) : ['examples/hello.ts:app', 'examples/express.ts:app'];
const COUNTS = [1, 2, 4, 8];
/** Sent before memory is looked at, so that what grows with the first requests has grown. */
const REQUESTS = 2_000;

/** @typedef {{ readonly resident: number, readonly proportional: number }} Memory Both in MB of 1000 kB. */

/**
 * `Pss` shares pages that several processes map, such as Node's own code, among these; `Rss` counts them in each.
 * @param {number} pid
 * @returns {Memory}
 */
function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]) / 1000;
  return { resident: field('Rss'), proportional: field('Pss') };
}

/** @param {number} parent */
function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

/**
 * The memory of all workers together; the arbiter, which is the same for both, is left out.
 * @param {readonly string[]} flags
 * @returns {Promise<Memory>}
 */
async function measure(flags) {
  const command = [join(root, 'packages/qilin/bin/qilin.js'), '--bind', '127.0.0.1:0', ...flags];
  const server = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'pipe'] });
  try {
    let log = '';
    for await (const text of server.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      log += text;
      if (log.includes('Ready: ')) break;
    }
    if (!log.includes('Ready: ')) throw new Error(`the server did not start:\n${log}`);
    server.stderr.resume();
    const url = /Listening at: (\S+)/.exec(log)?.[1] ?? '';
    for (let sent = 0; sent < REQUESTS; sent += 50) {
      // A connection for each request, so that all loops get their share.
      const headers = { connection: 'close' };
      await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url, { headers })).arrayBuffer()));
    }
    const each = childrenOf(server.pid ?? 0).map(memoryOf);
    return {
      resident: each.reduce((sum, { resident }) => sum + resident, 0),
      proportional: each.reduce((sum, { proportional }) => sum + proportional, 0),
    };
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }
}

for (const app of APPS) {
  console.log(`\n${app}, Node ${process.versions.node}: MB of all workers, proportional (resident)\n`);
  console.log('| event loops | processes | threads of one process |\n| --- | --- | --- |');
  const text = (/** @type {Memory} */ { resident, proportional }) =>
    `${proportional.toFixed(0)} (${resident.toFixed(0)})`;
  for (const count of COUNTS) {
    const processes = await measure(['-k', 'picoev', '-w', String(count), app]);
    const threads = await measure(['-k', 'threads', '--threads', String(count), app]);
    console.log(`| ${count} | ${text(processes)} | ${text(threads)} |`);
  }
}
