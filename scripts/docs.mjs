// Writes docs/settings.md, docs/errors.md and docs/config.schema.json from the built tables. With --check it writes
// nothing and exits 1 when one of them is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { errorsReference, schemaText, settingsReference } from '../packages/qilin/dist/settings/reference.js';

const check = process.argv.includes('--check');
const files = {
  'settings.md': settingsReference(),
  'errors.md': errorsReference(),
  'config.schema.json': schemaText(),
};

/** @param {URL} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not generated yet
  }
}

for (const [name, text] of Object.entries(files)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  if (read(file) === text) continue;
  if (check) {
    console.error(`docs/${name} is stale: run \`npm run docs\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`docs/${name} is written.`);
  }
}
