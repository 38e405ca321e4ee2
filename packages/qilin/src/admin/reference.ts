/** The table of figures in docs/metrics.md, its columns as wide as the formatter makes them. */
import { FIGURE_NAMES, type FigureName, figureOf } from './figures.ts';

type Row = readonly string[];

const HEADINGS: Row = ['figure', 'kind', 'labels', 'what it is'];

export function figuresReference(): string {
  const rows = [HEADINGS, ...FIGURE_NAMES.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = HEADINGS, ...others] = rows;
  return [line(head), rule, ...others.map(line)].join('\n');
}

function rowOf(name: FigureName): Row {
  const { kind, labels = [], help } = figureOf(name);
  const suffix = kind === 'counter' ? '_total' : kind === 'info' ? '_info' : '';
  return [`\`${name}${suffix}\``, kind, labels.map((label) => `\`${label}\``).join(', '), help];
}
