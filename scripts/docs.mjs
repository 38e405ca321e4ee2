// Writes docs/settings.md, docs/errors.md and docs/config.schema.json from the built tables, and the table of programs in
// docs/compatibility.md. With --check it writes nothing and exits 1 when one of them is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { errorsReference, schemaText, settingsReference } from '../packages/qilin/dist/settings/reference.js';
import { programsTable } from '../test/programs/table.mjs';

const check = process.argv.includes('--check');
const files = {
  'settings.md': settingsReference(),
  'errors.md': errorsReference(),
  'config.schema.json': schemaText(),
  'compatibility.md': withTable(read(new URL('../docs/compatibility.md', import.meta.url)) ?? '', programsTable()),
};

/** Between the marks of the programs: the rest of the page is written by hand. @param {string} page @param {string} table */
function withTable(page, table) {
  const [begin, end] = ['<!-- programs: written by npm run docs -->', '<!-- /programs -->'];
  return `${page.slice(0, page.indexOf(begin))}${begin}\n\n${table}\n\n${page.slice(page.indexOf(end))}`;
}

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
