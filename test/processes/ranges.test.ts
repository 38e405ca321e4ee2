/** The ends of each setting's range are values that every class really serves with. */
import { describe, expect, test } from 'vitest';
import { CLASSES, FETCH_APP } from '../suites/classes.ts';
import { ask } from './http-client.ts';
import { runQilin, startQilin } from './server.ts';

/** Those that reach the engines or a timer. What is left at its default is another setting's other end. */
const ENDS: Readonly<Record<string, readonly (readonly [flag: string, value: string])[]>> = {
  'the least': [
    ['--worker-connections', '2'],
    ['--backlog', '1'],
    ['--max-requests-jitter', '0'],
    ['--limit-request-line', '0'],
    ['--limit-request-fields', '0'],
    ['--limit-request-field-size', '0'],
    ['--limit-request-body', '0'],
    ['--timeout', '0'],
    ['--graceful-timeout', '0'],
    ['--keep-alive', '0'],
    ['--headers-timeout', '0'],
    ['--body-timeout', '0'],
    ['--send-timeout', '0'],
    ['--response-timeout', '0'],
  ],
  'the most': [
    ['--worker-connections', '1048576'],
    ['--backlog', '2147483647'],
    ['--max-requests', '9007199254740991'],
    ['--max-requests-jitter', '9007199254740991'],
    ['--limit-request-line', '1048576'],
    ['--limit-request-fields', '1024'],
    ['--limit-request-field-size', '1048576'],
    ['--limit-request-body', '9007199254740991'],
    ['--timeout', '2000000'],
    ['--graceful-timeout', '2000000'],
    ['--keep-alive', '2000000'],
    ['--headers-timeout', '2000000'],
    ['--body-timeout', '2000000'],
    ['--send-timeout', '2000000'],
    ['--response-timeout', '2000000'],
  ],
  'fractions of a millisecond': [
    ['--timeout', '60.00049'],
    ['--graceful-timeout', '10.0015'],
    ['--keep-alive', '0.0015'],
    ['--headers-timeout', '20.00049'],
    ['--body-timeout', '20.00051'],
    ['--send-timeout', '20.0015'],
    ['--response-timeout', '20.07001'],
  ],
};

describe.each(CLASSES)('class $name', ({ flags }) => {
  test.each(Object.entries(ENDS))('serves with %s of every setting', async (_what, settings) => {
    await using server = await startQilin([...flags, ...settings.flat(), FETCH_APP]);
    for (const body of ['first', 'second']) {
      const answer = await ask(`${server.url}/echo`, { method: 'POST', body });
      expect([answer.status, answer.text]).toEqual([200, `POST /echo ${body}`]);
    }
    expect(server.log).not.toMatch(/TimeoutOverflowWarning|\[(?:WARNING|ERROR|CRITICAL)\]/);
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });
});

test.each([
  ['--worker-connections', '4294967296'],
  ['--limit-request-fields', '1025'],
  ['--keep-alive', '0.0001'],
  ['--timeout', '2147484'],
])('refuses %s %s before anything is started', async (flag, value) => {
  const { status, output } = await runQilin([flag, value, FETCH_APP]);
  expect(status).toBe(1);
  expect(output).toMatch(
    new RegExp(`^qilin: flag ${flag}: \\w+ must be .* from .* to \\d+ \\(got "${value}"\\)\\.\n$`),
  );
});
