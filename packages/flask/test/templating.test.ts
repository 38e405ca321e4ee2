import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Markup } from '../src/base/markup.ts';
import { Flask, renderTemplate } from '../src/index.ts';
import { isAutoescaped, TemplateNotFound, type TemplateOptions, Templates } from '../src/templating/templates.ts';
import { python, pythonFlask } from './support/python.ts';

const root = mkdtempSync(join(tmpdir(), 'flask-templates-'));
afterAll(() => rmSync(root, { recursive: true }));

const [appFolder, blueprintFolder] = [join(root, 'app'), join(root, 'blueprint')];

function write(folder: string, name: string, source: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), source);
}

class Aborted extends Error {
  readonly status = 404;
}

const FILES: Readonly<Record<string, string>> = {
  'hello.html': 'Hello {{ name }}!\n',
  'hello.txt': 'Hello {{ name }}!\n\n',
  'windows.html': 'a\r\nb\r\n',
  'base.html': '<title>{% block title %}{% endblock %}</title>{% block body %}default{% endblock %}',
  'child.html':
    '{% extends "base.html" %}{% block title %}{{ name }}{% endblock %}{% block body %}{{ super() }}+{% endblock %}',
  'mixed.txt': '{{ name }} {% include "hello.html" %}',
  'mixed.html': '{{ name }} {% include "hello.txt" %}',
  'macros.html': '{% macro link(text) %}<a>{{ text }}{{ site }}</a>{% endmacro %}',
  'importing.html': '{% from "macros.html" import link %}{{ link(name) }}',
  'relative/outer.html': '{% include "./inner.html" %}',
  'relative/inner.html': 'inner',
  'logic.html':
    '{% for item in items %}{{ loop.index }}:{{ item }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}{% set x = 3 %}{{ x + 1 }}{{ missing }}{# comment #}',
  'filters.html':
    '{{ name | upper }}|{{ name | safe }}|{{ items | join("-") }}|{{ missing | default("d") }}|{{ items | length }}',
};
for (const [name, source] of Object.entries(FILES)) write(appFolder, name, source);
write(appFolder, 'broken.html', 'line 1\n{% if %}');
write(appFolder, 'calls.html', 'line 1\n{{ nobody.there() }}');
write(appFolder, 'aborts.html', '{% include "aborts-inner.html" %}');
write(appFolder, 'aborts-inner.html', '{{ abort() }}');
write(blueprintFolder, 'hello.html', 'the blueprint has one too');
write(blueprintFolder, 'blueprint/only.html', 'only here');
write(root, 'secret.html', 'secret');

const create = (changes: Partial<TemplateOptions> = {}) =>
  new Templates({
    folders: () => [appFolder, blueprintFolder],
    reload: () => false,
    globals: {
      site: '!',
      abort: () => {
        throw new Aborted('gone');
      },
    },
    context: () => ({}),
    ...changes,
  });
const templates = create();

describe('rendering', () => {
  it('escapes by the ending of the name, and always from a string', () => {
    expect(templates.render('hello.html', { name: '<b>' })).toBe('Hello &lt;b&gt;!');
    expect(templates.render('hello.txt', { name: '<b>' })).toBe('Hello <b>!\n');
    expect(templates.renderString('{{ name }}', { name: '<b>' })).toBe('&lt;b&gt;');
    expect(
      ['a.html', 'a.htm', 'a.xml', 'a.xhtml', 'a.svg', 'a.txt', 'a.html.j2', undefined].map(isAutoescaped),
    ).toEqual([...Array(5).fill(true), false, false, true]);
  });

  it('escapes included and imported templates by their own endings', () => {
    expect(templates.render('mixed.txt', { name: '<b>' })).toBe('<b> Hello &lt;b&gt;!');
    expect(templates.render('mixed.html', { name: '<b>' })).toBe('&lt;b&gt; Hello <b>!\n');
    expect(templates.render('importing.html', { name: '<b>' })).toBe('<a>&lt;b&gt;!</a>');
    expect(templates.render('relative/outer.html')).toBe('inner');
  });

  it('leaves Markup as it is', () => {
    expect(templates.renderString('{{ a }}{{ b | safe }}', { a: new Markup('<i>'), b: '<b>' })).toBe('<i><b>');
  });

  it('writes JSON that is safe in scripts and attributes', () => {
    const value = { a: "</script><'&\u2028", n: [1, null] };
    const text = templates.renderString('{{ value | tojson }}', { value });
    expect(text).not.toMatch(/[<>&']/);
    expect(JSON.parse(text)).toEqual(value);
    expect(create({ json: () => '"own"' }).renderString('{{ 1 | tojson }}')).toBe('"own"');
    expect(templates.renderString('{{ missing | tojson }}')).toBe('null');
  });

  it('sees globals, the values of context processors, and those of the view, which go first', () => {
    let visits = 0;
    const counting = create({ context: () => ({ visits: ++visits, name: 'processor' }) });
    expect(counting.renderString('{{ visits }} {{ name }} {{ site }}')).toBe('1 processor !');
    expect(counting.renderString('{{ visits }} {{ name }} {{ site }}', { name: 'view', site: '?' })).toBe('2 view ?');
  });

  it('has the filters, tests and globals of the app', () => {
    const own = create();
    own.addFilter('shout', (text: string, mark = '!') => text.toUpperCase() + mark);
    own.addFilter('bold', (text: string) => new Markup(`<b>${text}</b>`));
    own.addTest('short', (text: string) => text.length < 3);
    own.addGlobal('twice', (n: number) => 2 * n);
    const source = '{{ "a" | shout("?") }}{{ "x" | bold }}{% if "ab" is short %}short{% endif %}{{ twice(4) }}';
    expect(own.renderString(source)).toBe('A?<b>x</b>short8');
  });

  it('can trim around blocks', () => {
    const source = 'a\n  {% if true %}\nb\n  {% endif %}\nc';
    expect(create({ trimBlocks: true, lstripBlocks: true }).renderString(source)).toBe('a\nb\nc');
  });
});

describe('finding templates', () => {
  it('looks through the app first, then through the blueprints', () => {
    expect(templates.render('hello.html', { name: 'x' })).toBe('Hello x!');
    expect(templates.render('blueprint/only.html')).toBe('only here');
  });

  it('takes the first name that is there', () => {
    expect(templates.render(['none.html', 'blueprint/only.html'])).toBe('only here');
    expect(templates.select(['none.html', 'hello.txt'])).toBe('hello.txt');
  });

  it('says what it looked for, and where', () => {
    expect(() => templates.render('none.html')).toThrow(TemplateNotFound);
    expect(() => templates.render(['a.html', 'b.html'])).toThrow(
      `There is no template "a.html", "b.html" in ${appFolder}`,
    );
    expect(() => templates.render([])).toThrow('none was named');
    expect(() => create({ folders: () => [] }).render('a.html')).toThrow('none is there');
  });

  it.each(['../secret.html', '/etc/passwd', 'x/../../secret.html', 'hello.html\0', 'relative', ''])(
    'never leaves its folders: %j',
    (name) => {
      expect(() => templates.render(name)).toThrow(TemplateNotFound);
    },
  );

  it('reads a changed template anew in debug mode only', () => {
    const [debug, production] = [create({ reload: () => true }), create()];
    write(appFolder, 'changing.html', 'one');
    expect([debug.render('changing.html'), production.render('changing.html')]).toEqual(['one', 'one']);
    write(appFolder, 'changing.html', 'two');
    expect([debug.render('changing.html'), production.render('changing.html')]).toEqual(['two', 'one']);
  });

  it('sees the folder of a blueprint that was registered later', () => {
    const folders = [appFolder];
    const growing = create({ folders: () => folders });
    expect(() => growing.render('blueprint/only.html')).toThrow(TemplateNotFound);
    folders.push(blueprintFolder);
    expect(growing.render('blueprint/only.html')).toBe('only here');
  });
});

describe('errors', () => {
  it('of a template name its file and line', () => {
    expect(() => templates.render('broken.html')).toThrow(/broken\.html\) \[Line 2/);
    expect(() => templates.render('calls.html')).toThrow(/calls\.html\) \[Line \d+, Column \d+\]/);
  });

  it('of a class of its own pass as they were thrown', () => {
    expect(() => templates.render('aborts.html')).toThrow(Aborted);
  });
});

it.skipIf(pythonFlask.isMissing)(pythonFlask.named('renders what Flask renders'), () => {
  const context = { name: 'A<b>', items: [1, 2, 3] };
  const names = Object.keys(FILES).filter((name) => !name.startsWith('relative'));
  const script = `
from flask import Flask, render_template
folder, names, context = asked
app = Flask('x', template_folder=folder)
app.jinja_env.globals['site'] = '!'
with app.test_request_context():
  answer = [render_template(n, **context) for n in names]`;
  const ours = names.map((name) => templates.render(name, context));
  expect(ours).toEqual(python(script, [appFolder, names, context]));
});

it('a filter that is added at setup does not decide whether templates are read anew', () => {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    const app = new Flask(import.meta, { staticFolder: null, templateFolder: folder });
    app.templateFilter('twice', (value: string) => value + value);
    app.debug = true;
    for (const text of ['{{ "a"|twice }}', '{{ "b"|twice }}']) {
      writeFileSync(join(folder, 'page.html'), text);
      app.appContext().run(() => expect(renderTemplate('page.html')).toBe(text.includes('a') ? 'aa' : 'bb'));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('the log names file and line of a template that fails, and tells its stack once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    const app = new Flask(import.meta, { staticFolder: null, templateFolder: folder });
    let logged = '';
    app.logger.sink = (line) => {
      logged += line;
    };
    writeFileSync(join(folder, 'page.html'), '<p>\n{{ fails() }}');
    const fails = () => {
      throw new TypeError('of the function');
    };
    app.get('/', () => renderTemplate('page.html', { fails }));
    await app.testClient().get('/');
    expect(logged).toMatch(/page\.html\) \[Line \d+, Column \d+\]\n {2}TypeError: of the function/);
    expect(logged.match(/fails \(/g)).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
