/**
 * The recipes of examples/recipes, all of them: `npm run recipes`. Installs their packages in their own folder, and the servers that
 * they use from Debian's packages where that may be done; repeats nothing done.
 */
import { join } from 'node:path';
import { installApart, prepare, root, run } from './prepare.mjs';
import { installTools } from './test-tools.mjs';

const folder = join(root, 'examples/recipes');

await prepare();
installTools(['redis-server', 'postgresql']);
installApart(folder);
run('npx', ['tsc', '--project', folder]);
run('npx', ['vitest', 'run', '--project', 'processes', 'test/recipes']);
