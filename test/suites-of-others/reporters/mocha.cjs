/** A line in QILIN_SUITES_REPORT for each test of mocha: how it ended, and its name. */
const { appendFileSync } = require('node:fs');

/** @typedef {{ fullTitle(): string }} Test Of mocha, which is the other project's. */

/** @param {import('node:events').EventEmitter} runner */
module.exports = function report(runner) {
  const { QILIN_SUITES_REPORT: file = '/dev/null' } = process.env;
  const tell = (/** @type {string} */ end, /** @type {Test} */ test) => {
    appendFileSync(file, `${JSON.stringify({ end, name: test.fullTitle() })}\n`);
  };
  runner.on('pass', (test) => tell('passed', test));
  runner.on('fail', (test, error) => {
    tell('failed', test);
    console.error(`${test.fullTitle()}\n${error?.stack ?? error}\n`);
  });
};
