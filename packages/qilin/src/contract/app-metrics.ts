/**
 * The app's own metrics, as prom-client tells them (`getMetricsAsJSON()`): a metric with its values, which travels from worker to arbiter
 * and is added up there. Pure; what an app says is read, not believed.
 */
import { type Fields, isObject } from './fields.ts';

/** How the values of several workers become one: prom-client's own words, which each metric may choose from. */
const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const;
const TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;

export interface AppValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram's or a summary's part, such as `…_bucket`; else that of the metric. */
  readonly name: string;
}

export interface AppMetric {
  readonly name: string;
  readonly help: string;
  readonly type: (typeof TYPES)[number];
  readonly aggregator: (typeof AGGREGATORS)[number];
  readonly values: readonly AppValue[];
}

/** What tells metrics: a `Registry` of prom-client. */
export interface MetricsRegistry {
  getMetricsAsJSON(): Promise<readonly unknown[]> | readonly unknown[];
}

/** Where `shareMetrics` of whatever copy of this package puts them, in the process's own globals. */
const SHARED = Symbol.for('qilin.sharedMetrics');

type Global = typeof globalThis & { [SHARED]?: Set<MetricsRegistry> };

/**
 * Has `/metrics` of `adminBind` tell what a registry of prom-client holds. Not needed for its default registry, where the app loads
 * prom-client from `node_modules`: that is found.
 */
export function shareMetrics(registry: MetricsRegistry): void {
  const here: Global = globalThis;
  here[SHARED] = (here[SHARED] ?? new Set()).add(registry);
}

export const sharedMetrics = (): readonly MetricsRegistry[] => [...((globalThis as Global)[SHARED] ?? [])];

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** The arbiter's own. */
const OURS = /^qilin_/;

/** Undefined for what is no metric. */
export function readAppMetric(said: unknown): AppMetric | undefined {
  if (!isObject(said)) return undefined;
  const { name, help, values } = said;
  const type = TYPES.find((each) => each === said['type']);
  const aggregator = AGGREGATORS.find((each) => each === said['aggregator']) ?? 'sum';
  if (typeof name !== 'string' || !NAME.test(name) || OURS.test(name) || type === undefined) return undefined;
  if (!Array.isArray(values)) return undefined;
  const read = values.flatMap((one: unknown) => (isObject(one) ? (readValue(one, name) ?? []) : []));
  return { name, help: typeof help === 'string' ? help : '', type, aggregator, values: read };
}

function readValue({ value, labels = {}, metricName, name }: Fields, of: string): AppValue | undefined {
  if (typeof value !== 'number' || !isObject(labels)) return undefined;
  // Its own words, or those that have travelled.
  const said = metricName ?? name ?? of;
  if (typeof said !== 'string' || !NAME.test(said) || !said.startsWith(of)) return undefined;
  const pairs = Object.entries(labels).map(([key, text]) => [key, String(text)] as const);
  return pairs.every(([key]) => NAME.test(key)) ? { value, labels: Object.fromEntries(pairs), name: said } : undefined;
}

/** Of several workers, one list. Metrics are in the order of their first worker. */
export function aggregate(lists: readonly (readonly AppMetric[])[]): readonly AppMetric[] {
  const byName = new Map<string, AppMetric[]>();
  for (const metric of lists.flat()) {
    const alike = byName.get(metric.name);
    if (alike === undefined) byName.set(metric.name, [metric]);
    else if (alike[0]?.type === metric.type) alike.push(metric);
  }
  return [...byName.values()].flatMap(([first, ...others]) => {
    if (first === undefined || first.aggregator === 'omit') return [];
    return [{ ...first, values: joined(first, others) }];
  });
}

function joined(first: AppMetric, others: readonly AppMetric[]): readonly AppValue[] {
  const groups = new Map<string, AppValue[]>();
  for (const value of [first, ...others].flatMap(({ values }) => values)) {
    const key = JSON.stringify([value.name, Object.entries(value.labels).sort()]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return [...groups.values()].flatMap(([one, ...rest]) =>
    one === undefined
      ? []
      : [
          {
            ...one,
            value: join(
              first.aggregator,
              [one, ...rest].map(({ value }) => value),
            ),
          },
        ],
  );
}

function join(aggregator: AppMetric['aggregator'], values: readonly number[]): number {
  switch (aggregator) {
    case 'first':
      return values[0] ?? 0;
    case 'min':
      return values.reduce((one, other) => Math.min(one, other));
    case 'max':
      return values.reduce((one, other) => Math.max(one, other));
    case 'average':
      return sum(values) / values.length;
    default:
      return sum(values);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of a metric or a value without its texts: about what its JSON has. */
const FRAME = 50;

/** In characters, as it is told. */
export const sizeOf = ({ name, help, values }: AppMetric): number =>
  values.reduce((total, value) => total + sizeOfValue(value), FRAME + name.length + help.length);

function sizeOfValue({ name, labels }: AppValue): number {
  let size = FRAME + name.length;
  for (const [key, text] of Object.entries(labels)) size += key.length + text.length;
  return size;
}

/** What stays of a worker that has gone, so that no counter goes down. */
export const lastingOf = (metrics: readonly AppMetric[]): readonly AppMetric[] =>
  metrics.filter(({ type, aggregator }) => aggregator === 'sum' && (type === 'counter' || type === 'histogram'));
