/** What a client chose stands in the log as in that of accesses: whatever it is, it ends no line. */
import { expect, test } from 'vitest';
import type { Log } from '../../src/contract/log.ts';
import { logCutRequests } from '../../src/worker/cut-requests.ts';

function lines(requests: Parameters<typeof logCutRequests>[1]): string[] {
  const told: string[] = [];
  logCutRequests({ warning: (text) => told.push(text) } satisfies Partial<Log> as unknown as Log, requests);
  return told.flatMap((text) => text.split('\n'));
}

test('values are escaped and shortened, and queries left out', () => {
  const told = lines([
    { method: 'GET', target: '/a"\n[CRITICAL] b?secret=1', age: 1_000, isUnanswered: true },
    { method: 'GET', target: `/${'x'.repeat(400)}`, age: 2_250, protocol: 'web\nsocket' },
  ]);
  expect(told).toEqual([
    'Cut by that, the oldest first:',
    `    GET /${'x'.repeat(199)}..., 2.3 s old (web\\x0Asocket)`,
    '    GET /a\\x22\\x0A[CRITICAL] b, 1.0 s old (503)',
  ]);
});

test('of nothing nothing is told', () => {
  expect(lines([])).toEqual([]);
});
