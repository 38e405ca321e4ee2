import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitWords } from '../../src/settings/argv.ts';

test.each([
  ['', []],
  ['  \t ', []],
  ['-w 4  app:app', ['-w', '4', 'app:app']],
  [`--name 'my app' -e "A=b c"`, ['--name', 'my app', '-e', 'A=b c']],
  [`a'b'"c"d`, ['abcd']],
  [`'' ""`, ['', '']],
  [`a\\ b`, ['a b']],
  [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
  [`'a\\b'`, ['a\\b']],
])('%j is split as a shell does', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test.each([`'a`, `"a`, `a\\`, `"a\\"`])('%j is not complete', (text) => {
  expect(splitWords(text)).toBeUndefined();
});

test('quoted words come back whole', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitWords(words.map(quote).join(' '))).toEqual(words);
    }),
  );
});
