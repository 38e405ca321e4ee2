/** The dashboard and the alert rules of deploy/: that they ask for figures, and labels, that there are. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { FIGURE_NAMES, type FigureName, figureOf } from '../../src/admin/figures.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../deploy/${path}`, import.meta.url), 'utf8');

/** As `/metrics` writes them, with the figure that each is of. */
const NAMES = new Map<string, FigureName>(
  FIGURE_NAMES.flatMap((name) => {
    const { kind } = figureOf(name);
    const suffixes = { counter: ['_total'], info: ['_info'], gauge: [''], histogram: ['_bucket', '_sum', '_count'] }[
      kind
    ];
    return suffixes.map((suffix): [string, FigureName] => [`${name}${suffix}`, name]);
  }),
);

/** Those that Prometheus gives each series, and a histogram its buckets. */
const ALWAYS = ['instance', 'job', 'le'];

/** What is wrong with an expression, in words. */
function faultsOf(expression: string): readonly string[] {
  const asked = [...expression.matchAll(/(qilin_[a-z_]+)(?:\{([^}]*)\})?/g)];
  if (asked.length === 0 && !expression.startsWith('up{')) return [`${expression} asks for no figure`];
  const known = asked.flatMap(([, name = '']) => NAMES.get(name) ?? []);
  const labels = [...ALWAYS, ...known.flatMap((name) => figureOf(name).labels ?? [])];
  const matched = [...expression.matchAll(/([a-z]+)=~?"/g)].map(([, label = '']) => label);
  const grouped = [...expression.matchAll(/\b(?:by|without) \(([^)]+)\)/g)].flatMap(([, list = '']) =>
    list.split(/, */),
  );
  return [
    ...asked.filter(([, name = '']) => !NAMES.has(name)).map(([, name]) => `there is no ${name}`),
    ...[...matched, ...grouped]
      .filter((label) => !labels.includes(label))
      .map((label) => `no ${label} in ${expression}`),
  ];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

test('the alert rules ask for figures and labels that there are, each by a name of its own', () => {
  const { groups }: Rules = parse(read('prometheus/alerts.yml'));
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(8);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(rules.flatMap(({ expr }) => faultsOf(expr))).toEqual([]);
});

test('the dashboard shows every figure, and none that there is not', () => {
  const { panels, annotations }: Dashboard = JSON.parse(read('grafana/qilin.json'));
  const expressions = [...panels.flatMap(({ targets }) => targets), ...annotations.list].map(({ expr }) => expr);
  expect(expressions.flatMap(faultsOf)).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const shown = new Set(
    expressions.flatMap((text) => [...text.matchAll(/qilin_[a-z_]+/g)].map(([name]) => NAMES.get(name))),
  );
  const unshown = FIGURE_NAMES.filter((name) => !shown.has(name));
  expect(unshown).toEqual([
    'qilin_build',
    'qilin_start_time_seconds',
    'qilin_event_loop_stalls',
    'qilin_worker_heap_used_bytes',
    'qilin_app_metrics_left_out',
  ]);
});

test('a name or a label that there is not is found', () => {
  expect(faultsOf('rate(qilin_requests[5m])')).toEqual(['there is no qilin_requests']);
  expect(faultsOf('sum by (path) (qilin_connections{worker="1"})')).toHaveLength(2);
  expect(faultsOf('up')).toHaveLength(1);
});
