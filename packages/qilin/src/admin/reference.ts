/** The table of figures in docs/metrics.md. */
import { FIGURE_NAMES, type FigureName, figureOf } from './figures.ts';

export function figuresReference(): string {
  const rows = FIGURE_NAMES.map(row);
  return ['| figure | kind | labels | what it is |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function row(name: FigureName): string {
  const { kind, labels = [], help } = figureOf(name);
  const suffix = kind === 'counter' ? '_total' : kind === 'info' ? '_info' : '';
  return `| \`${name}${suffix}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}
