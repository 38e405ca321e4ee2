/** The workers' processes: started and told to leave as the plan says, and heard. What they say and how they end is told here. */
import { OrphanReaper } from '@qilin/picoev';
import type { AppMetric } from '../contract/app-metrics.ts';
import { explain } from '../contract/errors.ts';
import type { WorkerInfo } from '../contract/hooks.ts';
import type { Heartbeat, Recording, WorkerMessage } from '../contract/messages.ts';
import type { StallReport } from '../contract/stalls.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Config } from '../settings/config.ts';
import { AppMetrics } from './app-metrics.ts';
import { BootFailures } from './boot-failures.ts';
import { EndReasons } from './end-reasons.ts';
import { isOnTrial, isServing, type WorkerView } from './fleet.ts';
import { type Generation, type Generations, socketsOf } from './generations.ts';
import { MemoryRoom } from './memory-room.ts';
import type { OnceKeeper } from './once-keeper.ts';
import type { Action } from './plan.ts';
import { giveLogFiles } from './privileges.ts';
import { Recordings, type TakePart } from './recordings.ts';
import { Slowest } from './slowest.ts';
import { howItEnded } from './spawn-refusal.ts';
import { type StalledPlace, Stalls, type StuckStack } from './stalls.ts';
import type { ArbiterState } from './state.ts';
import { Totals } from './totals.ts';
import { type WorkerExit, WorkerHandle } from './worker-handle.ts';

export type CrewEvent =
  /** The hook before its spawn is over. */
  | { readonly type: 'prepared'; readonly age: number }
  | { readonly type: 'message'; readonly worker: WorkerHandle; readonly message: WorkerMessage }
  | { readonly type: 'stall'; readonly worker: WorkerHandle; readonly report: StallReport }
  | { readonly type: 'exit'; readonly worker: WorkerHandle; readonly exit: WorkerExit };

/**
 * A signal to all processes of a service (systemd's KillMode, a terminal, `kill -- -PGID`) is the arbiter's own too, and it may hear of
 * it later than of what a worker does about it. So what nobody here has asked of a worker counts so much later: that is no crash, and
 * brings no successor, in a server that is told to stop.
 */
const ORDER_FOLLOWS: Milliseconds = 50;

type CrewAction = Extract<Action, { readonly age: number } | { readonly type: 'spawn' }>;

interface WorkerFacts {
  /** null before it has a process. */
  readonly pid: number | null;
  /** The last; undefined before the first. */
  readonly heartbeat: Heartbeat | undefined;
  /** Where it is stuck now. */
  readonly stuckAt: string | undefined;
}

export class Crew {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #put: (event: CrewEvent) => void;
  readonly #onReady: () => void;
  readonly #once: OnceKeeper;
  readonly #bootFailures = new BootFailures(() => this.#state.log);
  readonly #workers = new Map<number, WorkerHandle>();
  /** The last of each. */
  readonly #heartbeats = new Map<number, Heartbeat>();
  readonly #orphans = new OrphanReaper();
  readonly #endReasons = new EndReasons();
  readonly #memory: MemoryRoom;
  /** Of all workers, those that have gone too. */
  readonly totals = new Totals();
  readonly slowest = new Slowest(performance.now());
  readonly #stalls = new Stalls(() => this.#state.log);
  readonly #recordings = new Recordings();
  readonly #appMetrics: AppMetrics;
  #announced = false;
  #hasToldEnd = false;
  /** The most workers that served at the same time before that, and since when. */
  #reached = { served: 0, at: 0 };

  /** @param onReady Called once, when the first workers are ready. */
  constructor(
    state: ArbiterState,
    generations: Generations,
    once: OnceKeeper,
    put: (event: CrewEvent) => void,
    onReady: () => void,
  ) {
    this.#once = once;
    this.#state = state;
    this.#generations = generations;
    this.#put = put;
    this.#onReady = onReady;
    this.#appMetrics = new AppMetrics((text) => state.log.warning(text));
    this.#memory = new MemoryRoom(state, (age) => this.#heartbeats.get(age));
  }

  /** The first workers have got ready. */
  get hasStarted(): boolean {
    return this.#announced;
  }

  /** What is known of a worker besides its place in the fleet. */
  facts(age: number): WorkerFacts {
    return {
      pid: this.#workers.get(age)?.pid ?? null,
      heartbeat: this.#heartbeats.get(age),
      stuckAt: this.#stalls.placeOf(age),
    };
  }

  /** For how long nothing in it has turned that could answer. */
  silenceOf({ age, heartbeatAt }: Pick<WorkerView, 'age' | 'heartbeatAt'>): Milliseconds {
    const { silentFor = 0, stuckFor = 0 } = this.#heartbeats.get(age) ?? {};
    // The fleet's time of the heartbeat has `silentFor` taken off.
    return Math.max(0, performance.now() - heartbeatAt + Math.max(0, stuckFor - silentFor));
  }

  /**
   * Of a worker that has a process. Resolves when the last part was taken.
   * @throws Refusal when the worker cannot, does not answer, or ends; when nobody takes it any more
   */
  async record(age: number, recording: Recording, take: TakePart): Promise<void> {
    const worker = this.#workers.get(age);
    if (worker !== undefined) await this.#recordings.record(worker, recording, take);
  }

  /** Metrics of the apps' own that answers have lacked. */
  get appMetricsLeftOut(): number {
    return this.#appMetrics.leftOut;
  }

  /** What the apps of all workers that have one count themselves. */
  appMetrics(): Promise<readonly AppMetric[]> {
    const workers = this.#state.fleet.workers.filter(({ state }) => state !== 'booting');
    return this.#appMetrics.ask(workers.flatMap(({ age }) => this.#workers.get(age) ?? []));
  }

  /** One that has a process. */
  handleOf(age: number): WorkerHandle | undefined {
    return this.#workers.get(age);
  }

  get stallCount(): number {
    return this.#stalls.all.count;
  }

  get stallTime(): Milliseconds {
    return this.#stalls.all.time;
  }

  /** Of its event loops that stand still. */
  stacks(age: number): readonly StuckStack[] {
    return this.#stalls.stacksOf(age);
  }

  /** Where event loops have stood still, the worst first. */
  get stalls(): readonly StalledPlace[] {
    return this.#stalls.worst();
  }

  /** The log files of arbiter and workers. */
  reopenLogs(): void {
    const { fleet, log } = this.#state;
    const serving = this.#generations.get(fleet.serving.number);
    if (serving !== undefined) this.#giveLogFiles(serving);
    log.reopen();
    for (const worker of this.#workers.values()) worker.reopenLogs();
  }

  /** Tells all workers, once, that nobody takes their place. To be called before they are told to leave. */
  serverEnds(): void {
    if (this.#hasToldEnd) return;
    this.#hasToldEnd = true;
    for (const worker of this.#workers.values()) worker.serverEnds();
  }

  /** As the init process of a container, the arbiter inherits every orphan. To be called at each tick. */
  reapOrphans(): void {
    const reaped = this.#orphans.reap();
    if (reaped.length > 0) this.#state.log.debug(`Reaped orphans: ${reaped.join(', ')}`);
  }

  perform(action: CrewAction): void {
    if (action.type === 'spawn') {
      if (this.#memory.isLackingFor(action.generation, performance.now())) this.#state.change({ type: 'crowded' });
      else this.#prepare(action.generation);
      return;
    }
    const { log, fleet } = this.#state;
    const { age } = action;
    const worker = this.#workers.get(age);
    const pid = worker?.pid ?? 0;
    switch (action.type) {
      case 'drop':
        this.#state.change({ type: 'dropped', age });
        break;
      case 'drain':
        log.debug(`Worker ${pid} is told to finish: ${action.reason}`);
        worker?.signal('SIGTERM');
        this.#state.change({ type: 'drained', age });
        break;
      case 'quit':
        if (fleet.goal === 'serve') log.warning(`Worker ${pid} is ended: ${action.reason}`);
        worker?.signal('SIGINT');
        this.#state.change({ type: 'quitted', age });
        break;
      case 'abort':
        log.critical(`WORKER TIMEOUT (pid: ${pid}): ${action.reason}`);
        worker?.signal('SIGABRT');
        this.#state.change({ type: 'aborted', age });
        break;
      case 'kill':
        log.error(`Worker ${pid} is killed: ${action.reason}`);
        worker?.signal('SIGKILL');
        this.#state.change({ type: 'killed', age });
    }
  }

  hear(event: CrewEvent, at: Milliseconds): void {
    if (event.type === 'prepared') this.#launch(event.age);
    else if (event.type === 'stall') this.#stalls.hear(event.worker, event.report);
    else if (event.type === 'message') this.#hearMessage(event.worker, event.message, at);
    else if (event.exit.error === undefined) this.#hearExit(event.worker, event.exit, at);
    else this.#hearRefusal(event.worker, event.exit.error, at);
  }

  #prepare(generation: number): void {
    const { hooks, log, info } = this.#state;
    this.#state.change({ type: 'preparing', generation });
    const age = this.#state.fleet.lastAge;
    if (!hooks.has('preFork')) {
      this.#launch(age);
      return;
    }
    const planned: WorkerInfo = { pid: 0, age, generation, log };
    void hooks
      .call('preFork', (user) => user.preFork?.(info, planned))
      .finally(() => this.#put({ type: 'prepared', age }));
  }

  /** Starts the process of a worker that is prepared, unless it is not wanted any more. */
  #launch(age: number): void {
    const view = this.#view(age);
    const given = view && this.#generations.get(view.generation);
    if (view === undefined || given === undefined) return;
    this.#giveLogFiles(given);
    const worker = new WorkerHandle(
      {
        ...given,
        age,
        generation: view.generation,
        place: view.place,
        sockets: socketsOf(given, view.place),
        isOnTrial: isOnTrial(this.#state.fleet, view.generation),
        config: view.place === 1 ? given.config : withoutInspector(given.config),
      },
      {
        onMessage: (from, message) => {
          const event: CrewEvent = { type: 'message', worker: from, message };
          if (message.type === 'leaving') this.#putInTurn(event);
          else this.#put(event);
        },
        onStall: (from, report) => this.#put({ type: 'stall', worker: from, report }),
        onNonsense: ({ pid }, what) => this.#state.log.warning(`Worker ${pid} says what nobody understands: ${what}`),
        onExit: (from, exit) => {
          const event: CrewEvent = { type: 'exit', worker: from, exit };
          // Sent to a whole service it would have ended this process too.
          if (exit.signal === 'SIGKILL') this.#put(event);
          else this.#putInTurn(event);
        },
      },
    );
    // One that could not be started is heard of soon.
    if (worker.pid === 0) return;
    this.#workers.set(age, worker);
    this.#state.change({ type: 'spawned', age });
    this.totals.started();
    this.#state.log.info(`Booting worker with pid: ${worker.pid}`);
  }

  /** The end of a worker, later where it may be the answer to a signal that is still to be heard. */
  #putInTurn(event: Extract<CrewEvent, { readonly worker: WorkerHandle }>): void {
    if (this.#isUnasked(event.worker.age)) setTimeout(this.#put, ORDER_FOLLOWS, event);
    else this.#put(event);
  }

  /** Before workers open them. What is wrong with a file is told; a worker that cannot open it says so too. */
  #giveLogFiles({ config, privileges }: Generation): void {
    try {
      giveLogFiles(config, privileges);
    } catch (error) {
      this.#state.log.error(explain(error));
    }
  }

  #hearMessage(worker: WorkerHandle, message: WorkerMessage, at: Milliseconds): void {
    const { age, pid } = worker;
    switch (message.type) {
      case 'ready':
        this.#bootFailures.forget();
        this.#state.change({ type: 'ready', age }, at);
        this.announce(at);
        break;
      case 'heartbeat':
        this.#heartbeats.set(age, message);
        if (message.slow.length > 0) this.slowest.add(message.slow, at);
        this.#state.change({ type: 'heartbeat', age }, at - message.silentFor);
        break;
      case 'leaving':
        if (this.#isServing(age)) {
          this.#state.log.warning(
            `Worker ${pid} was told to leave by somebody else, and is replaced: ${message.reason}`,
          );
        }
        this.#state.change({ type: 'leaving', age }, at);
        break;
      case 'retire':
        this.#state.log.info(`Worker ${pid} is being replaced: ${message.reason}`);
        this.totals.retires(age, message.cause);
        this.#state.change({ type: 'retire', age, cause: message.cause }, at);
        break;
      case 'snapshot':
        this.#state.change({ type: 'snapshot', age }, at);
        break;
      case 'recorded':
      case 'recordFailed':
        this.#recordings.hear(age, message);
        break;
      case 'appMetric':
      case 'appMetricsEnd':
        this.#appMetrics.hear(age, message);
        break;
      case 'onceAsk':
      case 'onceLet':
        this.#once.hear(worker, message);
        break;
      case 'bootFailed':
        if (worker.generation === this.#state.fleet.candidate?.number)
          this.#state.lastReload.candidateSays(message.text);
        this.#bootFailures.explained(worker, message.code, message.text, this.#state.fleet.started);
    }
  }

  #hearExit(worker: WorkerHandle, exit: WorkerExit, at: Milliseconds): void {
    const { age, generation, pid } = worker;
    const before = this.#state.fleet;
    const view = this.#view(age);
    const { log, config, hooks, info } = this.#state;
    const why = this.#endReasons.explain(exit, view, this.#heartbeats.get(age)?.usage);
    const how = howItEnded(exit);
    this.#workers.delete(age);
    this.#recordings.gone(age);
    this.#appMetrics.gone(age);
    this.#once.gone(age, exit.signal !== 'SIGKILL' && this.#isUnasked(age));
    this.#stalls.forget(worker);
    this.totals.ended(age, view, this.#heartbeats.get(age));
    this.#heartbeats.delete(age);
    const code = view?.state === 'booting' ? this.#bootFailures.ended(worker, how, config.app, before.started) : null;
    log[severityOf(exit, view)](`Worker exited (pid: ${pid}, ${how})${why}`);
    this.#state.change({ type: 'exited', age, fatalStatus: this.#bootFailures.status, code }, at);
    const isFatal = before.fatal === null && this.#state.fleet.fatal !== null;
    if (isFatal) log.error('Shutting down: the first worker failed to boot');
    void hooks.call('childExit', (user) => user.childExit?.(info, { pid, age, generation, log }));
  }

  #hearRefusal({ age }: WorkerHandle, error: Error, at: Milliseconds): void {
    this.#state.log.error(`A worker could not be started: ${error.message}`);
    this.#state.change({ type: 'spawnFailed', age }, at);
  }

  /**
   * Tells once that the start is done, which whoever started this process waits for: all workers serve, or no more of them
   * for `bootTimeout`, since one that fails again and again would have them wait for ever. To be called at each tick.
   */
  announce(at: Milliseconds): void {
    const { config, fleet, hooks, info, log } = this.#state;
    if (this.#announced || fleet.goal !== 'serve') return;
    const served = fleet.workers.filter(isServing).length;
    if (served > this.#reached.served) this.#reached = { served, at };
    const { bootTimeout } = fleet.serving.limits;
    const isStuck = served > 0 && bootTimeout > 0 && at - this.#reached.at >= bootTimeout;
    if (served < info.workers && !isStuck) return;
    this.#announced = true;
    if (served < info.workers) {
      const been = `no further worker has got ready for ${bootTimeout / 1000} s (bootTimeout)`;
      log.warning(`The start goes on with ${served} of ${info.workers} workers: ${been}`);
    }
    log.info(`Ready: ${served} ${served === 1 ? 'worker serves' : 'workers serve'} ${config.app}`);
    void hooks.call('whenReady', (user) => user.whenReady?.(info)).finally(this.#onReady);
  }

  #isServing(age: number): boolean {
    const view = this.#view(age);
    return view !== undefined && isServing(view);
  }

  /** Nobody here has told it to leave. */
  #isUnasked(age: number): boolean {
    return this.#isServing(age) || this.#view(age)?.state === 'booting';
  }

  #view(age: number) {
    return this.#state.fleet.workers.find((worker) => worker.age === age);
  }
}

/** It is the first worker's alone. */
export const withoutInspector = (config: Config): Config => ({ ...config, inspect: null, inspectBrk: null });

/**
 * One that was told to leave may say by its status what it likes, and ends by SIGTERM itself when it has not begun to listen for
 * that; but another signal that nobody here sent it is a crash.
 */
function severityOf({ status, signal }: WorkerExit, view: WorkerView | undefined): 'info' | 'warning' | 'error' {
  if (status === 0 || view?.state === 'aborting' || view?.state === 'quitting') return 'info';
  if (view?.state !== 'draining' && view?.state !== 'snapshotting') return 'error';
  return signal === null || signal === 'SIGTERM' || view.killed ? 'info' : 'warning';
}
