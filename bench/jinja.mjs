/**
 * Template engines side by side: the usual table of 1 000 rows, and a page of three templates that inherit and include. Each is
 * compiled once; then they take turns, and the median of their CPU time counts, behind rounds in which V8 learns. `npm ci --prefix bench && node bench/jinja.mjs`
 */
import { spawnSync } from 'node:child_process';
import { DictLoader, Environment } from '@qilin/jinja';
import nunjucks from 'nunjucks';

const ROUNDS = 15;
/** A server renders for days; V8 has learnt a page after some thousand of them. */
const WARM_UP_ROUNDS = 10;

/** @type {Record<string, { templates: Record<string, string>, context: Record<string, unknown>, repeat: number }>} */
const PAGES = {
  'table of 1 000 rows': {
    templates: {
      'main.html':
        "<table>\n{% for row in table %}  <tr class=\"{{ loop.cycle('odd', 'even') if loop.cycle else '' }}\">" +
        '{% for cell in row.cells %}<td>{{ cell }}</td>{% endfor %}<td>{{ row.name }}</td></tr>\n{% endfor %}</table>',
    },
    context: {
      table: Array.from({ length: 1000 }, (_, i) => ({
        name: `row <${i}>`,
        cells: Array.from({ length: 10 }, (_, j) => i * 10 + j),
      })),
    },
    repeat: 10,
  },
  'three inherited templates': {
    templates: {
      'base.html':
        '<!doctype html><title>{% block title %}Site{% endblock %}</title>{% block nav %}<nav>{% for link in links %}' +
        '<a href="{{ link.href }}"{% if link.href == path %} class="here"{% endif %}>{{ link.text|upper }}</a>{% endfor %}</nav>' +
        '{% endblock %}<main>{% block main %}{% endblock %}</main><footer>{{ year }}</footer>',
      'section.html':
        '{% extends "base.html" %}{% block title %}{{ section|title }} - {{ super() }}{% endblock %}' +
        '{% block main %}<h1>{{ section }}</h1>{% block posts %}{% endblock %}{% endblock %}',
      'main.html':
        '{% extends "section.html" %}{% macro post(p) %}<article><h2>{{ p.title }}</h2><p>{{ p.body|truncate(60) }}</p>' +
        '{% if p.tags %}<ul>{% for tag in p.tags %}<li>{{ tag }}</li>{% endfor %}</ul>{% endif %}</article>{% endmacro %}' +
        '{% block posts %}{% for p in posts %}{{ post(p) }}{% else %}<p>None</p>{% endfor %}{% endblock %}',
    },
    context: {
      section: 'all the news',
      path: '/b',
      year: 2026,
      links: ['/a', '/b', '/c', '/d'].map((href) => ({ href, text: `page ${href}` })),
      posts: Array.from({ length: 10 }, (_, i) => ({
        title: `Post & title ${i}`,
        body: 'Lorem ipsum dolor sit amet, consectetuer adipiscing elit, sed do eiusmod tempor incididunt ut labore.',
        tags: i % 2 ? ['one', 'two', 'three'] : [],
      })),
    },
    repeat: 300,
  },
};

const PYTHON = `
import json, sys, time
from jinja2 import Environment, DictLoader
page = json.load(sys.stdin)
template = Environment(loader=DictLoader(page['templates']), autoescape=True).get_template('main.html')
times = []
for _ in range(page['rounds']):
    start = time.process_time()
    for _ in range(page['repeat']):
        text = template.render(page['context'])
    times.append((time.process_time() - start) / page['repeat'])
json.dump({'times': times, 'text': text}, sys.stdout)
`;

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

/** @param {() => unknown} render @param {number} repeat @returns {Promise<number>} seconds of CPU for one rendering */
async function cpu(render, repeat) {
  const start = process.cpuUsage();
  for (let i = 0; i < repeat; i++) await render();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6 / repeat;
}

for (const [name, page] of Object.entries(PAGES)) {
  const { templates, context, repeat } = page;
  const ours = await new Environment({ loader: new DictLoader(templates), autoescape: true }).getTemplate('main.html');
  const loader = {
    /** @param {string} file */
    getSource: (file) => ({ src: templates[file] ?? '', path: file, noCache: false }),
  };
  const theirs = new nunjucks.Environment(loader, { autoescape: true }).getTemplate('main.html', true);
  /** @type {number[][]} */
  const times = [[], []];
  for (let i = -WARM_UP_ROUNDS; i < ROUNDS; i++) {
    const taken = [await cpu(() => ours.render(context), repeat), await cpu(() => theirs.render(context), repeat)];
    if (i >= 0) for (const [who, time] of taken.entries()) times[who]?.push(time);
  }
  const input = JSON.stringify({ templates, context, repeat: Math.ceil(repeat / 5), rounds: ROUNDS });
  const python = spawnSync('python3', ['-c', PYTHON], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  /** @type {{ times: number[], text: string }} */
  const fromPython = JSON.parse(python.stdout);
  if ((await ours.render(context)) !== fromPython.text) throw new Error(`${name}: the page differs from Python's`);
  const [own, other, jinja] = [times[0] ?? [], times[1] ?? [], fromPython.times].map(median);
  const show = (/** @type {number | undefined} */ seconds) => `${((seconds ?? 0) * 1e3).toFixed(3)} ms`;
  console.log(
    `${name}: @qilin/jinja ${show(own)}, Nunjucks ${show(other)} (${((own ?? 0) / (other ?? 1)).toFixed(2)} of it), ` +
      `Python's Jinja ${show(jinja)} (${((own ?? 0) / (jinja ?? 1)).toFixed(2)} of it)`,
  );
}
