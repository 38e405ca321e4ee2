import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bind } from '../../src/contract/address.ts';
import { binds } from '../../src/settings/bind.ts';
import {
  accessFormat,
  account,
  bool,
  inspector,
  int,
  type Kind,
  oneOf,
  optional,
  seconds,
  text,
  umask,
  workers,
} from '../../src/settings/kinds.ts';
import { mapping, networks, texts, words } from '../../src/settings/list-kinds.ts';

const plainText = fc.string({ minLength: 1 }).filter((value) => !value.includes('\0'));
const variables = mapping({
  expected: 'NAME=VALUE',
  placeholder: 'NAME=VALUE',
  name: (name) => (name === '' || /[=\0]/.test(name) ? undefined : name),
});

const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constant('localhost'));
const port = fc.integer({ min: 0, max: 65_535 });
const address: fc.Arbitrary<Bind> = fc.oneof(
  fc.record({ kind: fc.constant('tcp' as const), host, port }),
  fc.record({ kind: fc.constant('unix' as const), path: fc.stringMatching(/^\/?[\w.:-]+(\/[\w.:-]+)*$/) }),
  fc.record({ kind: fc.constant('fd' as const), fd: fc.integer({ min: 0, max: 1023 }) }),
  fc.record({
    kind: fc.constant('eachWorker' as const),
    text: fc.constantFrom(
      'unix:/run/{worker}/app-{worker}.sock',
      '127.0.0.1:800{worker}',
      '[::1]:80{worker}',
      '8{worker}00',
    ),
  }),
);

/** Reads what a kind prints. */
function holds<Value>(kind: Kind<Value, unknown>, values: fc.Arbitrary<Value>): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(kind.parse(kind.print(value))).toEqual({ ok: true, value });
    }),
  );
}

describe('a printed value is read as the same value', () => {
  test('int', () => holds(int({ min: -5, max: 5000 }), fc.integer({ min: -5, max: 5000 })));
  test('seconds', () => holds(seconds(), fc.double({ min: 0.001, max: 2_000_000, noNaN: true })));
  test('workers', () => holds(workers(100), fc.oneof(fc.nat(100), fc.constant('auto' as const))));
  test('bool', () => holds(bool(), fc.boolean()));
  test('oneOf', () => holds(oneOf(['none', 'some']), fc.constantFrom('none', 'some')));
  test('text', () => holds(text('a text', 'TEXT'), plainText));
  test('accessFormat', () =>
    holds(
      accessFormat(),
      fc.array(fc.constantFrom('%(h)s', '%({x-y}i)s', '%%', ' ', '"'), { minLength: 1 }).map((all) => all.join('')),
    ));
  test('account', () => holds(account('user'), fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/)));
  test('umask', () => holds(umask(), fc.nat(0o777)));
  test('optional', () => holds(optional(text('a text', 'TEXT')), fc.option(plainText)));
  test('texts', () => holds(texts('texts', 'TEXT'), fc.array(plainText)));
  test('words', () => holds(words('WORD'), fc.array(fc.oneof(plainText, fc.constantFrom('', '-', 'a,b', ' ')))));
  test('networks', () => holds(networks(), fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('*')))));
  test('mapping', () =>
    holds(
      variables,
      fc.dictionary(
        plainText.filter((name) => !name.includes('=')),
        plainText,
      ),
    ));
  test('inspector', () =>
    holds(inspector(), fc.option(fc.record({ host: fc.oneof(fc.ipV4(), fc.constantFrom('localhost', '::1')), port }))));
  test('binds', () => holds(binds(), fc.array(address, { minLength: 1 })));
});

describe('what a kind takes from a text, and what it refuses', () => {
  const cases: readonly (readonly [string, Kind<unknown, unknown>, readonly string[], unknown])[] = [
    ['the last of several', int({ min: 0 }), ['1', '2'], 2],
    ['no fraction for a whole number', int({ min: 0 }), ['1.5'], undefined],
    ['no hexadecimal', int({ min: 0 }), ['0x10'], undefined],
    ['no empty text for a number', int({ min: 0 }), [''], undefined],
    ['no number out of range', int({ min: 1, max: 3 }), ['4'], undefined],
    ['fractions of a second', seconds(), ['0.25'], 0.25],
    ['no negative seconds', seconds(), ['-1'], undefined],
    ['no seconds that would overflow a timer', seconds(), ['2000001'], undefined],
    ['no time below a millisecond', seconds(), ['0.0009'], undefined],
    ['no time at all', seconds(), ['0'], 0],
    ['words in upper case', oneOf(['info', 'error']), ['INFO'], 'info'],
    ['synonyms of words', oneOf(['none', 'required'], { '2': 'required' }), ['2'], 'required'],
    ['no name of a prototype as a word', oneOf(['none', 'required']), ['constructor'], undefined],
    ['octal masks', umask(), ['022'], 0o22],
    ['octal masks as JavaScript writes them', umask(), ['0o27'], 0o27],
    ['a format of atoms', accessFormat(), ['%(h)s %%'], '%(h)s %%'],
    ['no format with what is no atom', accessFormat(), ['%(zz)s'], undefined],
    ['no mask with an 8', umask(), ['8'], undefined],
    ['an empty text as nothing', optional(text('a file', 'FILE')), [''], null],
    ['commas in patterns', texts('patterns', 'PATTERN'), ['a.{js,ts}', 'b'], ['a.{js,ts}', 'b']],
    ['addresses and blocks', networks(), ['10.0.0.0/8, ::1,fd00::/8'], ['10.0.0.0/8', '::1', 'fd00::/8']],
    ['no block that is too long', networks(), ['10.0.0.0/33'], undefined],
    ['no part of an address', networks(), ['10.1'], undefined],
    ['nobody', networks(), [''], []],
    ['an equals sign in a value', variables, ['A=b=c'], { A: 'b=c' }],
    ['no variable without a value', variables, ['A'], undefined],
  ];
  test.each(cases)('%s', (_, kind, given, value) => {
    const result = kind.parse(given);
    expect(result.ok ? result.value : undefined).toEqual(value);
  });
});

describe('what a kind takes from a file, and what it refuses', () => {
  const cases: readonly (readonly [string, Kind<unknown, unknown>, unknown, unknown])[] = [
    ['no text for a number', int({ min: 0 }), '4', undefined],
    ['no NaN', seconds(), Number.NaN, undefined],
    ['no infinity', seconds(), Number.POSITIVE_INFINITY, undefined],
    ['no 1 for true', bool(), 1, undefined],
    ["Gunicorn's numbers of ssl.CERT_*", oneOf(['none', 'required'], { '2': 'required' }), 2, 'required'],
    ['a mask as a number', umask(), 0o22, 0o22],
    ['a user by number', account('user'), 0, '0'],
    ['null for nothing', optional(text('a file', 'FILE')), null, null],
    ['a port as a bind', binds(), 9000, [{ kind: 'tcp', host: '0.0.0.0', port: 9000 }]],
    ['no empty list of addresses', binds(), [], undefined],
    ['no number as a pattern', texts('patterns', 'PATTERN'), [1], undefined],
    ['variables as an object', variables, { A: 'b' }, { A: 'b' }],
    ['variables as texts', variables, ['A=b'], { A: 'b' }],
    ['no number as a variable', variables, { A: 1 }, undefined],
  ];
  test.each(cases)('%s', (_, kind, given, value) => {
    const result = kind.check(given);
    expect(result.ok ? result.value : undefined).toEqual(value);
  });
});

describe('workers', () => {
  test.each<[unknown, unknown]>([
    ['2..8', '2..8'],
    [{ min: 2, max: 8 }, '2..8'],
    [{ max: 3, min: 3 }, '3..3'],
    [4, 4],
  ])('%j is taken', (given, value) => expect(workers(100).check(given)).toEqual({ ok: true, value }));

  test.each([
    '8..2',
    '0..3',
    '2..101',
    '2..',
    '4',
    { min: 2 },
    { min: 1.5, max: 3 },
    { min: 1, max: 3, step: 1 },
    null,
  ])('%j is not', (given) => expect(workers(100).check(given)).toMatchObject({ ok: false }));
});

describe('bind', () => {
  const tcp = (host: string, number: number) => ({ kind: 'tcp', host, port: number });
  test.each([
    ['127.0.0.1:8000', tcp('127.0.0.1', 8000)],
    ['LOCALHOST:80', tcp('localhost', 80)],
    ['example.org', tcp('example.org', 8000)],
    ['[::1]:8080', tcp('::1', 8080)],
    ['[::]', tcp('::', 8000)],
    ['8000', tcp('0.0.0.0', 8000)],
    [':8000', tcp('0.0.0.0', 8000)],
    ['tcp://1.2.3.4:5', tcp('1.2.3.4', 5)],
    ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['unix:///run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['unix:app.sock', { kind: 'unix', path: 'app.sock' }],
    ['fd://3', { kind: 'fd', fd: 3 }],
    ['fd://app-web.socket', { kind: 'named', name: 'app-web.socket' }],
    ['unix:/run/app-{worker}.sock', { kind: 'eachWorker', text: 'unix:/run/app-{worker}.sock' }],
    ['localhost:800{worker}', { kind: 'eachWorker', text: 'localhost:800{worker}' }],
  ])('%s is an address', (given, expected) => {
    expect(binds().parse([given])).toEqual({ ok: true, value: [expected] });
  });

  test.each([
    '',
    '::1',
    '1:2:3',
    'host:',
    'host:x',
    'host:65536',
    '999.1.1.1:80',
    '[1.2.3.4]:80',
    'unix:',
    'fd://',
    'fd://a:b',
    'a b:80',
    '-:80',
    'fd://{worker}',
    'host{worker}:80',
    '10.0.0.{worker}:80',
    '10.0.0.{worker}',
    '[::{worker}]:80',
    'localhost:9999{worker}',
    'unix:/run/app-{pid}-{worker}\0',
  ])('%j is none', (given) => {
    expect(binds().parse([given])).toMatchObject({ ok: false });
  });

  test('takes several, by repetition and by commas', () => {
    const value = [tcp('a', 1), tcp('b', 2), tcp('c', 3)];
    expect(binds().parse(['a:1,b:2', 'c:3'])).toEqual({ ok: true, value });
  });
});
