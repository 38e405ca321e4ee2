/** Values that only JavaScript has: what templates see of them. */
import { expect, test } from 'vitest';
import {
  CallableObject,
  Environment,
  Float,
  GET_ATTRIBUTE,
  GET_ITEM,
  named,
  passContext,
  passEvalContext,
  Undefined,
} from '../src/index.ts';

const env = new Environment({ autoescape: true });
const render = (source: string, context: Readonly<Record<string, unknown>> = {}) =>
  env.fromString(source).render(context);

class User {
  readonly name: string;
  #visits = 0;

  constructor(name: string) {
    this.name = name;
  }

  get visits(): number {
    return ++this.#visits;
  }

  greet(other: string, { loud = false } = {}): string {
    return `${this.name} greets ${other}${loud ? '!' : ''}`;
  }

  async friend(): Promise<User> {
    return new User('Bob');
  }
}

test('an instance shows its properties, getters and methods; keywords come last as an object', async () => {
  const source =
    "{{ u.name }} {{ u.visits }} {{ u['visits'] }} {{ u.greet('x', loud=true) }} {{ u.friend().name }} {{ u.none is defined }}";
  await expect(render(source, { u: new User('Ann') })).resolves.toBe('Ann 1 2 Ann greets x! Bob False');
});

test('a method keeps its object when it is set aside', async () => {
  await expect(render("{% set g = u.greet %}{{ g('y') }}", { u: new User('Ann') })).resolves.toBe('Ann greets y');
});

test('what has keys, get and has is a dict: Headers, URLSearchParams, FormData', async () => {
  const args = new URLSearchParams('q=a%26b&empty=');
  const source =
    "{{ a.q }} {{ a['q'] }} {{ a.none is defined }} {{ 'q' in a }} {% for k in a %}{{ k }}={{ a[k] }};{% endfor %}{% for k, v in a.items() %}{{ k }}={{ v }};{% endfor %}";
  await expect(render(source, { a: args })).resolves.toBe(
    'a&amp;b a&amp;b False True q=a&amp;b;empty=;q=a&amp;b;empty=;',
  );
});

test('a class says itself what its attributes and items are', async () => {
  const form = {
    [GET_ATTRIBUTE]: (name: string) => (name === 'hidden_tag' ? () => '<input>' : undefined),
    [GET_ITEM]: (key: unknown) => (key === 1 ? 'one' : undefined),
  };
  await expect(render('{{ f.hidden_tag() }}{{ f[1] }}{{ f.x is defined }}', { f: form })).resolves.toBe(
    '&lt;input&gt;oneFalse',
  );
});

test('an object of a class that extends CallableObject is called, has attributes and prints itself', async () => {
  class Field extends CallableObject {
    readonly [GET_ATTRIBUTE] = (name: string) => (name === 'label' ? 'E-Mail' : undefined);
    override invoke(args: readonly unknown[], keywords: object | null): string {
      return JSON.stringify([args, keywords]);
    }
    __html__(): string {
      return '<input>';
    }
  }
  const source =
    "{{ f }} {{ f.label }} {{ f.none is defined }} {{ f(1, class_='x')|safe }} {{ f()|safe }} {{ f is callable }}";
  await expect(render(source, { f: new Field() })).resolves.toBe(
    '<input> E-Mail False [[1],{"class_":"x"}] [[],null] True',
  );
});

test('Sets, Maps, generators and async iterables can be gone through', async () => {
  const context = {
    set: new Set([1, 'a']),
    map: new Map<unknown, unknown>([
      [2, 'two'],
      ['k', null],
    ]),
    *[Symbol.iterator]() {},
    gen: (function* () {
      yield* [1, 2, 3];
    })(),
    slow: (async function* () {
      yield* ['x', 'y'];
    })(),
  };
  const source =
    '{{ set }}{{ 1 in set }} {{ map }}{{ map[2] }}{{ map.k }} {% for i in gen %}{{ i }}{{ loop.last }}{% endfor %} {% for s in slow %}{{ loop.index }}{{ s }}{% endfor %}';
  await expect(render(source, context)).resolves.toBe(
    '{1, &#39;a&#39;}True {2: &#39;two&#39;, &#39;k&#39;: None}twoNone 1False2False3True 1x2y',
  );
});

test('dates print and format as datetimes', async () => {
  const when = new Date(Date.UTC(2024, 1, 5, 14, 7, 9));
  const source =
    "{{ d }} {{ d.strftime('%d %b %Y, %-I:%M %p, %j %U %A') }} {{ d.year }}-{{ d.month }} {{ d.isoformat() }} {{ d.date() }} {{ d < e }}";
  await expect(render(source, { d: when, e: new Date() })).resolves.toBe(
    '2024-02-05 14:07:09 05 Feb 2024, 2:07 PM, 036 05 Monday 2024-2 2024-02-05T14:07:09 2024-02-05 True',
  );
});

test('numbers are ints and floats, and stay exact', async () => {
  const source =
    '{{ a }} {{ b }} {{ c }} {{ d }} {{ a / 5 }} {{ c + 1 }} {{ b * 2 }} {{ 0.1 + 0.2 }} {{ 9007199254740991 + 2 }}';
  const values = { a: 5, b: new Float(2), c: 12345678901234567890n, d: 1e300 };
  await expect(render(source, values)).resolves.toBe(
    '5 2.0 12345678901234567890 1e+300 1.0 12345678901234567891 4.0 0.30000000000000004 9007199254740993',
  );
});

test('filters, tests and functions ask for what they need, by name and in order', async () => {
  const own = new Environment({ autoescape: true });
  own.filters.set(
    'wrap',
    named(['by', 'times'], (value: string, by = '*', times = 1) => by.repeat(times) + value),
  );
  own.filters.set(
    'escaped',
    passEvalContext(({ autoescape }: { autoescape: boolean }) => autoescape),
  );
  own.filters.set('later', async (value: string) => `${value}…`);
  own.tests.set('short', async (value: string) => value.length < 3);
  own.globals.set(
    'of',
    passContext((context: { resolve(name: string): unknown }, name: string) => context.resolve(name)),
  );
  const source =
    "{{ 'a'|wrap(times=2) }} {{ 'a'|wrap('-') }} {{ 1|escaped }} {{ 'b'|later|upper }} {{ 'ab' is short }} {{ ['x', 'y']|map('later')|join(',') }} {{ of('y') }}";
  await expect(own.fromString(source).render({ y: 7 })).resolves.toBe('**a -a True B… True x…,y… 7');
});

test('undefined is undefined from wherever it comes', async () => {
  const source =
    '[{{ a }}{{ f() }}{{ o.x }}{{ p }}{{ l[0] }}] {{ a is defined }} {{ f() is defined }} {{ p is defined }} {{ a|default(1) }}';
  const context = {
    a: undefined,
    f: () => undefined,
    o: { x: undefined },
    p: Promise.resolve(undefined),
    l: [undefined],
    U: Undefined,
  };
  await expect(render(source, context)).resolves.toBe('[] False False False 1');
});

test('a rejected promise is an error at its place', async () => {
  const fail = async () => {
    throw new RangeError('no database');
  };
  const error: unknown = await render('one\n{{ fail() }}', { fail }).catch((thrown: unknown) => thrown);
  expect(error instanceof RangeError && error.stack).toContain('<template>:2\n    2 | {{ fail() }}');
});

test('gettext may be waited for', async () => {
  const i18n = new Environment({ extensions: ['i18n'], autoescape: true });
  const texts: Readonly<Record<string, string>> = {
    'Hello %(name)s': 'Hallo %(name)s',
    '%(num)s days': '%(num)s Tage',
  };
  i18n.installGettext(
    {
      gettext: async (message) => texts[message] ?? message,
      ngettext: async (one, many, n) => texts[n === 1 ? one : many] ?? many,
    },
    { newstyle: true },
  );
  const source =
    "{% trans name=who %}Hello {{ name }}{% endtrans %} {% trans num=3 %}{{ num }} day{% pluralize %}{{ num }} days{% endtrans %} {{ gettext('Hello %(name)s', name='x') }}";
  await expect(i18n.fromString(source).render({ who: '<b>' })).resolves.toBe('Hallo &lt;b&gt; 3 Tage Hallo x');
});

test('no text takes long because it repeats itself', async () => {
  const units = [')', '.', '&gt;', '(', 'a@', '<', '<!--', '<b', ' ', 'www.', '-'];
  for (const unit of units) {
    const text = `${unit.repeat(50_000)}x)`;
    await render('{% set r %}{{ s|urlize }}{{ s|striptags }}{{ s|truncate }}{{ s|wordcount }}{% endset %}', {
      s: text,
    });
  }
});

test('no text takes long because it is a number that is too long', async () => {
  const source =
    '{{ s|int }}{{ s|int(base=16) }}{{ s|float }}{{ s|filesizeformat if s is float }}{{ [s]|map("int")|list }}';
  for (const text of [
    `${'9'.repeat(200_000)}x`,
    `${'9_'.repeat(100_000)}`,
    `${'1'.repeat(100_000)}.${'1'.repeat(100_000)}x`,
  ]) {
    await expect(render(source, { s: text })).resolves.toBe('000.0[0]');
  }
  await expect(render('{{ s|int }}', { s: '9'.repeat(200_000) })).rejects.toThrow('infinity');
  await expect(render('{{ s|int(base=16) is odd }}', { s: 'f'.repeat(200_000) })).resolves.toBe('True');
  const numbers = Array.from({ length: 100_000 }, (_, i) => i);
  await expect(render('{{ s|unique|list|length }}', { s: numbers })).resolves.toBe('100000');
});
