/** What differs between the runs of a project's tests, and whether that is expected. Pure. */
import { DIFFERENCES } from './differences.mjs';

/** @typedef {import('./run-tests.mjs').Results} Results */

const passes = (/** @type {Results} */ results) => [...results.values()].filter((end) => end === 'passed').length;

/**
 * @param {{ readonly name: string }} project @param {string} version
 * @param {Readonly<Record<'node' | 'async' | 'picoev', Results>>} runs
 * @returns {{ line: string, faults: readonly string[] }} the line of the table, and a sentence for all that is not expected
 */
export function compare({ name: project }, version, runs) {
  const counts = [runs.node.size, passes(runs.node), passes(runs.async), passes(runs.picoev)];
  const faults = counts[1] === 0 ? ['no test passes on Node’s own server'] : [];
  for (const on of /** @type {const} */ (['async', 'picoev'])) {
    const expected = new Set(
      DIFFERENCES.filter((one) => one.project === project && one.on.includes(on)).flatMap(({ tests }) => tests),
    );
    for (const [test, end] of runs.node) {
      const there = runs[on].get(test) ?? 'not run';
      if (end === 'passed' && there !== 'passed' && !expected.has(test)) faults.push(`${on}: ${there}: ${test}`);
      if (there === 'passed' && expected.has(test)) faults.push(`${on}: passes, though not expected to: ${test}`);
    }
    for (const test of expected)
      if (!runs.node.has(test)) faults.push(`${on}: expected to differ, but not there: ${test}`);
  }
  return { line: `| ${[project, version, ...counts].join(' | ')} |`, faults };
}
