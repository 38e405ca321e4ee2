/** The table of an app's rules, as `flask routes` prints it. */
import type { UrlMap } from '../routing/map.ts';
import type { Rule } from '../routing/rule.ts';

export const ROUTE_ORDERS = ['endpoint', 'methods', 'rule', 'match'] as const;
export type RouteOrder = (typeof ROUTE_ORDERS)[number];

/** @param order `match`: as they were added @param allMethods HEAD and OPTIONS too */
export function formatRoutes(urlMap: UrlMap, order: RouteOrder, allMethods: boolean): string {
  const rows = [...urlMap.rules()].map((rule) => [rule.endpoint, methodsOf(rule, allMethods), rule.rule] as const);
  if (rows.length === 0) return 'No routes were registered.\n';
  const column = { endpoint: 0, methods: 1, rule: 2, match: undefined }[order];
  const sorted =
    column === undefined ? rows : rows.toSorted((a, b) => ((a[column] ?? '') < (b[column] ?? '') ? -1 : 1));
  const titles = ['Endpoint', 'Methods', 'Rule'] as const;
  const widths = titles.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = [line(titles), line(widths.map((width) => '-'.repeat(width))), ...sorted.map(line)];
  return `${lines.join('\n')}\n`;
}

function methodsOf({ methods }: Rule, all: boolean): string {
  const shown = [...methods].filter((method) => all || (method !== 'HEAD' && method !== 'OPTIONS'));
  return shown.toSorted().join(', ');
}
