/**
 * What slow clients cost the others: the 99th percentile of the latency of 16 steady clients, alone and beside 1 000 clients
 * that send one byte a second. The two alternate; printed are medians and their ratio. Exits 1 when it is above 1.2.
 *
 *   node bench/slow-clients.mjs               5 rounds of 4 s, class picoev
 *   node bench/slow-clients.mjs 9 async
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const [rounds = '5', workerClass = 'picoev'] = process.argv.slice(2);
const SECONDS = 4;
const SLOW = 1_000;
const STEADY = 16;
/** Milliseconds between the requests of a steady client: some 1 500 a second in all, far from the server's limit. */
const THINK = 10;
const ALLOWED = 1.2;

const args = ['--headers-timeout', '60', '--worker-connections', '2000', '--keep-alive', '60'];
const app = `${fileURLToPath(new URL('apps.mjs', import.meta.url))}:fetchers.hello`;
const server = await startServer(['-k', workerClass, ...args, app]);

/** @returns {Promise<import('node:net').Socket>} */
const open = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket)).on('error', reject);
  });

/** Latencies of one client in milliseconds. @param {number} until */
async function steadyClient(until) {
  const socket = await open();
  const latencies = [];
  while (performance.now() < until) {
    const begun = performance.now();
    socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    latencies.push(performance.now() - begun);
    await pause(THINK);
  }
  socket.destroy();
  return latencies;
}

/** The 99th percentile in milliseconds. @param {number} slowCount */
async function measure(slowCount) {
  const slow = await Promise.all(Array.from({ length: slowCount }, open));
  for (const socket of slow) socket.write('GET / HTTP/1.1\r\nHost: test\r\nX-Slow: ');
  // Spread over the second, as real ones would be.
  let turn = 0;
  const drip = setInterval(() => {
    const end = ++turn % 100;
    for (let i = end; i < slow.length; i += 100) slow[i]?.write('x');
  }, 10);
  const until = performance.now() + SECONDS * 1_000;
  const latencies = (await Promise.all(Array.from({ length: STEADY }, () => steadyClient(until)))).flat();
  clearInterval(drip);
  for (const socket of slow) socket.destroy();
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}

/** @param {number[]} values */
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

await measure(0);
/** @type {[number[], number[]]} */
const [alone, beside] = [[], []];
for (let round = 0; round < Number(rounds); round++) {
  alone.push(await measure(0));
  beside.push(await measure(SLOW));
}
await server.stop();
const ratio = median(beside) / median(alone);
console.log(`class ${workerClass}, p99 of ${STEADY} steady clients, medians of ${rounds} rounds of ${SECONDS} s`);
console.log(`  alone ${median(alone).toFixed(2)} ms, beside ${SLOW} slow clients ${median(beside).toFixed(2)} ms`);
console.log(`  ${ratio.toFixed(2)} ×, ${ratio <= ALLOWED ? 'within' : 'not within'} ${ALLOWED}`);
process.exitCode = ratio <= ALLOWED ? 0 : 1;
