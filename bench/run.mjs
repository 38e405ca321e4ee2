/**
 * Measures Qilin against its peers: server on core 0, load on core 1, the contenders taking turns; printed are medians and
 * what came of each goal, in Markdown.
 *
 *     npm run bench                                         5 rounds of 3 s each, about 20 minutes
 *     npm run bench -- --rounds 9 --seconds 5 --only hello,close
 *
 * Compare ratios of one run, not figures of two: machines differ, and the same one from hour to hour.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { prepareBench } from './prepare.mjs';
import { goals, medians } from './report.mjs';
import { rows } from './rows.mjs';
import { BenchServer } from './server.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: rows.map(({ id }) => id).join(',') },
  },
});

/** @param {string} name @param {string} text */
function wholeNumber(name, text) {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number of at least 1 (got "${text}").`);
}

/** @param {string} text */
function chosenRows(text) {
  return text.split(',').map((id) => {
    const row = rows.find((candidate) => candidate.id === id);
    if (row === undefined)
      throw new Error(`--only names "${id}"; there are ${rows.map((each) => each.id).join(', ')}.`);
    return row;
  });
}

/** @param {import('./rows.mjs').Row} row @param {number} rounds @param {number} seconds */
async function measure(row, rounds, seconds) {
  const contenders = row.contenders.filter(({ isThere }) => isThere());
  /** @type {Map<string, number[]>} */
  const figures = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      const figure = await measureOnce(row, contender, seconds);
      figures.get(contender.name)?.push(figure);
      console.error(`${row.id}, round ${round}: ${contender.name} ${figure.toFixed(2)} ${row.unit}`);
    }
  }
  return { row, figures };
}

/** @param {import('./rows.mjs').Row} row @param {import('./contenders.mjs').Contender} contender @param {number} seconds */
async function measureOnce({ work, measure: take }, contender, seconds) {
  const server = await BenchServer.start(contender, work);
  try {
    return await take(server, seconds);
  } finally {
    await server.stop();
  }
}

const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
const chosen = chosenRows(values.only);
if (availableParallelism() < 2) throw new Error('The bench needs two cores: one for the server, one for the load.');
prepareBench();

const results = [];
for (const row of chosen) {
  const result = await measure(row, rounds, seconds);
  results.push(result);
  console.log(medians(row, result.figures));
}
console.log(goals(results));
