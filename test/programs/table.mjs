/** The programs of manifest.mjs as the table of docs/compatibility.md. */
import { readFileSync } from 'node:fs';
import { PROGRAMS } from './manifest.mjs';

const CLASSES = ['async', 'picoev', 'threads'];

/** @param {string} folder @returns {Readonly<Record<string, string>>} */
const versionsIn = (folder) =>
  JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8')).dependencies;

/** @param {import('./manifest.mjs').Program} program */
function row({ folder, what, packages, start, node = 20, except = {}, differs = '', ran }) {
  const versions = versionsIn(folder);
  const named = packages.map((name) => `${name} ${versions[name]}`).join(', ');
  const classes = CLASSES.filter((name) => except[name] === undefined).join(', ');
  const reasons = Object.entries(except).map(([name, reason]) => `not on ${name}: ${reason}`);
  const notes = [...reasons, ...(node > 20 ? [`needs Node ${node}`] : []), ...(differs === '' ? [] : [differs])];
  return [what, named, classes, `\`qilin -w 2 -k CLASS ${start}\``, notes.join('; ') || 'nothing', ran];
}

/** As Markdown, its columns aligned. */
export function programsTable() {
  const rows = [
    ['program', 'versions', 'classes', 'how it is said', 'what differs', 'run on Node: requests'],
    ...PROGRAMS.map(row),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = rows.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
