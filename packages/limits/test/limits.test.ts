/** How limits are read, and what memory keeps of hits; what they count is held by the visits recorded in packages/flask-limiter. */
import { describe, expect, it } from 'vitest';
import { MemoryStorage, parseMany } from '../src/index.ts';

describe('a limit', () => {
  it('is read in all of its forms', () => {
    const read = parseMany('5 per minute; 100/day, 1 PER 2 Hours|3/month');
    expect(read.map(({ text, seconds }) => [text, seconds])).toEqual([
      ['5 per 1 minute', 60],
      ['100 per 1 day', 86_400],
      ['1 per 2 hour', 7200],
      ['3 per 1 month', 2_592_000],
    ]);
  });

  it.each(['', '5', '5 per', '5 per fortnight', '5 per minute;', '-1/day', '5 per constructor'])(
    '%j is none',
    (text) => {
      expect(() => parseMany(text)).toThrow(`'${text}' is no rate limit: write '5 per minute'`);
    },
  );
});

it('memory is bounded: what was not hit for longest is forgotten', () => {
  const storage = new MemoryStorage({ maxSize: 10_000 });
  const [item] = parseMany('5/day');
  if (item === undefined) throw new Error('no item');
  const hit = (key: string) => storage.hit('fixed-window', key, item, 1).used;
  hit('first');
  for (let at = 0; at < 30; at += 1) hit(`k${at}`);
  expect(hit('first')).toBe(2);
  for (let at = 30; at < 100; at += 1) hit(`k${at}`);
  expect([hit('first'), hit('k99'), hit('k0')]).toEqual([1, 2, 1]);
});
