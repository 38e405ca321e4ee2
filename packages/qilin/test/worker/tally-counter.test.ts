import { expect, test } from 'vitest';
import { BOUNDS } from '../../src/contract/answers.ts';
import { memoryBySpace } from '../../src/contract/memory-spaces.ts';
import { addTallies, COLLECTIONS, DEADLINES, NO_TALLY, REFUSALS, readTally } from '../../src/contract/tally.ts';
import { TallyCounter } from '../../src/worker/tally-counter.ts';

test('what befalls requests is counted by its name, each at its place, and added up over workers', () => {
  const counter = new TallyCounter(() => 0);
  for (const deadline of DEADLINES) counter.passed(deadline);
  counter.passed('sendTimeout');
  for (const status of [400, 413, 414, 417, 431, 501, 505, 418, 499]) counter.refused(status);
  counter.collected('major', 12.5);
  const tally = readTally(counter.list());
  expect(tally.deadlines).toEqual([1, 1, 1, 1, 2]);
  expect(Object.fromEntries(REFUSALS.map((name, index) => [name, tally.refusals[index]]))).toEqual({
    malformed: 1,
    body_too_large: 1,
    line_too_long: 1,
    expectation: 1,
    head_too_large: 1,
    not_implemented: 1,
    version: 1,
    other: 2,
  });
  expect(tally.collections[COLLECTIONS.indexOf('major')]).toBe(1);
  const twice = readTally(addTallies(addTallies(NO_TALLY, counter.list()), counter.list()));
  expect([twice.deadlines[4], twice.collecting[COLLECTIONS.indexOf('major')]]).toEqual([4, 25]);
  expect(readTally(counter.list({ headersTimeout: 4, sendTimeout: 1 })).deadlines).toEqual([5, 1, 1, 1, 3]);
  expect(readTally([1, 2, 3]).deadlines).toEqual([0, 0, 0, 0, 0]);
});

test('of each 32nd request it is asked how long that had waited, of the first one too', () => {
  let asked = 0;
  const counter = new TallyCounter(() => {
    asked += 1;
    return asked === 1 ? 4 : 20_000;
  });
  for (let i = 0; i < 33; i++) counter.came(7);
  const { waits, waited } = readTally(counter.list());
  expect({ asked, waited }).toEqual({ asked: 2, waited: 20.004 });
  expect(waits).toHaveLength(BOUNDS.length + 1);
  expect([waits[BOUNDS.indexOf(0.005)], waits[BOUNDS.length]]).toEqual([1, 1]);
});

test("V8's spaces of whatever version come to the few that are told", () => {
  const space = (space_name: string, space_used_size: number) => ({ space_name, space_used_size });
  const spaces = [
    space('new_space', 1),
    space('new_large_object_space', 2),
    space('old_space', 4),
    space('code_space', 8),
  ];
  const more = [space('code_large_object_space', 16), space('large_object_space', 32), space('trusted_space', 64)];
  expect(memoryBySpace([...spaces, ...more], 128)).toEqual([3, 4, 32, 24, 128, 64]);
});
