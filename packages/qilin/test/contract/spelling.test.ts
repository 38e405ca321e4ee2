import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distance, nearestFirst, snakeCase } from '../../src/contract/spelling.ts';

test('a name in camelCase becomes the one in snake_case', () => {
  expect(snakeCase('limitRequestLine')).toBe('limit_request_line');
});

test('the distance of names is symmetric, 0 only for the same one, and at most the length of the longer', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(distance(one, other)).toBe(distance(other, one));
      expect(distance(one, other) === 0).toBe(one === other);
      expect(distance(one, other)).toBeLessThanOrEqual(Math.max(one.length, other.length));
    }),
  );
});

test.each([
  ['abcd', 'abdc', 1],
  ['abcd', 'abd', 1],
  ['abcd', 'axcd', 1],
  ['abcd', 'xabdc', 2],
])('from %j to %j it is %d', (from, to, steps) => {
  expect(distance(from, to)).toBe(steps);
});

test('the nearest name comes first, whatever its case', () => {
  expect(nearestFirst('App', ['server', 'apps', 'app', 'db'])).toEqual(['app', 'apps', 'db', 'server']);
});
