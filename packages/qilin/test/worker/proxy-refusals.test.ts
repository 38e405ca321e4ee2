import { expect, test } from 'vitest';
import { ProxyRefusals } from '../../src/worker/proxy-refusals.ts';

test('connections without a PROXY header are counted, and told at most every ten seconds, however many there are', () => {
  const lines: string[] = [];
  const log = { warning: (text: string) => void lines.push(text) };
  let now = 5_000;
  const refusals = new ProxyRefusals(log, () => now);
  refusals.note(1, 'it is none', '10.1.2.3');
  for (let i = 0; i < 1_000; i++) refusals.note(2, 'it is late', '10.1.2.4');
  expect(lines).toEqual(['A connection of 10.1.2.3 was closed: it is none (proxyProtocol)']);
  expect(refusals.count).toBe(2_001);
  now += 10_000;
  refusals.note(1, 'it is cut', '');
  expect(lines.slice(1)).toEqual([
    'A connection was closed: it is cut (proxyProtocol); so were 2000 others since the last line of this kind',
  ]);
});
