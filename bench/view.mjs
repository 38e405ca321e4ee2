/**
 * What a view of @qilin/flask costs beyond a bare fetch handler: both answer requests of the native engine's kind, in turns, in one
 * process, so that a busy machine weighs on both alike. CPU time; what is printed are medians. `node bench/view.mjs`
 */
import { createFetchServer, openLightRoom } from '../packages/qilin/dist/http/light/door.js';
import { fetchers } from './apps.mjs';
import { median } from './report.mjs';
import { app } from './servers/flask.mjs';

const ROUNDS = 41;
const REQUESTS = 10_000;

/** A request of the engine's, and its answer, which goes nowhere. */
class Asked {
  method = 'GET';
  target = '/';
  scheme = 'http';
  isMultiplexed = false;
  hasBody = false;
  route = '';
  isOver = false;
  isGone = false;
  reason = '';
  hasDate = false;
  owner = null;
  onDrain = null;
  onGone = null;
  connection = { peer: { address: '127.0.0.1', port: 1 }, local: { address: '127.0.0.1', port: 2 } };
  header(/** @type {string} */ name) {
    return name.toLowerCase() === 'host' ? 'localhost:8000' : undefined;
  }
  rawHeaders() {
    return ['Host', 'localhost:8000'];
  }
  respond(/** @type {number} */ status, /** @type {string} */ _fields, /** @type {unknown} */ body) {
    if (status !== 200 || body !== 'Hello, World!') throw new Error(`answered ${status}: ${body}`);
    this.isOver = true;
    answered++;
  }
  takeBack() {}
}

let answered = 0;

await openLightRoom();
const onError = (/** @type {unknown} */ error) => {
  throw error;
};
/** @param {(request: Request) => unknown} fetch */
const serverOf = (fetch) => createFetchServer(/** @type {never} */ (fetch), /** @type {never} */ ({ onError }));
const contenders = { bare: serverOf(fetchers.hello.fetch), view: serverOf(app.fetch) };

/** @param {(exchange: never) => void} serve @returns {Promise<number>} microseconds of CPU for one request */
async function cpu(serve) {
  answered = 0;
  const start = process.cpuUsage();
  // As many as a turn of a busy engine brings, then what they have left behind.
  while (answered < REQUESTS) {
    for (let request = 0; request < 64; request++) serve(/** @type {never} */ (new Asked()));
    await null;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / answered;
}

/** @type {number[]} */
const differences = [];
/** @type {Record<keyof typeof contenders, number[]>} */
const times = { bare: [], view: [] };
for (let round = 0; round < ROUNDS; round++) {
  const [bare, view] = [await cpu(contenders.bare), await cpu(contenders.view)];
  times.bare.push(bare);
  times.view.push(view);
  differences.push(view - bare);
}
const late = differences.slice(ROUNDS >> 1); // the first half is for the compiler
console.log(
  `Node ${process.versions.node}: a bare fetch handler ${median(times.bare.slice(ROUNDS >> 1)).toFixed(2)} µs, a view ` +
    `${median(times.view.slice(ROUNDS >> 1)).toFixed(2)} µs: ${median(late).toFixed(2)} µs more (at most 1.0)`,
);
