/**
 * What a probe sees while every worker is stuck: 200 requests a second to the arbiter's own listener, for 60 seconds. Exits 1 where one
 * was answered wrongly, or one in a hundred took longer than 10 ms.
 *
 *   node bench/stuck.mjs        60 seconds
 *   node bench/stuck.mjs 5
 */
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const SECONDS = Number(process.argv[2] ?? 60);
const RATE = 200;
const MOST = 10;
const WORKERS = 2;
const PATHS = ['/livez', '/readyz', '/startupz', '/status'];

const app = fileURLToPath(new URL('servers/stalling.mjs', import.meta.url));
const server = await startServer(['-w', String(WORKERS), '--admin-bind', '0', '--timeout', '0', app]);
const admin = /Health and status at: (http:\S+)/.exec(server.log())?.[1];
if (admin === undefined) throw new Error('adminBind does not answer');

const agent = new Agent({ keepAlive: true });
/** @param {string} url @returns {Promise<{ status: number | undefined, text: string, took: number }>} */
const ask = (url) =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    get(url, { agent }, async (incoming) => {
      const text = (await incoming.setEncoding('utf8').toArray()).join('');
      resolve({ status: incoming.statusCode, text, took: performance.now() - begin });
    }).on('error', reject);
  });

const block = `http://127.0.0.1:${server.port}/loop?ms=10000000`;
const stuck = async () => JSON.parse((await ask(`${admin}/status`)).text).stuckSeconds;
while ((await stuck()) === 0) {
  get(block, { agent: false }).on('error', () => {});
  await pause(1_000);
}

/** @type {number[]} */
const times = [];
let wrong = 0;
/** @type {Promise<void>[]} */
const asked = [];
const begin = performance.now();
for (let index = 0; index < SECONDS * RATE; index++) {
  await pause(Math.max(0, begin + (index * 1_000) / RATE - performance.now()));
  const path = PATHS[index % PATHS.length] ?? '';
  asked.push(
    ask(admin + path).then(
      ({ status, took }) => {
        times.push(took);
        if (status !== 200) wrong += 1;
      },
      () => {
        wrong += 1;
      },
    ),
  );
}
await Promise.all(asked);
times.sort((a, b) => a - b);
/** @param {number} share */
const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
const [p50, p99] = [percentile(0.5), percentile(0.99)];
console.log(
  `${times.length} answers while ${WORKERS} workers are stuck: ${wrong} wrong; p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
);
agent.destroy();
process.kill(server.pid, 'SIGINT');
await server.stop();
process.exitCode = wrong === 0 && p99 < MOST ? 0 : 1;
