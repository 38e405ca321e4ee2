import { expect, test } from 'vitest';
import { FIGURE_NAMES, type Figures, figureOf } from '../../src/admin/figures.ts';
import { formatFor, metricsText } from '../../src/admin/metrics-text.ts';

const one = (value = 1) => [{ labels: {}, value }];
const FIGURES: Figures = {
  qilin_build: [{ labels: { version: '1.2.3"\\\n', node: '24.1.0' }, value: 1 }],
  qilin_start_time_seconds: one(1.5),
  qilin_requests: [
    { labels: { method: 'GET', status: '2xx' }, value: 7 },
    { labels: { method: 'other', status: 'none' }, value: 1 },
  ],
  qilin_request_duration_seconds: { bounds: [0.1, 1], buckets: [5, 2, 1], sum: 4.25 },
  qilin_queue_seconds: { bounds: [], buckets: [0], sum: 0 },
  qilin_requests_in_flight: one(0),
  qilin_requests_refused: one(),
  qilin_deadlines_passed: one(),
  qilin_listener_queue: one(),
  qilin_worker_memory_bytes: one(),
  qilin_gc: one(),
  qilin_gc_seconds: one(),
  qilin_app_metrics_left_out: one(),
  qilin_requests_shed: one(),
  qilin_connections: one(),
  qilin_connections_accepted: one(),
  qilin_connections_unproxied: one(),
  qilin_workers: one(),
  qilin_workers_wanted: one(),
  qilin_worker_starts: one(),
  qilin_worker_ends: one(),
  qilin_reloads: one(),
  qilin_event_loop_stalls: one(),
  qilin_event_loop_stall_seconds: one(),
  qilin_cpu_seconds: one(),
  qilin_arbiter_resident_bytes: one(),
  qilin_worker_resident_bytes: one(),
  qilin_worker_heap_used_bytes: one(),
  qilin_worker_event_loop_lag_seconds: one(),
};

test("in Prometheus's format a counter's family has its suffix, and a build is a gauge", () => {
  const text = metricsText(FIGURES, formatFor('text/plain'));
  expect(text).toContain(
    '# TYPE qilin_build_info gauge\nqilin_build_info{version="1.2.3\\"\\\\\\n",node="24.1.0"} 1\n',
  );
  expect(text).toContain(`# TYPE qilin_requests_total counter
qilin_requests_total{method="GET",status="2xx"} 7
qilin_requests_total{method="other",status="none"} 1
`);
  expect(text).toContain(`# TYPE qilin_request_duration_seconds histogram
qilin_request_duration_seconds_bucket{le="0.1"} 5
qilin_request_duration_seconds_bucket{le="1"} 7
qilin_request_duration_seconds_bucket{le="+Inf"} 8
qilin_request_duration_seconds_sum 4.25
qilin_request_duration_seconds_count 8
`);
  expect(text).not.toContain('# EOF');
});

test('in OpenMetrics it has not, units are told, and the end', () => {
  const format = formatFor('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3');
  expect(format.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const text = metricsText(FIGURES, format);
  expect(text).toContain('# TYPE qilin_build info\nqilin_build_info{');
  expect(text).toContain('# TYPE qilin_requests counter\nqilin_requests_total{method="GET",status="2xx"} 7\n');
  expect(text).toContain(
    '# TYPE qilin_cpu_seconds counter\n# UNIT qilin_cpu_seconds seconds\nqilin_cpu_seconds_total 1\n',
  );
  expect(text.endsWith('\n# EOF\n')).toBe(true);
});

test.each([undefined, '*/*', 'text/html'])('whoever accepts %s gets the older format', (accept) => {
  expect(formatFor(accept).contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test.each(FIGURE_NAMES)('%s is named as the formats want it', (name) => {
  const { unit, kind, labels = [] } = figureOf(name);
  expect(name).toMatch(/^qilin_[a-z_]+[a-z]$/);
  expect(name).not.toMatch(/_(total|info|count|sum|bucket|created)$/);
  expect(name.endsWith(`_${unit ?? ''}`)).toBe(unit !== undefined);
  if (kind !== 'info' && unit === undefined) expect(name).not.toMatch(/_(seconds|bytes)$/);
  expect(labels).not.toContain('le');
});
