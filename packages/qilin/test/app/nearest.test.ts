import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distance, nearestFirst } from '../../src/app/nearest.ts';

test('the distance of names is a metric', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(distance(a, a)).toBe(0);
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
    }),
  );
});

test('the nearest name comes first, whatever its case', () => {
  expect(nearestFirst('App', ['server', 'apps', 'app', 'db'])).toEqual(['app', 'apps', 'db', 'server']);
});
