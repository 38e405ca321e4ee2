/** A line for each test of `node --test`: how it ended, and its name with those of the tests that it is in. */
import { basename } from 'node:path';

/** @param {AsyncIterable<import("node:test/reporters").TestEvent>} source What a reporter gets: https://nodejs.org/api/test.html#custom-reporters */
export default async function* report(source) {
  const started = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') started[data.nesting] = data.name;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.skip !== undefined || data.todo !== undefined) continue;
    // A test of tests, and a file, tell what is in them once more.
    if (data.details?.type === 'suite') continue;
    const above = started.slice(0, data.nesting);
    const name = [basename(data.file ?? ''), ...above, data.name].join(' › ');
    yield `${JSON.stringify({ end: type === 'test:pass' ? 'passed' : 'failed', name })}\n`;
    if (type === 'test:fail') console.error(`${name}\n${data.details?.error?.cause?.stack ?? data.details?.error}\n`);
  }
}
