/** What a template that is not trusted cannot do. */
import { describe, expect, test } from 'vitest';
import { Environment, passContext, SecurityError } from '../src/index.ts';

class Account {
  readonly name = 'Ann';
  readonly _secret = 'hidden';
  #balance = 5;

  balance(): number {
    return this.#balance;
  }

  remove(): string {
    return 'removed';
  }
}

const context = { account: new Account(), text: 'x', list: [1], dict: { a: 1 }, fn: () => 1, date: new Date(0) };

/** Ways to what JavaScript gives everything. */
const WAYS = [
  'constructor',
  '__proto__',
  'prototype',
  '__defineGetter__',
  '__lookupGetter__',
  'hasOwnProperty',
  'isPrototypeOf',
];

const VALUES = [
  'account',
  'text',
  'list',
  'dict',
  'fn',
  'date',
  'account.balance',
  'list.append',
  '5',
  'range',
  'loop',
  'm',
  'self',
  'ns',
];

const AROUND = (inner: string) =>
  `{% set ns = namespace() %}{% macro m() %}{% endmacro %}{% for x in [1] %}{% set l = loop %}${inner}{% endfor %}`;

describe.each([true, false])('sandboxed: %s', (sandboxed) => {
  const env = new Environment({ sandboxed });

  test.each(WAYS)('no value shows its %s', async (way) => {
    const lookups = VALUES.flatMap((value) => [
      `(${value}).${way}`,
      `(${value})['${way}']`,
      `(${value})|attr('${way}')`,
      `[${value}]|map(attribute='${way}')|first`,
    ]);
    const shown = lookups.map((lookup) => `{{ '' if (${lookup}) is undefined else ${JSON.stringify(lookup)} }}`);
    await expect(env.fromString(AROUND(shown.join(''))).render(context)).resolves.toBe('');
  });

  test('a prototype cannot be changed', async () => {
    const source = `{% set d = {'__proto__': {'polluted': 1}} %}{% do base.update({'__proto__': {'polluted': 1}}) %}{% do base.setdefault('constructor', 2) %}{{ d }}{{ dict(__proto__=1) }}{{ base.polluted }}{{ {}.polluted }}`;
    const doing = new Environment({ sandboxed, extensions: ['do'] });
    await doing.fromString(source).render({ base: {} });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('in a sandbox', () => {
  const env = new Environment({
    sandboxed: { allowsAttribute: (_, name) => name !== 'remove', time: 300, output: 10_000 },
  });
  const render = (source: string) => env.fromString(source).render(context);

  test.each([
    ['{{ account._secret() }}', "access to attribute '_secret' of 'Account' object is unsafe."],
    ['{{ account._secret.length }}', "access to attribute '_secret' of 'Account' object is unsafe."],
    ['{{ account.remove() }}', "access to attribute 'remove' of 'Account' object is unsafe."],
    ["{{ account['remove']() }}", "access to attribute 'remove' of 'Account' object is unsafe."],
    ['{% for x in range(100001) %}{% endfor %}', 'Range too big'],
    ['{% for x in range(99999) %}0123456789{% endfor %}', 'more than 10000 characters'],
    [
      '{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}',
      'longer than the sandbox lets it',
    ],
  ])('%s is refused', async (source, message) => {
    const rendered = render(source);
    await expect(rendered).rejects.toThrow(SecurityError);
    await expect(rendered).rejects.toThrow(message);
  });

  test('a private attribute shows nothing, whatever way it is asked for', async () => {
    const source = `[{{ account._secret }}{{ '{0._secret}'.format(account) }}{{ ('{0._secret}'|safe).format(account) }}\
{{ '{a._secret}'.format_map({'a': account}) }}{{ [account]|map(attribute='_secret')|join }}{{ account|attr('_secret') }}]`;
    await expect(render(source)).resolves.toBe('[]');
  });

  test('endless recursion ends', async () => {
    await expect(render('{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}')).rejects.toThrow(RangeError);
  });

  test('what is allowed works', async () => {
    await expect(render("{{ account.name }} {{ account.balance() }} {{ '{0.name}'.format(account) }}")).resolves.toBe(
      'Ann 5 Ann',
    );
  });

  test('a function that is not to be called is not', async () => {
    const strict = new Environment({ sandboxed: { allowsCall: (fn) => fn !== context.fn } });
    await expect(strict.fromString('{{ fn() }}').render(context)).rejects.toThrow('is not safely callable');
  });
});

test('text of a template is never code', async () => {
  const env = new Environment({ filters: { 'a"b': (value: unknown) => value } });
  const sources = [
    '{{ "\\"); throw 1; (\\"" }}',
    "{{ '`$' ~ '{process}`' }}",
    '{% set $x = 1 %}',
    '\u2028{{ "\u2028" }}\u2029',
    '{{ x["\\u2028\\"]"] }}',
    '{% block constructor %}{{ super }}{% endblock %}',
    '{% set o, w, c, t, v, p, K, T, rt = 1, 2, 3, 4, 5, 6, 7, 8, 9 %}{{ o }}{{ w }}{{ c }}{{ t }}{{ v }}{{ p }}{{ K }}{{ T }}{{ rt }}',
    '{% set await, yield, class, let = 1, 2, 3, 4 %}{{ await }}{{ yield }}{{ class }}{{ let }}',
    '{% set é, 变量 = 1, 2 %}{{ é }}{{ 变量 }}',
  ];
  const shown = await Promise.all(
    sources.map(async (source) => {
      try {
        return await env.fromString(source).render({ x: {}, show: passContext(() => 1) });
      } catch (error) {
        return error instanceof Error ? error.name : error;
      }
    }),
  );
  expect(shown).toEqual([
    '"); throw 1; ("',
    '`$' + '{process}`',
    'TemplateSyntaxError',
    '\u2028\u2028\u2029',
    '',
    '',
    '123456789',
    '1234',
    '12',
  ]);
});
