/**
 * Figures as text: Prometheus's format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), and OpenMetrics 1.0. Pure.
 */
import type { AppMetric } from '../contract/app-metrics.ts';
import { FIGURE_NAMES, type FigureName, type Figures, figureOf, type Histogram, type Labels } from './figures.ts';

interface Format {
  readonly contentType: string;
  readonly isOpen: boolean;
}

const PROMETHEUS: Format = { contentType: 'text/plain; version=0.0.4; charset=utf-8', isOpen: false };
const OPEN_METRICS: Format = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  isOpen: true,
};

/** Which one a client takes, by its header Accept. */
export const formatFor = (accept: string | undefined): Format =>
  accept?.includes('application/openmetrics-text') ? OPEN_METRICS : PROMETHEUS;

/** @param appMetrics The apps' own, which follow. */
export function metricsText(figures: Figures, { isOpen }: Format, appMetrics: readonly AppMetric[] = []): string {
  const families = FIGURE_NAMES.map((name) => `${headOf(name, isOpen)}${samplesOf(name, figures[name])}`);
  const ofApp = appMetrics.map((metric) => appText(metric, isOpen));
  return `${[...families, ...ofApp].join('')}${isOpen ? '# EOF\n' : ''}`;
}

const TOTAL = /_total$/;

/** In OpenMetrics every counter ends in `_total`, and its family does not. */
function appText({ name, help, type, values }: AppMetric, isOpen: boolean): string {
  const isCounter = isOpen && type === 'counter';
  const family = isCounter ? name.replace(TOTAL, '') : name;
  const lines = values.map((one) => line(isCounter ? `${family}_total` : one.name, one.labels, one.value));
  return `# HELP ${family} ${escapeHelp(help, isOpen)}\n# TYPE ${family} ${type}\n${lines.join('')}`;
}

const SUFFIX = { counter: '_total', info: '_info', gauge: '', histogram: '' } as const;

/** In OpenMetrics the family is called without its samples' suffix. */
function headOf(name: FigureName, isOpen: boolean): string {
  const { kind, unit, help } = figureOf(name);
  const family = isOpen ? name : `${name}${SUFFIX[kind]}`;
  const type = kind === 'info' && !isOpen ? 'gauge' : kind;
  const unitLine = isOpen && unit !== undefined ? `# UNIT ${family} ${unit}\n` : '';
  return `# HELP ${family} ${escapeHelp(help, isOpen)}\n# TYPE ${family} ${type}\n${unitLine}`;
}

function samplesOf(name: FigureName, value: Figures[FigureName]): string {
  if (!isHistogram(value)) {
    const full = `${name}${SUFFIX[figureOf(name).kind]}`;
    return value.map((sample) => line(full, sample.labels, sample.value)).join('');
  }
  let count = 0;
  const lines = value.buckets.map((inBucket, index) => {
    count += inBucket;
    const bound = value.bounds[index];
    return line(`${name}_bucket`, { le: bound === undefined ? '+Inf' : String(bound) }, count);
  });
  return [...lines, line(`${name}_sum`, {}, value.sum), line(`${name}_count`, {}, count)].join('');
}

const isHistogram = (value: Figures[FigureName]): value is Histogram => !Array.isArray(value);

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`;
}

/** An app's gauge may be none, or without bound. */
const numberText = (value: number): string =>
  Math.abs(value) === Number.POSITIVE_INFINITY ? `${value > 0 ? '+' : '-'}Inf` : String(value);

const escapeLabel = (text: string): string =>
  text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));

const escapeHelp = (text: string, isOpen: boolean): string => {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return isOpen ? escaped.replaceAll('"', '\\"') : escaped;
};
