/** The figures of `/metrics`, of what the arbiter knows. */
import type { Figures, Sample } from '../admin/figures.ts';
import { BOUNDS, METHODS, readAnswers, STATUS_CLASSES } from '../contract/answers.ts';
import { MEMORY_SPACES } from '../contract/memory-spaces.ts';
import type { Heartbeat } from '../contract/messages.ts';
import type { WorkerUsage } from '../contract/stats.ts';
import { COLLECTIONS, DEADLINES, NO_TALLY, REFUSALS, readTally } from '../contract/tally.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Crew } from './crew.ts';
import { type Fleet, WORKER_STATES, type WorkerView, wantedCount } from './fleet.ts';
import type { LastReload } from './last-reload.ts';
import { END_REASONS } from './totals.ts';

/** A sign of life comes each second, at the latest. What is beyond that is lag. */
const SIGN_OF_LIFE: Milliseconds = 1_000;

interface Known {
  readonly version: string;
  readonly fleet: Fleet;
  readonly crew: Crew;
  readonly lastReload: LastReload;
  readonly shedByArbiter: number;
  readonly queues: ReadonlyMap<string, number>;
}

const only = (value: number): readonly Sample[] => [{ labels: {}, value }];
const seconds = (time: Milliseconds): number => Math.round(time) / 1000;

export function figuresOf({ version, fleet, crew, lastReload, shedByArbiter, queues }: Known): Figures {
  const { totals } = crew;
  const running = fleet.workers.map((worker) => ({ worker, heartbeat: crew.facts(worker.age).heartbeat }));
  const told = running.flatMap(({ heartbeat }) => heartbeat ?? []);
  const { shed, connections, accepted, unproxied, answers, tally } = totals.stats(told);
  const { byStatus, buckets, time } = readAnswers(answers);
  const { waits, waited, deadlines, refusals, collections, collecting } = readTally(tally ?? NO_TALLY);
  const { user, system } = process.cpuUsage();
  return {
    qilin_build: [{ labels: { version, node: process.versions.node }, value: 1 }],
    qilin_start_time_seconds: only(performance.timeOrigin / 1000),
    qilin_requests: requests(byStatus),
    qilin_request_duration_seconds: { bounds: BOUNDS, buckets, sum: time },
    qilin_queue_seconds: { bounds: BOUNDS, buckets: waits, sum: waited },
    qilin_requests_in_flight: only(sum(told, inFlight)),
    qilin_requests_shed: [
      { labels: { by: 'worker' }, value: shed },
      { labels: { by: 'arbiter' }, value: shedByArbiter },
    ],
    qilin_requests_refused: byName('reason', REFUSALS, refusals),
    qilin_deadlines_passed: byName('deadline', DEADLINES, deadlines),
    qilin_connections: only(connections),
    qilin_connections_accepted: only(accepted),
    qilin_connections_unproxied: only(unproxied),
    qilin_listener_queue: [...queues].map(([address, value]) => ({ labels: { address }, value })),
    qilin_workers: WORKER_STATES.map((state) => ({
      labels: { state },
      value: fleet.workers.filter((worker) => worker.state === state).length,
    })),
    qilin_workers_wanted: only(wantedCount(fleet)),
    qilin_worker_starts: only(totals.starts),
    qilin_worker_ends: END_REASONS.map((reason) => ({ labels: { reason }, value: totals.ends(reason) })),
    qilin_reloads: reloads(lastReload),
    qilin_event_loop_stalls: only(crew.stallCount),
    qilin_event_loop_stall_seconds: only(seconds(crew.stallTime)),
    qilin_cpu_seconds: [
      { labels: { process: 'workers' }, value: seconds(totals.cpu(told)) },
      { labels: { process: 'arbiter' }, value: seconds((user + system) / 1000) },
    ],
    qilin_arbiter_resident_bytes: only(process.memoryUsage.rss()),
    qilin_worker_resident_bytes: byPlace(running, ({ usage }) => usage.resident, add),
    qilin_worker_heap_used_bytes: byPlace(running, ({ usage }) => usage.heapUsed, add),
    qilin_worker_memory_bytes: MEMORY_SPACES.flatMap((space, index) =>
      byPlace(running, ({ usage }) => usage.spaces[index] ?? 0, add).map(({ labels, value }) => ({
        labels: { ...labels, space },
        value,
      })),
    ),
    qilin_gc: byName('kind', COLLECTIONS, collections),
    qilin_gc_seconds: byName('kind', COLLECTIONS, collecting.map(seconds)),
    qilin_app_metrics_left_out: only(crew.appMetricsLeftOut),
    qilin_worker_event_loop_lag_seconds: byPlace(
      running,
      ({ usage }, worker) => lagOf(usage, crew.silenceOf(worker)),
      Math.max,
    ),
  };
}

/** In seconds: how late an event loop was at its last sign of life, or is by now. */
export const lagOf = ({ lag }: WorkerUsage, silence: Milliseconds): number =>
  seconds(Math.max(lag, silence - SIGN_OF_LIFE));

/** Values in the order of their names. */
const byName = (label: string, names: readonly string[], values: readonly number[]): readonly Sample[] =>
  names.map((name, index) => ({ labels: { [label]: name }, value: values[index] ?? 0 }));

/** Those that have been answered at all: most pairs never come. */
function requests(byStatus: readonly number[]): readonly Sample[] {
  return METHODS.flatMap((method, row) =>
    STATUS_CLASSES.flatMap((status, column) => {
      const value = byStatus[row * STATUS_CLASSES.length + column] ?? 0;
      return value === 0 ? [] : [{ labels: { method, status }, value }];
    }),
  );
}

function reloads(lastReload: LastReload): readonly Sample[] {
  return (['HUP', 'USR2'] as const).flatMap((by) =>
    (['done', 'called off'] as const).map((outcome) => ({
      labels: { kind: by === 'HUP' ? 'reload' : 'upgrade', outcome: outcome.replace(' ', '_') },
      value: lastReload.count(by, outcome),
    })),
  );
}

function inFlight({ stats }: Heartbeat): number {
  const { begun, over } = readAnswers(stats?.answers ?? []);
  return Math.max(0, begun - over);
}

const sum = <T>(list: readonly T[], figure: (one: T) => number): number =>
  list.reduce((total, one) => total + figure(one), 0);

const add = (one: number, other: number): number => one + other;

interface Running {
  readonly worker: WorkerView;
  readonly heartbeat: Heartbeat | undefined;
}

/** Old and new workers of a reload share their places. */
function byPlace(
  running: readonly Running[],
  figure: (heartbeat: Heartbeat, worker: WorkerView) => number,
  join: (one: number, other: number) => number,
): readonly Sample[] {
  const values = new Map<number, number>();
  for (const { worker, heartbeat } of running) {
    if (heartbeat === undefined) continue;
    const value = figure(heartbeat, worker);
    const before = values.get(worker.place);
    values.set(worker.place, before === undefined ? value : join(before, value));
  }
  const places = [...values].sort(([a], [b]) => a - b);
  return places.map(([place, value]) => ({ labels: { worker: String(place) }, value }));
}
