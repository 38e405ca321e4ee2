/** The tables of docs/compatibility.md that come from the suites of others: between two marks, the rest is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DIFFERENCES } from './differences.mjs';
import { PROJECTS } from './projects.mjs';

const PAGE = new URL('../../docs/compatibility.md', import.meta.url);
const [BEGIN, END] = ['<!-- suites: written by npm run suites -->', '<!-- /suites -->'];
/** Of the first table. */
const ROW = /^\| (\S+) +\| \S+ +\| +\d+ \|/;
const HEAD = ['| project | version | tests | node | async | picoev |', '| --- | --- | --: | --: | --: | --: |'];

/**
 * Rows of projects that were not run stay as they are.
 * @param {readonly { readonly line: string }[]} rows
 */
export function writeTable(rows) {
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN) + BEGIN.length;
  const end = page.indexOf(END);
  const lines = [...page.slice(begin, end).split('\n'), ...rows.map(({ line }) => line)];
  const known = new Map(lines.filter((line) => ROW.test(line)).map((line) => [ROW.exec(line)?.[1], line]));
  const table = PROJECTS.flatMap(({ name }) => known.get(name) ?? []);
  const text = ['', '', ...HEAD, ...table, '', ...differences(), '', ''].join('\n');
  writeFileSync(PAGE, page.slice(0, begin) + text + page.slice(end));
}

/** @returns {readonly string[]} */
function differences() {
  const lines = DIFFERENCES.flatMap(({ project, tests, on, reason }) =>
    tests.map((test) => `| ${project} | ${test.replaceAll('|', '\\|')} | ${on.join(', ')} | ${reason} |`),
  );
  return ['| project | test | class | why it differs |', '| --- | --- | --- | --- |', ...lines];
}
