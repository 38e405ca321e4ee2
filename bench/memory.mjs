/**
 * Whether memory grows with requests: 2 million of them on 64 connections, 16 at a time on each; resident memory must stay
 * within 5 % from a fifth of the run to its end. Linux only. Exits 1 when it does not.
 *
 *   node bench/memory.mjs                     2 000 000 requests, class picoev
 *   node bench/memory.mjs 500000 async
 */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const [requests = '2000000', workerClass = 'picoev'] = process.argv.slice(2);
const total = Number(requests);
const CONNECTIONS = 64;
const DEPTH = 16;
const SAMPLES = 50;
const ALLOWED = 0.05;

const request = Buffer.from('GET /some/path?with=query HTTP/1.1\r\nHost: test\r\nAccept: */*\r\n\r\n'.repeat(DEPTH));
const server = await startServer([
  '-k',
  workerClass,
  `${fileURLToPath(new URL('apps.mjs', import.meta.url))}:fetchers.hello`,
]);

let [sent, answered] = [0, 0];
/** @type {number[]} Resident memory at each fiftieth of the run. */
const samples = [];

/** Sends the next batch when the last one is answered, until enough are sent. */
function client() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    let [open, tail] = [0, ''];
    const next = () => {
      if (sent >= total) return socket.end();
      sent += DEPTH;
      open = DEPTH;
      return socket.write(request);
    };
    socket.setEncoding('latin1').on('data', (/** @type {string} */ text) => {
      // Each answer counts once, also where its first bytes are split.
      const seen = tail + text;
      const count = seen.split('HTTP/1.1 200').length - 1;
      tail = seen.slice(-'HTTP/1.1 200'.length + 1);
      open -= count;
      answered += count;
      if (answered >= ((samples.length + 1) * total) / SAMPLES) samples.push(server.memory());
      if (open === 0) next();
    });
    socket.on('connect', next).on('close', resolve).on('error', reject);
  });
}

const start = performance.now();
await Promise.all(Array.from({ length: CONNECTIONS }, client));
const seconds = (performance.now() - start) / 1000;
await server.stop();

const settled = samples.slice(SAMPLES / 5 - 1);
const [least, most] = [Math.min(...settled), Math.max(...settled)];
const spread = (most - least) / least;
const mebibytes = (/** @type {number} */ bytes) => (bytes / 1024 / 1024).toFixed(1);
console.log(`class ${workerClass}: ${answered} answers in ${seconds.toFixed(1)} s`);
console.log(`resident memory from 20 % to the end: ${mebibytes(least)} to ${mebibytes(most)} MiB`);
console.log(
  `  ${samples
    .filter((_, index) => index % 5 === 4)
    .map(mebibytes)
    .join(' ')}  (each tenth of the run)`,
);
console.log(`${(spread * 100).toFixed(1)} % apart, ${spread <= ALLOWED ? 'within' : 'not within'} ${ALLOWED * 100} %`);
process.exitCode = spread <= ALLOWED && answered >= total ? 0 : 1;
