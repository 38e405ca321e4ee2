/**
 * What figures cost: a hello on class picoev with `adminBind` and without, in pairs one behind the other, so that what the machine does
 * meanwhile is done to both. Exits 1 where the median of the pairs is more than 3 % dearer with it.
 *
 *   node bench/metrics.mjs           15 pairs of 2 s; another Node: NODE bench/metrics.mjs
 *   node bench/metrics.mjs 5 1       5 pairs of 1 s
 *   node bench/metrics.mjs 15 2 request-id   what another switch of qilin's costs, in the place of --admin-bind
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuPerRequest } from './measures.mjs';
import { here } from './prepare.mjs';
import { median } from './report.mjs';
import { BenchServer } from './server.mjs';

const PAIRS = Number(process.argv[2] ?? 15);
const SECONDS = Number(process.argv[3] ?? 2);
const SWITCH = process.argv[4];
const MOST = 1.03;

const qilin = fileURLToPath(new URL('../packages/qilin/bin/qilin.js', import.meta.url));

/** @param {readonly string[]} more */
const contender = (more) => ({
  /** @param {number} port */
  command: (port) => [
    process.execPath,
    ...[qilin, '-w', '1', '-k', 'picoev', '-b', `127.0.0.1:${port}`, '--log-level', 'warning', ...more],
    `${join(here, 'apps.mjs')}:fetchers.hello`,
  ],
});

const figures = SWITCH === undefined ? ['--admin-bind', '0'] : [`--${SWITCH}`];
const [without, with_] = await Promise.all([
  BenchServer.start(contender([]), 'hello'),
  BenchServer.start(contender(figures), 'hello'),
]);
const cost = cpuPerRequest();
/** @type {number[]} */
const ratios = [];
try {
  for (let pair = 0; pair < PAIRS; pair++) {
    // Each goes first as often as the other.
    const order = pair % 2 === 0 ? [without, with_] : [with_, without];
    /** @type {Map<BenchServer, number>} */
    const took = new Map();
    for (const server of order) took.set(server, await cost(server, SECONDS));
    const [plain = 0, measured = 0] = [took.get(without), took.get(with_)];
    ratios.push(measured / plain);
    console.log(
      `${plain.toFixed(3)} µs without, ${measured.toFixed(3)} µs with ${figures.join(' ')}: × ${(measured / plain).toFixed(4)}`,
    );
  }
} finally {
  await Promise.all([without.stop(), with_.stop()]);
}
const sorted = [...ratios].sort((one, other) => one - other);
const middle = median(ratios);
console.log(
  `median of ${PAIRS} pairs: × ${middle.toFixed(4)} (from ${sorted[0]?.toFixed(3)} to ${sorted.at(-1)?.toFixed(3)}), at most × ${MOST} on ${process.version}`,
);
process.exitCode = middle <= MOST ? 0 : 1;
