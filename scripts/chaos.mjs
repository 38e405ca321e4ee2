/**
 * `npm run chaos -- [MINUTES] [--seed N] [--timeout SECONDS]`: test/chaos for so long (10), by faults of that seed (one of its own, which
 * it says), done to servers with that `timeout` (5). A machine that does other things meanwhile leaves processes without the CPU for
 * seconds: it needs a longer one.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { root, run } from './prepare.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, timeout: { type: 'string' } },
});
const [minutes = '10'] = positionals;
const { seed = String(randomInt(2 ** 31)), timeout = '5' } = values;
for (const number of [minutes, seed, timeout]) {
  if (Number.isFinite(Number(number)) && Number(number) >= 0) continue;
  console.error(
    `npm run chaos -- [MINUTES] [--seed N] [--timeout SECONDS]: these are numbers from 0 on (got ${JSON.stringify(number)})`,
  );
  process.exit(2);
}
console.log(`${minutes} minutes, seed ${seed}`);
run('npx', ['vitest', 'run', '--project', 'chaos', '--disable-console-intercept'], root, {
  ...process.env,
  QILIN_CHAOS_MINUTES: minutes,
  QILIN_CHAOS_SEED: seed,
  QILIN_CHAOS_TIMEOUT: timeout,
  QILIN_TEST_PATIENCE: String(Number(timeout) * 10),
});
