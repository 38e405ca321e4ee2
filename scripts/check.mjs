/** All that can be said of the code without running it: types, lint and format, import directions, dead code. */
import { checkDialect } from './dialect.mjs';
import { checkImports } from './imports.mjs';
import { prepare, run } from './prepare.mjs';

await prepare();
run('npx', ['tsc', '--project', 'tsconfig.json']);
run('npx', ['tsc', '--project', 'packages/qilin/src/page']);
run('npx', ['biome', 'check', '--error-on-warnings']);
const violations = [...checkImports(), ...checkDialect()];
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
run('npx', ['knip']);
console.log('check: types, lint, import directions and dead code are in order');
