import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Markup } from '../src/base/markup.ts';
import {
  Flask,
  flash,
  g,
  getTemplateAttribute,
  NotFound,
  renderTemplate,
  renderTemplateString,
  session,
  streamTemplate,
  streamTemplateString,
} from '../src/index.ts';
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

const render = async (
  names: string | readonly string[],
  context: Readonly<Record<string, unknown>> = {},
  by: Templates = templates,
) => (await by.select(names)).render(by.contextOf(context));

const renderString = (source: string, context: Readonly<Record<string, unknown>> = {}, by: Templates = templates) =>
  by.fromString(source).render(by.contextOf(context));

describe('rendering', () => {
  it('escapes by the ending of the name, and always from a string', async () => {
    expect(await render('hello.html', { name: '<b>' })).toBe('Hello &lt;b&gt;!');
    expect(await render('hello.txt', { name: '<b>' })).toBe('Hello <b>!\n');
    expect(await renderString('{{ name }}', { name: '<b>' })).toBe('&lt;b&gt;');
    expect(
      ['a.html', 'a.htm', 'a.xml', 'a.xhtml', 'a.svg', 'a.txt', 'a.html.j2', null].map((name) => isAutoescaped(name)),
    ).toEqual([...Array(5).fill(true), false, false, true]);
  });

  it('escapes included and imported templates by their own endings', async () => {
    expect(await render('mixed.txt', { name: '<b>' })).toBe('<b> Hello &lt;b&gt;!');
    expect(await render('mixed.html', { name: '<b>' })).toBe('&lt;b&gt; Hello <b>!\n');
    expect(await render('importing.html', { name: '<b>' })).toBe('<a>&lt;b&gt;!</a>');
  });

  it('leaves Markup as it is', async () => {
    expect(await renderString('{{ a }}{{ b | safe }}', { a: new Markup('<i>'), b: '<b>' })).toBe('<i><b>');
  });

  it('writes JSON that is safe in scripts and attributes', async () => {
    const value = { a: "</script><'&\u2028", n: [1, null] };
    const text = await renderString('{{ value | tojson }}', { value });
    expect(text).not.toMatch(/[<>&']/);
    expect(JSON.parse(text)).toEqual(value);
    expect(await renderString('{{ 1 | tojson }}', {}, create({ json: () => '"own"' }))).toBe('"own"');
    expect(await renderString('{{ {1: [2]} | tojson(indent=1) }}')).toBe('{\n "1": [\n  2\n ]\n}');
    await expect(renderString('{{ missing | tojson }}')).rejects.toThrow('not JSON serializable');
  });

  it('sees globals, the values of context processors, and those of the view, which go first', async () => {
    let visits = 0;
    const counting = create({ context: () => ({ visits: ++visits, name: 'processor' }) });
    expect(await renderString('{{ visits }} {{ name }} {{ site }}', {}, counting)).toBe('1 processor !');
    expect(await renderString('{{ visits }} {{ name }} {{ site }}', { name: 'view', site: '?' }, counting)).toBe(
      '2 view ?',
    );
  });

  it('has the filters, tests and globals of the app', async () => {
    const own = create();
    own.addFilter('shout', (text: string, mark = '!') => text.toUpperCase() + mark);
    own.addFilter('bold', (text: string) => new Markup(`<b>${text}</b>`));
    own.addTest('short', (text: string) => text.length < 3);
    own.addGlobal('twice', (n: number) => 2 * n);
    const source = '{{ "a" | shout("?") }}{{ "x" | bold }}{% if "ab" is short %}short{% endif %}{{ twice(4) }}';
    expect(await renderString(source, {}, own)).toBe('A?<b>x</b>short8');
  });

  it("takes Jinja's own options from the app, until its environment is made", async () => {
    const app = new Flask(import.meta);
    app.jinjaOptions = { extensions: ['i18n'], trimBlocks: true, lstripBlocks: true };
    app.templates.environment.installGettext({
      gettext: (message) => `[${message}]`,
      ngettext: (one) => one,
    });
    const source =
      "a\n  {% if true %}\n{{ _('b') }}\n  {% endif %}\n{% trans x='<' %}c {{ x }}{% endtrans %} {{ [1]|tojson }}";
    expect(await app.appContext().run(() => renderTemplateString(source))).toBe('a\n[b]\n[c &lt;] [1]');
    expect(() => {
      app.jinjaOptions = {};
    }).toThrow('set app.jinjaOptions before the first filter');
  });
});

describe('finding templates', () => {
  it('looks through the app first, then through the blueprints', async () => {
    expect(await render('hello.html', { name: 'x' })).toBe('Hello x!');
    expect(await render('blueprint/only.html')).toBe('only here');
  });

  it('takes the first name that is there', async () => {
    expect(await render(['none.html', 'blueprint/only.html'])).toBe('only here');
    expect((await templates.select(['none.html', 'hello.txt'])).name).toBe('hello.txt');
  });

  it('says what it looked for, and where', async () => {
    await expect(render('none.html')).rejects.toThrow(TemplateNotFound);
    await expect(render(['a.html', 'b.html'])).rejects.toThrow(
      `There is no template "a.html", "b.html" in ${appFolder}`,
    );
    await expect(render([])).rejects.toThrow('none was named');
    await expect(render('a.html', {}, create({ folders: () => [] }))).rejects.toThrow('none is there');
  });

  it.each(['../secret.html', '/etc/passwd', 'x/../../secret.html', 'hello.html\0', 'relative', ''])(
    'never leaves its folders: %j',
    async (name) => {
      await expect(render(name)).rejects.toThrow(TemplateNotFound);
    },
  );

  it('reads a changed template anew in debug mode only', async () => {
    const [debug, production] = [create({ reload: () => true }), create()];
    write(appFolder, 'changing.html', 'one');
    const both = () => Promise.all([debug, production].map((by) => render('changing.html', {}, by)));
    expect(await both()).toEqual(['one', 'one']);
    write(appFolder, 'changing.html', 'two');
    expect(await both()).toEqual(['two', 'one']);
  });

  it('sees the folder of a blueprint that was registered later', async () => {
    const folders = [appFolder];
    const growing = create({ folders: () => folders });
    await expect(render('blueprint/only.html', {}, growing)).rejects.toThrow(TemplateNotFound);
    folders.push(blueprintFolder);
    expect(await render('blueprint/only.html', {}, growing)).toBe('only here');
  });
});

describe('errors', () => {
  it('of a template name its file and line', async () => {
    await expect(render('broken.html')).rejects.toThrow(/\n {2}broken\.html:2\n {4}2 \| \{% if %\}/);
    const error: unknown = await render('calls.html').catch((thrown: unknown) => thrown);
    expect(error instanceof Error && error.stack).toContain('\n  calls.html:2\n    2 | {{ nobody.there() }}');
  });

  it('of a class of its own pass as they were thrown', async () => {
    await expect(render('aborts.html')).rejects.toThrow(Aborted);
  });
});

it.skipIf(pythonFlask.isMissing)(pythonFlask.named('renders what Flask renders'), async () => {
  const context = { name: 'A<b>', items: [1, 2, 3] };
  const names = Object.keys(FILES);
  const script = `
from flask import Flask, render_template
folder, names, context = asked
app = Flask('x', template_folder=folder)
app.jinja_env.globals['site'] = '!'
with app.test_request_context():
  answer = [render_template(n, **context) for n in names]`;
  const ours = await Promise.all(names.map((name) => render(name, context)));
  expect(ours).toEqual(python(script, [appFolder, names, context]));
});

it('a filter that is added at setup does not decide whether templates are read anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    const app = new Flask(import.meta, { staticFolder: null, templateFolder: folder });
    app.templateFilter('twice', (value: string) => value + value);
    app.debug = true;
    for (const text of ['{{ "a"|twice }}', '{{ "b"|twice }}']) {
      writeFileSync(join(folder, 'page.html'), text);
      const shown = await app.appContext().run(() => renderTemplate('page.html'));
      expect(shown).toBe(text.includes('a') ? 'aa' : 'bb');
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
    expect(logged).toMatch(/TypeError: of the function\n {2}page\.html:2\n {4}2 \| \{\{ fails\(\) \}\}/);
    expect(logged.match(/fails \(/g)).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("templates see the request, the session and g by Flask's names", async () => {
  const app = new Flask(import.meta, { staticFolder: null, templateFolder: null });
  app.config.SECRET_KEY = 'test';
  const source = `{{ request.args.q }} {{ request.args['q'] }} {{ request.args.none is defined }} {{ session.user }} {{ session['user'] }} \
{{ 'user' in session }} {{ g.user.name }} {{ g.none is defined }} {{ request.method }} {{ url_for('page', q='a b', _external=True) }} \
{% for category, text in get_flashed_messages(with_categories=true) %}{{ category }}:{{ text }}{% endfor %} \
{% for k in request.args %}{{ k }}={{ request.args[k] }}{% endfor %} {{ request.form.name }} {{ config.SECRET_KEY }} {{ later }}`;
  app.post('/page', { endpoint: 'page' }, () => {
    session.set('user', 'Ann');
    Reflect.set(g, 'user', { name: 'Bob' });
    flash('<hello>', 'info');
    return renderTemplateString(source, { later: Promise.resolve('later') });
  });
  const response = await app.testClient().post('/page?q=1%26', { data: { name: 'N' } });
  expect(response.text).toBe(
    '1&amp; 1&amp; False Ann Ann True Bob False POST http://localhost/page?q=a+b info:&lt;hello&gt; q=1&amp; N test later',
  );
});

it('a page may be streamed, and a macro taken out of a template', async () => {
  const app = new Flask(import.meta, { staticFolder: null, templateFolder: appFolder });
  app.get('/', () => streamTemplateString('a{{ b }}c', { b: Promise.resolve('<b>') }));
  app.get('/page', () => streamTemplate(['none.html', 'hello.html'], { name: 'x' }));
  app.templateGlobal('site', '!');
  const texts = await Promise.all(['/', '/page'].map(async (path) => (await app.testClient().get(path)).text));
  expect(texts).toEqual(['a&lt;b&gt;c', 'Hello x!']);
  const link = await app.appContext().run(() => getTemplateAttribute('macros.html', 'link'));
  expect(typeof link === 'function' && String(link('<'))).toBe('<a>&lt;!</a>');
  await expect(app.appContext().run(() => getTemplateAttribute('macros.html', 'none'))).rejects.toThrow('sets no none');
});

it('EXPLAIN_TEMPLATE_LOADING tells where a template was looked for', async () => {
  const app = new Flask(import.meta, { staticFolder: null, templateFolder: appFolder });
  let logged = '';
  app.logger.sink = (line) => {
    logged += line;
  };
  app.logger.level = 'info';
  app.config['EXPLAIN_TEMPLATE_LOADING'] = true;
  await app.appContext().run(() => renderTemplate('hello.html'));
  expect(logged).toContain(`Locating template "hello.html":\n    1: ${appFolder}: found`);
});

/** What Flask's templates see by Python's names. */
const SEEN = [
  "{{ url_for('user', name='a b', page=2) }} {{ url_for('user', name='x', _external=True, _anchor='top') }}",
  '{{ request.args.q }} {{ request.args.get("q") }} {{ request.args.get("none") }} {{ request.args.absent }}|{{ "q" in request.args }}',
  '{{ request.method }} {{ request.path }} {{ request.full_path }} {{ request.remote_addr is none }} {{ request.is_json }}',
  '{{ session.user }} {{ session["user"] }} {{ session.get("none") }} {{ "user" in session }} {{ session.absent }}|',
  '{{ g.user }} {{ g.get("user") }} {{ g.absent }}|{{ config.DEBUG }} {{ config["TESTING"] }}',
  '{% for category, message in get_flashed_messages(with_categories=true) %}{{ category }}: {{ message }};{% endfor %}',
  '{{ get_flashed_messages() }} {{ get_flashed_messages(category_filter=["info"]) }} {{ get_flashed_messages(true)[0][0] }}',
  '{{ {"b": 1, "a": [1, "x"]}|tojson }} {{ request.endpoint }} {{ request.view_args }} {% if session %}yes{% endif %}',
  '{% for key, value in request.args.items() %}{{ key }}={{ value }};{% endfor %}',
  '{{ request.args }} {{ request.args.items(multi=true)|list }} {{ request.args.lists()|list }} {{ request.args.getlist("q") }}',
  '{{ request.args.get("none", default="d") }} {{ request.args.get("none", "d") }} {{ request.cookies }} {{ request.args|length }}',
  '{{ request.url_root }} {{ request.root_url }} {{ request.root_path }} {{ request.script_root }} {{ request.host_url }} {{ request.base_url }}',
  '{{ request.accept_languages.best_match(["de", "en"]) }} {{ request.accept_mimetypes.best_match(matches=["a/b"], default="c") }}',
  '{{ request.accept_mimetypes.accept_html }} {{ request.accept_mimetypes.quality("text/html") }} {{ "de" in request.accept_languages }}',
  '{{ request.authorization.username }} {{ request.authorization.password }} {{ request.authorization.type }}',
  '{{ request.cache_control.max_age }} {{ request.cache_control.min_fresh }} {{ request.cache_control.no_store }}',
  '{{ request.url_rule }} {{ request.url_rule.endpoint }} {{ request.url_rule.rule }} {{ request.if_none_match.contains("a") }}',
  '{{ session }} {{ session.items()|list }} {{ session.get("none", "d") }} {{ session|length }} {{ g }} {{ g.get("none", default="d") }} {{ g.pop("user") }}',
  '{{ config.get("TESTING") }} {{ config.get("NONE") }} {{ config.get("NONE", "d") }} {{ "TESTING" in config }} {{ "NONE" in config }}',
  '{% for key, value in config.items() if key == "SECRET_KEY" %}{{ value }}{% endfor %} {{ config.setdefault("MINE", 1) }} {{ config.MINE }}',
  '{{ error.code }} {{ error.name }} {{ error.description }} {{ error }}',
  '{{ [1.0, 4 / 2, {"a": 1e3, "b": {"c": 2.5}}, 7 // 2]|tojson }} {{ {"a": 2.0}|tojson(indent=1) }}',
];

it.skipIf(pythonFlask.isMissing)(
  pythonFlask.named('request, session, g and what else templates see are as in Flask'),
  async () => {
    const app = new Flask('x', { staticFolder: null, templateFolder: null });
    app.config.SECRET_KEY = 'k';
    app.get('/user/<name>', { endpoint: 'user' }, () => '');
    const headers = {
      accept: 'text/html',
      'accept-language': 'de-AT, en;q=0.5',
      'cache-control': 'max-age=9, no-store',
    };
    const context = app.testRequestContext('/user/me?q=a%26b&q=2', {
      headers: { ...headers, authorization: 'Basic YTpi', cookie: 'a=b', 'if-none-match': '"a"' },
    });
    const ours = await context.run(async () => {
      session.set('user', 'ann');
      g['user'] = 'A';
      flash('Saved <1>');
      flash('Careful', 'info');
      const error = new NotFound();
      return Promise.all(SEEN.map((source) => renderTemplateString(source, { error })));
    });
    const script = `
from flask import Flask, flash, g, render_template_string, session
from werkzeug.exceptions import NotFound
app = Flask('x')
app.config['SECRET_KEY'] = 'k'
app.add_url_rule('/user/<name>', 'user', lambda name: '')
headers = {'Accept': 'text/html', 'Accept-Language': 'de-AT, en;q=0.5', 'Cache-Control': 'max-age=9, no-store',
  'Authorization': 'Basic YTpi', 'Cookie': 'a=b', 'If-None-Match': '"a"'}
with app.test_request_context('/user/me?q=a%26b&q=2', headers=headers):
  session['user'] = 'ann'
  g.user = 'A'
  flash('Saved <1>')
  flash('Careful', 'info')
  answer = [render_template_string(source, error=NotFound()) for source in asked]`;
    expect(ours).toEqual(python(script, SEEN));
  },
);
