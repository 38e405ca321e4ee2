/** Figures of an app by OpenTelemetry: `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 qilin -w 4 opentelemetry.ts:app` */
import { hostname } from 'node:os';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

// Each worker counts for itself, and the collector's side adds them up: without a name of its own, one would overwrite the other.
const resource = resourceFromAttributes({
  'service.name': 'shop',
  'service.instance.id': `${hostname()}-${process.env['QILIN_WORKER']}-${process.pid}`,
});
const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis: 10_000 });
const provider = new MeterProvider({ resource, readers: [reader] });
const orders = provider.getMeter('shop').createCounter('shop.orders', { description: 'Orders taken' });

export const app = {
  fetch(request: Request): Response {
    if (request.method !== 'POST') return new Response('Order by POST\n');
    orders.add(1, { kind: 'book' });
    return new Response('Ordered\n', { status: 201 });
  },
  /** Called when the last request is answered: what has been counted since the last export is told too. */
  onShutdown: () => provider.shutdown(),
};
