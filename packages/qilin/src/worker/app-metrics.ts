/** The app's own metrics, found where prom-client keeps them, or where `shareMetrics` has put them. */
import { Module } from 'node:module';
import { type AppMetric, type MetricsRegistry, readAppMetric, sharedMetrics } from '../contract/app-metrics.ts';
import { LONGEST_LINE, type WorkerMessage } from '../contract/messages.ts';

/** Prom-client's entry, wherever it is installed. */
const PROM_CLIENT = /[\\/]node_modules[\\/]prom-client[\\/]index\.js$/;
/** Left for what goes around a metric in its message. */
const ENVELOPE = 100;

/** Node keeps all modules of CommonJS there, also those that an ES module has imported. */
const modules = (): Readonly<Record<string, { readonly exports: unknown } | undefined>> =>
  (Module as unknown as { readonly _cache: Record<string, { readonly exports: unknown }> })._cache;

function registries(): readonly MetricsRegistry[] {
  const loaded = modules();
  const found = Object.keys(loaded)
    .filter((path) => PROM_CLIENT.test(path))
    .map((path) => loaded[path]?.exports)
    .flatMap((exports) => {
      const register =
        typeof exports === 'object' && exports !== null && 'register' in exports ? exports.register : null;
      return isRegistry(register) ? [register] : [];
    });
  return [...new Set([...found, ...sharedMetrics()])];
}

const isRegistry = (value: unknown): value is MetricsRegistry =>
  typeof value === 'object' && value !== null && 'getMetricsAsJSON' in value;

/** Names of metrics of which was told, for as long as the process lives; of an error, the empty one. */
const told = new Set<string>();
const MOST_TOLD = 100;

/** Sends each metric, and then the end of them. One that throws, or is too long for a message, is told of. */
export async function tellAppMetrics(
  scrape: number,
  send: (message: WorkerMessage) => void,
  warn: (text: string) => void,
): Promise<void> {
  let leftOut = 0;
  for (const registry of registries()) {
    try {
      for (const said of await registry.getMetricsAsJSON()) {
        const metric = readAppMetric(said);
        if (metric === undefined) continue;
        if (isTooLong(metric)) {
          leftOut += 1;
          warnOnce(
            metric.name,
            `Metric ${metric.name} is left out of /metrics: ${metric.values.length} series are too many`,
          );
        } else send({ type: 'appMetric', scrape, metric });
      }
    } catch (error) {
      warnOnce('', `Metrics of the app are left out of /metrics: ${String(error)}`);
    }
  }
  send({ type: 'appMetricsEnd', scrape, leftOut });

  /** Somebody asks each few seconds. */
  function warnOnce(name: string, text: string): void {
    if (told.has(name) || told.size >= MOST_TOLD) return;
    told.add(name);
    warn(text);
  }
}

const isTooLong = (metric: AppMetric): boolean => JSON.stringify(metric).length > LONGEST_LINE - ENVELOPE;
