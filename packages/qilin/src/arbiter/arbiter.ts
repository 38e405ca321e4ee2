/**
 * The arbiter: takes events out of its mailbox, has the fleet changed by them, asks plan() what to do, and has it done. Every
 * rule is in transitions.ts and plan.ts. Invariant: nothing is awaited between two events. Settings, hooks and workers put events in
 * when they are done, or when their time is over. endings.ts says what ends it.
 */
import { explain } from '../contract/errors.ts';
import type { Fields } from '../contract/fields.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Origins } from '../settings/config.ts';
import type { Config, LoadedSettings } from '../settings/merge.ts';
import { Admin } from './admin.ts';
import { lookBehindNews } from './behind-news.ts';
import { Control, type ControlEvent } from './control.ts';
import { Crew, type CrewEvent } from './crew.ts';
import { Dashboard } from './dashboard.ts';
import { Faults, guardArbiter } from './endings.ts';
import { wantedCount } from './fleet.ts';
import { Generations } from './generations.ts';
import { takeInheritance } from './inheritance.ts';
import { isAlive } from './is-alive.ts';
import { Mailbox } from './mailbox.ts';
import { OnceKeeper } from './once-keeper.ts';
import { Opening, type OpeningEvent } from './opening.ts';
import { type Action, plan } from './plan.ts';
import { type ReloadEvent, Reloads } from './reload.ts';
import { isBeyond, Scaler } from './scaler.ts';
import { ServerView } from './server-view.ts';
import { type ArbiterSignal, hasTerminal, listenForSignals } from './signals.ts';
import { ArbiterState } from './state.ts';
import { StatsdGauges } from './statsd-gauges.ts';
import { Succession, type SuccessionEvent } from './succession.ts';
import { Systemd } from './systemd.ts';
import { TICK } from './transitions.ts';
import { Upgrade } from './upgrade.ts';
import { Valve, type ValveEvent } from './valve.ts';

/** What the hooks have when the last worker has gone, and `onExit` once more. */
const LAST_HOOKS: Milliseconds = 5_000;

export interface ArbiterOptions {
  readonly version: string;
  readonly config: Config;
  readonly origins: Origins;
  /** Sentences about the settings, to be logged at the start. */
  readonly notes: readonly string[];
  /** The directory that the command was started in, where a new arbiter (USR2) starts too. */
  readonly startedIn: string;
  /** Reads all settings again, for a reload. */
  readonly loadSettings: () => Promise<LoadedSettings>;
  /** Called once, when the first workers are ready. */
  readonly onReady: () => void;
}

type ArbiterEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'signal'; readonly signal: ArbiterSignal }
  | { readonly type: 'filesChanged'; readonly file: string }
  /** The other arbiter of an upgrade says something of the tasks of `once`. */
  | { readonly type: 'once'; readonly said: Fields }
  | OpeningEvent
  | CrewEvent
  | ReloadEvent
  | ValveEvent
  | SuccessionEvent
  | ControlEvent;

export class Arbiter {
  readonly #options: ArbiterOptions;
  readonly #mailbox = new Mailbox<ArbiterEvent>();
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #opening: Opening;
  readonly #crew: Crew;
  readonly #reloads: Reloads;
  readonly #succession: Succession;
  readonly #valve: Valve;
  readonly #admin: Admin;
  readonly #control: Control;
  readonly #systemd: Systemd;
  readonly #once: OnceKeeper;
  readonly #scaler: Scaler;
  readonly #statsd: StatsdGauges;
  readonly #faults = new Faults(() => this.#state.log);
  /** What came before the sockets were open, and waits for that. */
  #early: ArbiterSignal[] = [];

  /** @throws QilinError LOG_FILE */
  constructor(options: ArbiterOptions) {
    const put = (event: ArbiterEvent): void => this.#mailbox.put(event);
    const inheritance = takeInheritance(process.env, process.pid, options.config.backlog);
    const upgrade = new Upgrade(inheritance.predecessor);
    const state = new ArbiterState(options.config, options.origins, upgrade.isSuccessor, inheritance.workers);
    const generations = new Generations(inheritance);
    this.#options = options;
    this.#state = state;
    this.#generations = generations;
    this.#succession = new Succession(state, generations, upgrade, options.startedIn, put);
    this.#opening = new Opening(state, generations, this.#succession, put);
    this.#once = new OnceKeeper({
      fleet: () => state.fleet,
      log: () => state.log,
      relay: upgrade,
      worker: (age) => this.#crew.handleOf(age),
      isAlive,
    });
    upgrade.onOnce((said) => put({ type: 'once', said }));
    this.#crew = new Crew(state, generations, this.#once, put, options.onReady);
    this.#reloads = new Reloads(state, generations, this.#succession, options.loadSettings, put);
    this.#valve = new Valve(state, generations, this.#succession, this.#crew, put);
    this.#scaler = new Scaler(state, this.#succession, this.#crew);
    const view = new ServerView(options.version, state, this.#generations, this.#succession, this.#crew, this.#valve);
    this.#systemd = new Systemd(
      process.env,
      { pid: process.pid, isHeir: upgrade.isSuccessor, stored: inheritance.stored },
      () => ({ ...view.situation(), sockets: generations.sockets }),
      () => state.log,
    );
    this.#statsd = new StatsdGauges(state, generations);
    this.#control = new Control({
      state,
      generations,
      succession: this.#succession,
      crew: this.#crew,
      reloads: this.#reloads,
      view,
      put,
    });
    const dashboard = new Dashboard(state, view, this.#control);
    this.#admin = new Admin(state, generations, this.#succession, this.#crew, view, upgrade, dashboard, () =>
      this.#mailbox.put({ type: 'tick' }),
    );
  }

  /**
   * Serves until it is told to stop.
   * @returns the exit status: 0 after an orderly stop, 3 or 4 when the first workers could not start
   * @throws QilinError when the start fails before there is a worker; nothing is left behind
   */
  async run(): Promise<number> {
    const { config } = this.#state;
    process.title = `qilin: arbiter [${config.procName}]`;
    const unguard = guardArbiter({ log: () => this.#state.log, onExit: () => this.#succession.removePidFile() });
    const stopListening = listenForSignals((signal) => this.#mailbox.put({ type: 'signal', signal }));
    const stopTicking = lookBehindNews(() => this.#mailbox.put({ type: 'tick' }), TICK);
    let stopWatching: (() => Promise<void>) | undefined;
    try {
      if (config.reload) stopWatching = await this.#watch(config);
      this.#opening.begin(this.#options.version, this.#options.notes);
      return await this.#serve();
    } catch (error) {
      // The command tells it on stderr; who reads a file, or a daemon's log, looks there.
      if (config.errorlog !== '-') this.#state.log.error(explain(error));
      throw error;
    } finally {
      stopTicking();
      this.#statsd.close();
      await stopWatching?.();
      await this.#leave();
      stopListening();
      unguard();
    }
  }

  async #watch(config: Config): Promise<() => Promise<void>> {
    // Its libraries take megabytes, and few servers watch files.
    const { watchFiles } = await import('./watch.ts');
    return watchFiles(config, {
      onChange: (file) => this.#mailbox.put({ type: 'filesChanged', file }),
      onFailure: (why) => this.#state.log.error(`Changes of files may go unseen: ${why}`),
    });
  }

  async #serve(): Promise<number> {
    for (;;) {
      for (const { event, at } of await this.#mailbox.take()) {
        if (event.type === 'startFailed' && this.#state.fleet.goal === 'serve') throw event.error;
        this.#guarded(() => this.#handle(event, at));
      }
      // Before any is ordered to leave.
      if (this.#succession.endsServer) this.#crew.serverEnds();
      const status = this.#guarded(() => this.#act());
      this.#guarded(() => this.#admin.follow());
      this.#guarded(() => this.#control.follow());
      this.#guarded(() => this.#valve.follow());
      this.#guarded(() => this.#once.follow());
      this.#guarded(() => this.#systemd.follow(performance.now()));
      this.#guarded(() => this.#statsd.follow(performance.now()));
      if (status !== undefined) return status;
    }
  }

  /** A fault of this program itself costs one event, and ends the server only where that is wanted anyway. */
  #guarded(work: () => number | undefined): number | undefined {
    try {
      return work();
    } catch (fault) {
      this.#faults.tell(fault);
      return this.#state.fleet.goal === 'serve' ? undefined : 1;
    }
  }

  /** Does what the plan says, until it says nothing more; the exit status when there is nothing left to do. */
  #act(): number | undefined {
    if (!this.#opening.isDone && this.#state.fleet.goal === 'serve') return undefined;
    for (;;) {
      this.#state.change({ type: 'tick' });
      const actions = plan(this.#state.fleet, performance.now());
      if (actions.length === 0) return undefined;
      for (const action of actions) {
        if (action.type === 'exit') return action.status;
        this.#perform(action);
      }
    }
  }

  #perform(action: Exclude<Action, { type: 'exit' }>): void {
    if (action.type === 'commit') this.#reloads.commit();
    else if (action.type === 'callOff') this.#reloads.callOff(action.reason);
    else this.#crew.perform(action);
  }

  #handle(event: ArbiterEvent, at: Milliseconds): undefined {
    // First of all: whether this process was stopped before it.
    this.#state.change({ type: 'tick' }, at);
    switch (event.type) {
      case 'tick':
        this.#succession.promote();
        this.#succession.leaveInTime(at);
        this.#admin.handOn();
        this.#scaler.follow(at);
        if (process.pid === 1) this.#crew.reapOrphans();
        if (this.#opening.isDone) this.#crew.announce(at);
        break;
      case 'signal':
        this.#handleSignal(event.signal);
        break;
      case 'filesChanged':
        this.#state.log.info(`${event.file} has changed`);
        this.#obey('SIGHUP');
        break;
      case 'open':
        this.#opening.open(event);
        for (const signal of this.#opening.isDone ? this.#early.splice(0) : []) this.#obey(signal);
        break;
      case 'valve':
        this.#valve.look();
        break;
      case 'settings':
        this.#reloads.hear(event);
        break;
      case 'order':
        this.#control.hear(event);
        break;
      case 'once':
        if (this.#succession.isSuccessor) this.#once.hearPredecessor(event.said);
        else this.#once.hearSuccessor(event.said);
        break;
      case 'successorExit':
        this.#once.successorGone();
        this.#succession.hear(event);
        break;
      case 'upgrade':
      case 'successorReady':
        this.#succession.hear(event);
        break;
      case 'prepared':
      case 'message':
      case 'stall':
      case 'exit':
        this.#crew.hear(event, at);
    }
  }

  #handleSignal(signal: ArbiterSignal): void {
    const { log } = this.#state;
    log.info(`Handling signal: ${signal.slice(3).toLowerCase()}`);
    switch (signal) {
      case 'SIGTERM':
        this.#succession.terminate();
        break;
      case 'SIGINT':
      case 'SIGQUIT':
        this.#succession.end('stop');
        break;
      case 'SIGUSR1':
        this.#crew.reopenLogs();
        break;
      default:
        this.#obey(signal);
    }
  }

  /** Orders to a server that serves. */
  #obey(signal: ArbiterSignal): void {
    if (this.#state.fleet.goal !== 'serve') return;
    if (!this.#opening.isDone) {
      this.#early.push(signal);
      return;
    }
    switch (signal) {
      case 'SIGHUP':
        this.#reloads.begin();
        break;
      case 'SIGUSR2':
        this.#succession.prepare();
        break;
      case 'SIGTTIN':
        this.#scale('more');
        break;
      case 'SIGTTOU':
        this.#scale('fewer');
        break;
      case 'SIGWINCH':
        // A terminal sends it to everything in its foreground whenever its window changes, wherever the output goes.
        if (!hasTerminal()) {
          this.#state.change({ type: 'scale', to: 0 });
          return;
        }
        this.#state.log.info('Ignored: qilin runs in a terminal');
    }
  }

  #scale(to: 'more' | 'fewer'): void {
    if (this.#generations.areNumbered) {
      this.#state.log.warning(
        'Ignored: each worker has an address of its own ({worker} in bind); change workers, and reload',
      );
      return;
    }
    const { workerBounds } = this.#state.config;
    if (isBeyond(workerBounds, wantedCount(this.#state.fleet), to)) {
      this.#state.log.warning(`Ignored: workers has bounds, ${workerBounds?.min} to ${workerBounds?.max}`);
      return;
    }
    this.#state.change({ type: 'scale', to });
  }

  async #leave(): Promise<void> {
    const { hooks, info, log } = this.#state;
    this.#admin.handOn(true);
    this.#admin.close();
    this.#control.close();
    this.#valve.close();
    await this.#succession.leave();
    await hooks.finish(LAST_HOOKS);
    void hooks.call('onExit', (user) => user.onExit?.(info));
    await hooks.finish(LAST_HOOKS);
    log.info('Shutting down: arbiter');
    log.flush();
  }
}
