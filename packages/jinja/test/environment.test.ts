/** The engine as an app uses it. What templates mean is the judge's affair: test/judge. */
import { expect, test } from 'vitest';
import {
  DictLoader,
  Environment,
  Macro,
  Markup,
  placesOf,
  selectAutoescape,
  TemplateNotFound,
  TemplateSyntaxError,
  UndefinedError,
} from '../src/index.ts';

const SITE = {
  'base.html': '<title>{% block title %}Site{% endblock %}</title>{% block body required %}{% endblock %}',
  'page.html':
    '{% extends "base.html" %}{% block title %}{{ name }} - {{ super() }}{% endblock %}{% block body %}{% include "part.html" %}{% endblock %}',
  'part.html': '<p>{{ text }}</p>',
};

test('templates inherit, include and escape by their names', async () => {
  const env = new Environment({ loader: new DictLoader(SITE), autoescape: selectAutoescape() });
  const page = await env.getTemplate('page.html');
  await expect(page.render({ name: 'A&B', text: new Markup('<b>') })).resolves.toBe(
    '<title>A&amp;B - Site</title><p><b></p>',
  );
});

test('promises are waited for where they stand, in order, and only where they are used', async () => {
  const env = new Environment();
  const seen: string[] = [];
  const later = async (name: string) => {
    seen.push(name);
    await null;
    return `${name}!`;
  };
  const template = env.fromString(
    '{% macro m(x) %}[{{ x }}{{ later("m") }}]{% endmacro %}{{ m(later("a")) }}{% for x in items %}{{ x.name }}{% endfor %}{% if false %}{{ never }}{% endif %}{% set s %}{{ later("s") }}{% endset %}{{ s }}',
  );
  const never = Promise.reject(new Error('not used'));
  never.catch(() => {});
  const items = [Promise.resolve({ name: later('one') }), { name: 'two' }];
  await expect(template.render({ later, items, never })).resolves.toBe('[a!m!]one!twos!');
  expect(seen).toEqual(['one', 'a', 'm', 's']);
});

test('a stream gives what it has before it waits', async () => {
  const { promise, resolve } = withResolvers();
  const env = new Environment();
  const pieces = env
    .fromString('<head>{% for i in [1, 2] %}{{ i }}{% endfor %}{{ slow }}<foot>')
    .generate({ slow: promise });
  await expect(pieces.next()).resolves.toEqual({ value: '<head>12', done: false });
  resolve('late');
  await expect(pieces.next()).resolves.toEqual({ value: 'late<foot>', done: false });
  await expect(pieces.next()).resolves.toEqual({ value: undefined, done: true });
});

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('a fault says where it is, in each template that it went through', async () => {
  const env = new Environment({
    loader: new DictLoader({ 'a.html': 'first\n{% include "b.html" %}', 'b.html': '\n\n  {{ user.name.first }}' }),
  });
  const template = await env.getTemplate('a.html');
  const error: unknown = await template.render({ user: {} }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UndefinedError);
  expect(placesOf(error).map(({ name, line }) => `${name}:${line}`)).toEqual(['b.html:3', 'a.html:2']);
  expect(error instanceof Error && error.stack).toContain('3 |   {{ user.name.first }}');
});

test('a syntax error shows the line and points at it', () => {
  const env = new Environment();
  expect(() => env.fromString('a\n{{ x + }}')).toThrow(TemplateSyntaxError);
  expect(() => env.fromString('a\n{{ x + }}')).toThrow(
    "unexpected 'end of print statement'\n  <template>:2\n    2 | {{ x + }}\n      |        ^",
  );
});

test('what a loader does not know is not found', async () => {
  const env = new Environment({ loader: new DictLoader({}) });
  await expect(env.getTemplate('x.html')).rejects.toThrow(TemplateNotFound);
  await expect(env.selectTemplate(['x', 'y'])).rejects.toThrow('none of the templates given were found: x, y');
});

test('a module has macros that JavaScript calls', async () => {
  const env = new Environment({
    loader: new DictLoader({ m: '{% macro hello(name) %}Hello {{ name }}!{% endmacro %}' }),
  });
  const module = await (await env.getTemplate('m')).module();
  const hello = module.exports.get('hello');
  expect(hello instanceof Macro && hello.call('you')).toBe('Hello you!');
});

test.each<[what: string, template: (n: number) => string]>([
  ['a sum', (n) => `{{ ${'a + '.repeat(n)}a }}`],
  ['a product on the right', (n) => `{{ a * (${'a + '.repeat(n)}a) }}`],
  ['alternatives', (n) => `{{ ${'a or '.repeat(n)}a }}`],
  ['attributes', (n) => `{{ a${'.b'.repeat(n)} }}`],
  ['items', (n) => `{{ a${'[0]'.repeat(n)} }}`],
  ['calls', (n) => `{{ a${'()'.repeat(n)} }}`],
  ['filters', (n) => `{{ a${'|upper'.repeat(n)} }}`],
  ['filters of a block', (n) => `{% filter ${'upper|'.repeat(n)}upper %}{% endfilter %}`],
  ['negations', (n) => `{{ ${'not '.repeat(n)}a }}`],
  ['signs', (n) => `{{ ${'- '.repeat(n)}a }}`],
  ['conditions', (n) => `{{ a${' if a'.repeat(n)} }}`],
  ['a condition of a loop', (n) => `{% for x in a if ${'not '.repeat(n)}x %}{% endfor %}`],
  ['a default of a macro', (n) => `{% macro m(x=${'- '.repeat(n)}a) %}{% endmacro %}`],
  ['conditions, nested', (n) => `${'{% if a %}'.repeat(n)}${'{% endif %}'.repeat(n)}`],
  ['loops, nested', (n) => `${'{% for a in a %}'.repeat(n)}${'{% endfor %}'.repeat(n)}`],
  ['branches', (n) => `{% if a %}${'{% elif a %}'.repeat(n)}{% endif %}`],
])('%s may be long, and beyond that is a mistake of the template, told at once', (_, template) => {
  const env = new Environment();
  env.fromString(template(90));
  const from = performance.now();
  for (const n of [1_500, 20_000]) expect(() => env.fromString(template(n))).toThrow(TemplateSyntaxError);
  expect(performance.now() - from).toBeLessThan(5_000);
});
