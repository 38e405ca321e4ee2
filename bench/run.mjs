/**
 * What class `async` costs: CPU time per request of the server's processes, against a bare `node:http` server with the
 * same handler, and per connection against `node:cluster`. The contenders alternate; printed are medians and ratios.
 *
 *   npm run bench            5 rounds of 3 s each
 *   npm run bench -- 9 5     9 rounds of 5 s each
 *
 * Needs wrk and taskset; the server runs on core 0, the load on core 1.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const qilin = fileURLToPath(new URL('../packages/qilin/bin/qilin.js', import.meta.url));
const [rounds = 5, seconds = 3] = process.argv.slice(2).map(Number);
const TICKS_PER_SECOND = 100;

/**
 * @typedef {{ name: string, command: (port: number) => string[] }} Contender
 * @typedef {{ title: string, close: boolean, contenders: Contender[] }} Comparison
 */

/** @param {string} app @returns {(port: number) => string[]} */
const withQilin = (app) => (port) => [
  qilin,
  '-w',
  '1',
  '-b',
  `127.0.0.1:${port}`,
  '--log-level',
  'warning',
  join(here, app),
];

/** @type {Contender} */
const bare = { name: 'node:http', command: (port) => [join(here, 'bare.mjs'), String(port)] };

/** @type {Comparison[]} */
const comparisons = [
  {
    title: 'keep-alive, 64 connections: µs of CPU per request',
    close: false,
    contenders: [
      bare,
      { name: 'qilin async, (req, res)', command: withQilin('app.mjs:listener') },
      { name: 'qilin async, fetch', command: withQilin('app.mjs:fetchApp') },
    ],
  },
  {
    title: 'one connection per request: µs of CPU per request, all processes of the server',
    close: true,
    contenders: [
      { name: 'node:cluster', command: (port) => [join(here, 'cluster.mjs'), String(port)] },
      bare,
      { name: 'qilin async, (req, res)', command: withQilin('app.mjs:listener') },
    ],
  },
];

for (const { title, close, contenders } of comparisons) {
  /** @type {Map<string, number[]>} */
  const costs = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) costs.get(contender.name)?.push(await measure(contender, close));
  }
  console.log(`\n${title} (medians of ${rounds})`);
  const first = median(costs.get(contenders[0]?.name ?? '') ?? []);
  for (const [name, values] of costs) {
    const middle = median(values);
    console.log(`  ${name.padEnd(26)} ${middle.toFixed(2).padStart(7)}   ${(middle / first).toFixed(2)} ×`);
  }
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** @param {Contender} contender @param {boolean} close @returns {Promise<number>} µs per request */
async function measure({ command }, close) {
  const port = await freePort();
  const server = spawn('taskset', ['-c', '0', process.execPath, ...command(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(server, 'exit');
  try {
    await answers(port);
    load(port, close, 1);
    const before = cpuOf(server.pid ?? 0);
    const requests = load(port, close, seconds);
    return ((cpuOf(server.pid ?? 0) - before) * 1e6) / requests;
  } finally {
    server.kill('SIGINT');
    await exited;
  }
}

/** @param {number} port @param {boolean} close @param {number} duration @returns {number} requests that were answered */
function load(port, close, duration) {
  const header = close ? ['-H', 'Connection: close'] : [];
  const args = ['-c', '1', 'wrk', '-t1', '-c64', `-d${duration}s`, ...header, `http://127.0.0.1:${port}/`];
  const { stdout, status } = spawnSync('taskset', args, { encoding: 'utf8' });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (status !== 0 || !(requests > 0)) throw new Error(`wrk failed (is it installed?):\n${stdout}`);
  return requests;
}

/** CPU seconds of a process and all below it. @param {number} root @returns {number} */
function cpuOf(root) {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
      } catch {
        return [];
      }
    });
  /** @param {number} pid @returns {number} */
  const sum = (pid) =>
    (processes.find((entry) => entry.pid === pid)?.ticks ?? 0) +
    processes.filter(({ parent }) => parent === pid).reduce((total, child) => total + sum(child.pid), 0);
  return sum(root) / TICKS_PER_SECOND;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** @param {number} port */
async function answers(port) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody answers on port ${port}`);
}
