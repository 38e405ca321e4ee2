/**
 * The figures of `/metrics`: one table, from which the answer and docs/metrics.md come. Names and units as Prometheus wants them; no
 * label has more values than are listed here, or than there are workers.
 */

interface Figure {
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'info';
  /** Its last word in the name, where it has one. */
  readonly unit?: 'seconds' | 'bytes';
  readonly labels?: readonly string[];
  readonly help: string;
}

/** By name, counters without their `_total`. */
export const FIGURES = {
  qilin_build: { kind: 'info', labels: ['version', 'node'], help: 'Versions of Qilin and of Node.' },
  qilin_start_time_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    help: 'When this arbiter began, since the epoch. An upgrade begins a new one, which goes on with the counts.',
  },
  qilin_requests: {
    kind: 'counter',
    labels: ['method', 'status'],
    help: 'Requests that are over, by method and class of status; none: the client had left before there was one.',
  },
  qilin_request_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'From the first look at a request to the end of its answer.',
  },
  qilin_queue_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long requests had waited before anybody could look at them, in the kernel and for their turn: of each 32nd. TCP on Linux, within 4 ms.',
  },
  qilin_requests_in_flight: { kind: 'gauge', help: 'Requests that are not over.' },
  qilin_requests_shed: {
    kind: 'counter',
    labels: ['by'],
    help: 'Requests that queueTimeout kept from the app: by the worker, or by the arbiter where no worker turned.',
  },
  qilin_requests_refused: {
    kind: 'counter',
    labels: ['reason'],
    help: 'Requests that were no good, or too large: no app saw them, or all of them.',
  },
  qilin_deadlines_passed: {
    kind: 'counter',
    labels: ['deadline'],
    help: 'Clients and apps that took too long, by the setting that says so.',
  },
  qilin_connections: { kind: 'gauge', help: 'Connections that are open.' },
  qilin_connections_accepted: { kind: 'counter', help: 'Connections accepted.' },
  qilin_connections_unproxied: {
    kind: 'counter',
    help: 'Connections closed for want of a valid header of PROXY protocol.',
  },
  qilin_listener_queue: {
    kind: 'gauge',
    labels: ['address'],
    help: 'Connections that wait to be accepted, of each listening socket (TCP on Linux).',
  },
  qilin_workers: { kind: 'gauge', labels: ['state'], help: 'Workers by state.' },
  qilin_workers_wanted: { kind: 'gauge', help: 'Workers that are to serve.' },
  qilin_worker_starts: { kind: 'counter', help: 'Workers started.' },
  qilin_worker_ends: {
    kind: 'counter',
    labels: ['reason'],
    help: 'Workers that ended, by reason.',
  },
  qilin_reloads: {
    kind: 'counter',
    labels: ['kind', 'outcome'],
    help: 'Reloads and upgrades that ended. One replaced by another counts with that.',
  },
  qilin_event_loop_stalls: { kind: 'counter', help: 'Event loops that stood still for longer than stallWarning.' },
  qilin_event_loop_stall_seconds: {
    kind: 'counter',
    unit: 'seconds',
    help: 'How long they did so.',
  },
  qilin_cpu_seconds: { kind: 'counter', unit: 'seconds', labels: ['process'], help: 'CPU time used.' },
  qilin_arbiter_resident_bytes: { kind: 'gauge', unit: 'bytes', help: 'Resident memory of the arbiter.' },
  qilin_worker_resident_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['worker'],
    help: 'Resident memory of a worker, by its place: during a reload, of the old and the new one in it.',
  },
  qilin_worker_heap_used_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['worker'],
    help: "V8's heap in use, of the main thread of the worker in that place.",
  },
  qilin_worker_memory_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['worker', 'space'],
    help: "V8's memory in use, of the main thread of the worker in that place, by space; external lies outside of the heap, as buffers do.",
  },
  qilin_gc: {
    kind: 'counter',
    labels: ['kind'],
    help: 'Collections of garbage in the workers, where apps run.',
  },
  qilin_gc_seconds: { kind: 'counter', unit: 'seconds', labels: ['kind'], help: 'How long these took.' },
  qilin_app_metrics_left_out: {
    kind: 'counter',
    help: "Metrics of the app's own that an answer of /metrics lacked: one was too long, or all of a worker were beyond 4 MiB.",
  },
  qilin_worker_event_loop_lag_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: ['worker'],
    help: 'How late the event loop of the worker in that place is, or was at its last sign of life.',
  },
} as const satisfies Readonly<Record<string, Figure>>;

type Table = typeof FIGURES;
export type FigureName = keyof Table;

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds; not summed up. */
  readonly buckets: readonly number[];
  readonly sum: number;
}

type ValueOf<Kind extends Figure['kind']> = Kind extends 'histogram' ? Histogram : readonly Sample[];

/** A value for each. */
export type Figures = { readonly [Name in FigureName]: ValueOf<Table[Name]['kind']> };

export const FIGURE_NAMES = Object.keys(FIGURES).filter((name): name is FigureName => Object.hasOwn(FIGURES, name));

/** The row, as code sees it that goes through the whole table. */
export const figureOf = (name: FigureName): Figure => FIGURES[name];
