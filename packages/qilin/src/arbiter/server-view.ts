/** How the server is, as its arbiter knows it: for all who ask. */
import { addCounts, type EarlierCounts } from '../admin/earlier-counts.ts';
import type { Figures } from '../admin/figures.ts';
import type { Pulse } from '../admin/probes.ts';
import { BOUNDS, isAnswerList, readAnswers } from '../contract/answers.ts';
import type { WorkerStats } from '../contract/stats.ts';
import type { ServerState, Status, WorkerStatus } from '../contract/status.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Crew } from './crew.ts';
import { figuresOf, lagOf } from './figures.ts';
import { isServing, type WorkerView, wantedCount } from './fleet.ts';
import type { Generations } from './generations.ts';
import { listenerQueues } from './listener-queues.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';
import type { Situation } from './systemd.ts';
import type { Valve } from './valve.ts';

/** A worker whose sign of life, which comes each second, has stayed away for so long is stuck. */
const STUCK_AFTER: Milliseconds = 3_000;

export class ServerView {
  readonly #version: string;
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #crew: Crew;
  readonly #valve: Valve;
  #earlier: EarlierCounts = new Map();

  constructor(
    version: string,
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    crew: Crew,
    valve: Valve,
  ) {
    this.#version = version;
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#crew = crew;
    this.#valve = valve;
  }

  get #serverState(): ServerState {
    const { goal } = this.#state.fleet;
    if (goal === 'stop') return 'stopping';
    if (goal === 'drain' || this.#succession.isLeaving) return 'draining';
    return this.#crew.hasStarted ? 'serving' : 'starting';
  }

  /** What the probes depend on. */
  pulse(): Pulse {
    const serving = this.#state.fleet.workers.filter(isServing);
    const least = Math.min(...serving.map((worker) => this.#crew.silenceOf(worker)));
    return {
      state: this.#serverState,
      hasStarted: this.#crew.hasStarted,
      ready: serving.length,
      stuckFor: serving.length > 0 && least >= STUCK_AFTER ? least : 0,
      unreadyWhenStuck: this.#state.config.unreadyWhenStuck,
    };
  }

  /** For systemd. */
  situation(): Omit<Situation, 'sockets'> {
    const { fleet, lastReload } = this.#state;
    const { state, ready } = this.pulse();
    const { by, outcome, reason } = lastReload.status ?? {};
    const failure = outcome === 'called off' ? `; the last ${by} was called off: ${reason}` : '';
    return {
      state,
      isReloading: lastReload.isReloading,
      status: `${ready} of ${wantedCount(fleet)} workers serve, generation ${fleet.serving.number}${failure}`,
      isSuccessor: this.#succession.isSuccessor,
      heir: this.#succession.heir,
    };
  }

  /** What the arbiter before this one has counted, and counts while it leaves. */
  inherit(counts: EarlierCounts): void {
    this.#earlier = counts;
  }

  /** For `/metrics`. */
  figures(): Figures {
    const { fleet, lastReload } = this.#state;
    const shedByArbiter = this.#valve.total;
    const queues = listenerQueues(this.#generations.sockets);
    const own = figuresOf({ version: this.#version, fleet, crew: this.#crew, lastReload, shedByArbiter, queues });
    return addCounts(own, this.#earlier);
  }

  /** All of it. */
  status(): Status {
    const { fleet } = this.#state;
    const { state, ready, stuckFor } = this.pulse();
    return {
      version: this.#version,
      pid: process.pid,
      startedAt: pointOfTime(0),
      state,
      generation: fleet.serving.number,
      workersWanted: wantedCount(fleet),
      workersReady: ready,
      stuckSeconds: inSeconds(stuckFor),
      shedByArbiter: this.#valve.total,
      lastReload: this.#state.lastReload.status,
      reloads: this.#state.lastReload.history,
      stalls: this.#crew.stalls.map(({ at, count, total, longest, last }) => ({
        at,
        count,
        totalSeconds: inSeconds(total),
        longestSeconds: inSeconds(longest),
        lastAt: pointOfTime(last),
      })),
      slowest: this.#crew.slowest.list(performance.now(), pointOfTime),
      workers: fleet.workers.map((worker) => this.#workerStatus(worker)),
    };
  }

  #workerStatus(worker: WorkerView): WorkerStatus {
    const { age, generation, state, since } = worker;
    const { pid, heartbeat, stuckAt } = this.#crew.facts(age);
    const { stats, usage } = heartbeat ?? {};
    return {
      pid,
      age,
      generation,
      state,
      since: pointOfTime(since),
      silentSeconds: inSeconds(this.#crew.silenceOf(worker)),
      stuckAt: stuckAt ?? null,
      requests: stats?.requests ?? null,
      shed: stats?.shed ?? null,
      accepted: stats?.accepted ?? null,
      connections: stats?.connections ?? null,
      unproxied: stats?.unproxied ?? null,
      cpuSeconds: usage === undefined ? null : inSeconds(usage.cpu),
      residentBytes: usage?.resident ?? null,
      heapUsedBytes: usage?.heapUsed ?? null,
      heapLimitBytes: usage?.heapLimit ?? null,
      lagSeconds: usage === undefined ? null : lagOf(usage, this.#crew.silenceOf(worker)),
      ...answered(stats),
    };
  }
}

/** Without counts, nothing is known. */
function answered(stats: WorkerStats | null | undefined): Pick<WorkerStatus, 'inFlight' | 'durations'> {
  if (!stats || !isAnswerList(stats.answers)) return { inFlight: null, durations: null };
  const { begun, over, buckets } = readAnswers(stats.answers);
  return { inFlight: Math.max(0, begun - over), durations: { bounds: BOUNDS, buckets } };
}

const inSeconds = (time: Milliseconds): number => Math.round(time) / 1000;

/** Of a moment of the monotonic clock. */
const pointOfTime = (moment: Milliseconds): string => new Date(performance.timeOrigin + moment).toISOString();
