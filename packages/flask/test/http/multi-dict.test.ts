import { describe, expect, expectTypeOf, it } from 'vitest';
import { float, int, MultiDict } from '../../src/http/multi-dict.ts';
import { StatusError } from '../../src/http/status-error.ts';

const dict = () =>
  new MultiDict<string>([
    ['page', '2'],
    ['tag', 'a'],
    ['tag', 'b'],
    ['size', 'big'],
  ]);

describe('MultiDict', () => {
  it('gives the first value, or the fallback', () => {
    expect(dict().get('tag')).toBe('a');
    expect(dict().get('none')).toBeUndefined();
    expect(dict().get('none', 'x')).toBe('x');
  });

  it('converts, and falls back when the value does not convert', () => {
    const page = dict().get('page', 1, int);
    expectTypeOf(page).toEqualTypeOf<number>();
    expect(page).toBe(2);
    expect(dict().get('size', 10, int)).toBe(10);
    expect(dict().get('size', 10, Number)).toBe(10);
    expect(dict().get('size', undefined, JSON.parse)).toBeUndefined();
  });

  it('gives all values, without those that do not convert', () => {
    expect(dict().getAll('tag')).toEqual(['a', 'b']);
    expect(dict().getlist('tag')).toEqual(['a', 'b']);
    expect(dict().getAll('none')).toEqual([]);
    const mixed = new MultiDict([
      ['n', '1'],
      ['n', 'x'],
      ['n', '3'],
    ]);
    expect(mixed.getAll('n', int)).toEqual([1, 3]);
    expect(mixed.getlist('n', int)).toEqual([1, 3]);
  });

  it('answers 400 for a key that must be there', () => {
    expect(dict().require('page')).toBe('2');
    expect(() => dict().require('none')).toThrow(StatusError);
    expect(() => dict().require('none')).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('lists keys, first values and all values in order', () => {
    expect([...dict()]).toEqual([
      ['page', '2'],
      ['tag', 'a'],
      ['size', 'big'],
    ]);
    expect([...dict().allEntries()]).toHaveLength(4);
    expect([...dict().keys()]).toEqual(['page', 'tag', 'size']);
    expect([...dict().values()]).toEqual(['2', 'a', 'big']);
    expect(dict().size).toBe(3);
  });

  it('becomes a plain object whose prototype no key can change', () => {
    expect(dict().toDict()).toEqual({ page: '2', tag: 'a', size: 'big' });
    expect(dict().toDict({ flat: false })).toEqual({ page: ['2'], tag: ['a', 'b'], size: ['big'] });
    expect(JSON.stringify(dict())).toBe('{"page":"2","tag":"a","size":"big"}');
    const hostile = new MultiDict([['__proto__', 'x']]).toDict();
    expect(Object.getPrototypeOf(hostile)).toBe(Object.prototype);
    expect(Object.keys(hostile)).toEqual(['__proto__']);
  });

  it('is changed by add, set, setList and delete', () => {
    const changed = dict();
    changed.add('page', '3');
    expect(changed.getAll('page')).toEqual(['2', '3']);
    changed.set('page', '4');
    changed.setList('tag', ['z']);
    expect(changed.delete('size')).toBe(true);
    expect(changed.has('size')).toBe(false);
    expect(changed.toDict({ flat: false })).toEqual({ page: ['4'], tag: ['z'] });
  });
});

describe('int and float', () => {
  it('an integer that a number would round is none', () => {
    expect([int('9007199254740991'), int('9007199254740993'), int('-12345678901234567890')]).toEqual([
      9007199254740991,
      undefined,
      undefined,
    ]);
  });

  it('take what Python takes and refuse the rest', () => {
    expect(['7', ' -7 ', '+7', '', '7.0', '0x10', 'NaN'].map(int)).toEqual([7, -7, 7, ...Array(4).fill(undefined)]);
    expect(['7', '.5', '1e3', '-2.', '', '.', '0x10'].map(float)).toEqual([
      7,
      0.5,
      1000,
      -2,
      ...Array(3).fill(undefined),
    ]);
  });
});
