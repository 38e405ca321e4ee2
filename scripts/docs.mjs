// Writes docs/settings.md, docs/errors.md and docs/config.schema.json from the built tables, the table of programs in
// docs/compatibility.md, the commands of qilinctl in docs/operate.md, the figures in docs/metrics.md,
// and the files that docs/recipes.md shows. With --check it writes nothing and exits 1 when one of them is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { figuresReference } from '../packages/qilin/dist/admin/reference.js';
import { commandsReference } from '../packages/qilin/dist/control/reference.js';
import { errorsReference, schemaText, settingsReference } from '../packages/qilin/dist/settings/reference.js';
import { programsTable } from '../test/programs/table.mjs';
import { withFiles } from './shown-files.mjs';

const check = process.argv.includes('--check');
const files = {
  'settings.md': settingsReference(),
  'errors.md': errorsReference(),
  'config.schema.json': schemaText(),
  'compatibility.md': withPart('compatibility.md', 'programs', programsTable()),
  'metrics.md': withPart('metrics.md', 'figures', figuresReference()),
  'operate.md': withPart('operate.md', 'commands', commandsReference().trimEnd()),
  'recipes.md': withFiles(read(new URL('../docs/recipes.md', import.meta.url)) ?? ''),
};

/** Between its marks: the rest of the page is written by hand. @param {string} file @param {string} name @param {string} part */
function withPart(file, name, part) {
  const page = read(new URL(`../docs/${file}`, import.meta.url)) ?? '';
  const [begin, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- /${name} -->`];
  return `${page.slice(0, page.indexOf(begin))}${begin}\n\n${part}\n\n${page.slice(page.indexOf(end))}`;
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
