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

  test('a number filled with zeros in groups is made at once', async () => {
    // Width 9 000 would begin with a comma, which gets one more zero before it.
    expect(await render("{{ '{:09000,}'.format(1)|length }}")).toBe('9001');
    expect(await render("{{ '{:012,}'.format(1234) }} {{ '{:#012_x}'.format(255) }}")).toBe(
      '0,000,001,234 0x0_0000_00ff',
    );
  });

  test('what makes much of little ends before it has', async () => {
    const doubled = (name: string, start: string, grown: string) =>
      `{% set ns = namespace(x=${start}) %}{% for i in range(28) %}{% set ns.x = ${grown} %}{% endfor %}{{ ${name} }}`;
    const sources = [
      '{{ lipsum(n=100000000) }}',
      '{{ lipsum(n=1, min=99999999, max=100000000) }}',
      '{{ [1]|batch(100000000, 1)|list }}',
      '{{ [1]|slice(100000000)|list }}',
      "{{ 'x'.ljust(400000000) }}",
      "{{ 'x'|center(400000000) }}",
      "{{ 'x'.zfill(400000000) }}",
      "{{ '\t'.expandtabs(400000000) }}",
      "{{ '%.10000000d' % 1 }}",
      "{{ '%*d' % (10000000, 1) }}",
      "{{ '{:.10000000f}'.format(1.5) }}",
      "{{ '{:>10000000}'.format(1) }}",
      "{{ 'a' * 20000 }}",
      "{{ ('<'|e) * 20000 }}",
      '{{ range(100000)|list * 2000 }}',
      "{{ 'a'|indent(400000000, true) }}",
      '{{ [1]|tojson(indent=400000000) }}',
      "{{ ('a' * 5000)|replace('a', 'aaaa') }}",
      "{{ 'a'|replace('', 'b' * 9000) }}",
      "{{ range(100)|join('a' * 4000) }}",
      "{{ ('a' * 4000).join(range(100)|map('string')) }}",
      doubled('ns.x', "'ab'", 'ns.x ~ ns.x'),
      doubled('ns.x', "'ab'", 'ns.x + ns.x'),
      doubled('ns.x|length', '[1]', 'ns.x + ns.x'),
      doubled('ns.x|string', '[1]', '[ns.x, ns.x]'),
      doubled('ns.x|tojson', '[1]', '[ns.x, ns.x]'),
      doubled('ns.x == ns.y', '[1], y=[1]', '[ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y]'),
    ];
    const outcomes = await Promise.all(
      sources.map(async (source) => {
        const error: unknown = await render(source).catch((thrown: unknown) => thrown);
        return error instanceof SecurityError ? '' : `${source}: ${String(error).slice(0, 80)}`;
      }),
    );
    expect(outcomes.filter(Boolean)).toEqual([]);
    await expect(render(doubled('ns.x', '3', 'ns.x * ns.x'))).rejects.toThrow('too many digits');
    await expect(render('{{ 5|round(-100000000) }}')).resolves.toBe('0');
  });

  test('what goes on after a wait is counted too', async () => {
    const source = '{{ later }}{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}';
    await expect(env.fromString(source).render({ later: Promise.resolve(1) })).rejects.toThrow('ran for longer');
    const pieces = env.fromString(source).generate({ later: Promise.resolve(1) });
    await expect(pieces.next().then(() => pieces.next())).rejects.toThrow('ran for longer');
  });

  test('a rendering beside others has a time of its own', async () => {
    const slow = env
      .fromString('{{ later }}')
      .render({ later: new Promise((resolve) => setTimeout(resolve, 20, 'x')) });
    await expect(render('{% for x in range(99999) %}0123456789{% endfor %}')).rejects.toThrow(SecurityError);
    await expect(slow).resolves.toBe('x');
    await expect(new Environment().fromString("{{ ('a' * 20000)|length }}").render()).resolves.toBe('20000');
  });

  test("an object's fields do not become items", async () => {
    const plain = new Environment({ sandboxed: true });
    for (const source of ['{{ dict(account) }}', '{{ namespace(account) }}', '{{ {}.update(account) }}']) {
      const shown = plain.fromString(source).render({ account: new Account() });
      await expect(shown).rejects.toThrow("'Account' object is not iterable");
    }
  });

  test.each([
    ["{{ {'__html__': fn} }}{{ {'__html__': fn}|e }}{{ '' ~ {'__html__': fn} }}"],
    ["{% for x in [{'then': fn}] %}{{ x }}{% endfor %}{% for x in dict(then=fn) %}{{ x }}{% endfor %}"],
    ["{{ {'toJSON': fn}.toJSON is defined }}"],
    ['{{ [2, 1].sort(key=fn) }}'],
    ['{{ [2, 1].sort(fn) }}'],
  ])('%s calls nothing behind the back of allowsCall', async (source) => {
    let calls = 0;
    const fn = () => ++calls;
    const strict = new Environment({ autoescape: true, sandboxed: { allowsCall: (callee) => callee !== fn } });
    await strict
      .fromString(source)
      .render({ fn })
      .catch((error: unknown) => expect(error).toBeInstanceOf(SecurityError));
    expect(calls).toBe(0);
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
