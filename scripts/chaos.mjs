/** All that test/chaos does to a server, at length: for a machine that does nothing else meanwhile. */
import { root, run } from './prepare.mjs';

const { argv, env } = process;
run('npx', ['vitest', 'run', '--project', 'chaos', ...argv.slice(2)], root, {
  ...env,
  QILIN_CHAOS: 'long',
});
