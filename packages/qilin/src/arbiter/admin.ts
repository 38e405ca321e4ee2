/** The arbiter's own listener (setting `adminBind`): when it answers, and what it knows of the server. */
import { duplicateFd } from '@qilin/picoev';
import type { AdminServer } from '../admin/admin-server.ts';
import type { Pulse } from '../admin/probes.ts';
import type { ServerState, Status, WorkerStatus } from '../admin/status.ts';
import { type Address, formatUrl } from '../contract/address.ts';
import { explain } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Crew } from './crew.ts';
import { isServing, type WorkerView, wantedCount } from './fleet.ts';
import type { Generations } from './generations.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';
import type { Valve } from './valve.ts';

/** A worker whose sign of life, which comes each second, has stayed away for so long is stuck. */
const STUCK_AFTER: Milliseconds = 3_000;

export class Admin {
  readonly #version: string;
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #crew: Crew;
  readonly #valve: Valve;
  readonly #onLoaded: () => void;
  #server: AdminServer | undefined;
  /** With node:http, which takes as much memory as all else here: loaded where it is asked for. */
  #class: typeof AdminServer | undefined;
  #isLoading = false;

  /** @param onLoaded Then `follow()` is to be called once more. */
  constructor(
    version: string,
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    crew: Crew,
    valve: Valve,
    onLoaded: () => void,
  ) {
    this.#version = version;
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#crew = crew;
    this.#valve = valve;
    this.#onLoaded = onLoaded;
  }

  /** Answers from now on, or no more: of the two arbiters of an upgrade one does. To be called after each change. */
  follow(): undefined {
    const { admin } = this.#generations;
    const isAsked = admin !== undefined && this.#succession.speaksForServer(this.#crew.hasStarted);
    if (!isAsked) this.close();
    else if (this.#class === undefined) this.#load();
    else this.#server ??= this.#open(this.#class, admin.fd, admin.actual);
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  #load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    void import('../admin/admin-server.ts')
      .then(({ AdminServer }) => {
        this.#class = AdminServer;
        this.#onLoaded();
      })
      // It may have been replaced on the disk by another version, or have gone with it.
      .catch((error: unknown) => this.#state.log.error(`adminBind does not answer: ${explain(error)}`));
  }

  #open(Class: typeof AdminServer, fd: number, address: Address): AdminServer {
    const { log } = this.#state;
    const server = new Class(duplicateFd(fd), {
      pulse: () => this.#pulse(),
      status: () => this.#status(),
      onError: (error) => log.error(`${formatUrl(address, 'http')} (adminBind) does not answer: ${error.message}`),
    });
    log.info(`Health and status at: ${formatUrl(address, 'http')} (${process.pid})`);
    if (address.kind === 'tcp' && !isLoopback(address.host))
      log.warning(
        `adminBind ${formatUrl(address, 'http')} is open to other machines: they can read pids, memory and load of all workers`,
      );
    return server;
  }

  get #serverState(): ServerState {
    const { goal } = this.#state.fleet;
    if (goal === 'stop') return 'stopping';
    if (goal === 'drain' || this.#succession.isLeaving) return 'draining';
    return this.#crew.hasStarted ? 'serving' : 'starting';
  }

  #pulse(): Pulse {
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

  #status(): Status {
    const { fleet } = this.#state;
    const { state, ready, stuckFor } = this.#pulse();
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
      stalls: this.#crew.stalls.map(({ at, count, total, longest, last }) => ({
        at,
        count,
        totalSeconds: inSeconds(total),
        longestSeconds: inSeconds(longest),
        lastAt: pointOfTime(last),
      })),
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
    };
  }
}

const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1';

const inSeconds = (time: Milliseconds): number => Math.round(time) / 1000;

/** Of a moment of the monotonic clock. */
const pointOfTime = (moment: Milliseconds): string => new Date(performance.timeOrigin + moment).toISOString();
