import { describe, expect, test } from 'vitest';
import { parseStallReport } from '../../src/contract/stalls.ts';

const STALL = {
  type: 'stall',
  thread: 2,
  for: 1_003,
  last: false,
  frames: [['f', 'file:///a.js', 1, 2]],
  maps: { 'a.js': 'data:' },
};

test('a report is read', () => {
  expect(parseStallReport(JSON.stringify(STALL))).toEqual({
    type: 'stall',
    thread: 2,
    isLast: false,
    lasts: 1_003,
    frames: [{ name: 'f', script: 'file:///a.js', line: 1, column: 2 }],
    maps: new Map([['a.js', 'data:']]),
  });
  expect(parseStallReport('{"type":"stallOver","thread":0,"for":5}')).toEqual({
    type: 'stallOver',
    thread: 0,
    lasted: 5,
  });
});

describe('what is none', () => {
  test.each([
    '',
    'null',
    '[]',
    '{"type":"stal',
    '{"type":"stallOver"}',
    '{"type":"other","thread":0,"for":5}',
    JSON.stringify({ ...STALL, thread: -1 }),
    JSON.stringify({ ...STALL, for: '1' }),
    JSON.stringify({ ...STALL, last: 1 }),
    JSON.stringify({ ...STALL, frames: {} }),
    JSON.stringify({ ...STALL, frames: [['f', 'a.js', 1]] }),
    JSON.stringify({ ...STALL, frames: [null] }),
    JSON.stringify({ ...STALL, frames: [['f', 'x'.repeat(1_025), 1, 2]] }),
    JSON.stringify({ ...STALL, maps: [] }),
  ])('%s', (line) => {
    expect(parseStallReport(line)).toBeUndefined();
  });
});
