/**
 * The arbiter: takes events out of its mailbox one by one, has the fleet changed by them, asks plan() what to do, and does
 * it. Every rule is in fleet.ts and plan.ts; what is here is the doing.
 */
import { isDeepStrictEqual } from 'node:util';
import { reapOrphans } from '@qilin/picoev';
import { formatUrl } from '../contract/address.ts';
import { explain, QilinError } from '../contract/errors.ts';
import type { ArbiterHooks, ArbiterInfo, WorkerInfo } from '../contract/hooks.ts';
import type { Log } from '../contract/log.ts';
import type { WorkerMessage } from '../contract/messages.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import { createLog } from '../observe/error-log.ts';
import type { Config, LoadedSettings } from '../settings/merge.ts';
import { BootFailures } from './boot-failures.ts';
import { apply, createFleet, type Fleet, type FleetEvent, spawningGeneration, TICK, type Wanted } from './fleet.ts';
import { Generations } from './generations.ts';
import { takeInheritance } from './inheritance.ts';
import { Mailbox } from './mailbox.ts';
import { PidFile } from './pidfile.ts';
import { type Action, plan } from './plan.ts';
import { giveLogFiles, type Privileges, resolvePrivileges } from './privileges.ts';
import { settingsForReload, tellReloadImpossible } from './reload.ts';
import { type ArbiterSignal, listenForSignals } from './signals.ts';
import type { Sockets } from './sockets.ts';
import { Upgrade } from './upgrade.ts';
import { watchFiles } from './watch.ts';
import { type WorkerExit, WorkerHandle } from './worker-handle.ts';

/** An address in use is tried for 5 s at the start, as Gunicorn does it; by a reload once. */
const BIND_ATTEMPTS = 6;

export interface ArbiterOptions {
  readonly version: string;
  readonly config: Config;
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
  | { readonly type: 'message'; readonly worker: WorkerHandle; readonly message: WorkerMessage }
  | { readonly type: 'exit'; readonly worker: WorkerHandle; readonly exit: WorkerExit }
  | { readonly type: 'filesChanged'; readonly file: string }
  | { readonly type: 'successorExit'; readonly status: number | null };

export class Arbiter {
  readonly #options: ArbiterOptions;
  readonly #mailbox = new Mailbox<ArbiterEvent>();
  readonly #workers = new Map<number, WorkerHandle>();
  readonly #generations: Generations;
  readonly #upgrade: Upgrade;
  readonly #bootFailures = new BootFailures(() => this.#log);
  #config: Config;
  #log: Log;
  #fleet: Fleet;
  #pidFile: PidFile | undefined;
  #announced = false;

  constructor(options: ArbiterOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#log = createLog(options.config);
    this.#fleet = createFleet(wantedBy(options.config), performance.now());
    const inheritance = takeInheritance(process.env, process.pid, options.config.backlog);
    this.#generations = new Generations(inheritance, () => this.#log);
    this.#upgrade = new Upgrade(inheritance.predecessor);
  }

  /**
   * Serves until it is told to stop.
   * @returns the exit status: 0 after an orderly stop, 3 or 4 when the first workers could not start
   * @throws QilinError when the start fails before there is a worker; nothing is left behind
   */
  async run(): Promise<number> {
    const { procName } = this.#config;
    process.title = `qilin: arbiter [${procName}]`;
    const stopListening = listenForSignals((signal) => this.#mailbox.put({ type: 'signal', signal }));
    const ticker = setInterval(() => this.#mailbox.put({ type: 'tick' }), TICK);
    const stopWatching = this.#config.reload
      ? watchFiles(this.#config, (file) => this.#mailbox.put({ type: 'filesChanged', file }))
      : undefined;
    try {
      await this.#start();
      return await this.#serve();
    } catch (error) {
      // The command tells it on stderr; who reads a file, or a daemon's log, looks there.
      if (this.#config.errorlog !== '-') this.#log.error(explain(error));
      throw error;
    } finally {
      clearInterval(ticker);
      await stopWatching?.();
      await this.#leave();
      stopListening();
    }
  }

  async #start(): Promise<void> {
    const { version, notes } = this.#options;
    this.#log.info(`Starting qilin ${version}`);
    for (const note of notes) this.#log.warning(note);
    giveLogFiles(this.#config, resolvePrivileges(this.#config.user, this.#config.group));
    await this.#callHook('onStarting', (hooks) => hooks.onStarting?.(this.#info()), 'fails the start');
    if (this.#config.pidfile !== null) {
      this.#pidFile = PidFile.create(`${this.#config.pidfile}${this.#upgrade.isSuccessor ? '.2' : ''}`);
    }
    const sockets = await this.#generations.open(this.#config, BIND_ATTEMPTS);
    this.#generations.add(this.#fleet.generation, { config: this.#config, sockets });
    this.#closeUnused();
    this.#tellAddresses(sockets);
    this.#log.info(`Using worker: ${this.#config.workerClass}`);
    await this.#callHook('nworkersChanged', (hooks) =>
      hooks.nworkersChanged?.(this.#info(), this.#fleet.count, undefined),
    );
  }

  async #serve(): Promise<number> {
    for (;;) {
      const status = await this.#act();
      if (status !== undefined) return status;
      const { event, at } = await this.#mailbox.take();
      await this.#handle(event, at);
    }
  }

  /** Does what the plan says, until it says nothing more; the exit status when there is nothing left to do. */
  async #act(): Promise<number | undefined> {
    for (;;) {
      await this.#catchUp();
      const actions = plan(this.#fleet, performance.now());
      if (actions.length === 0) return undefined;
      for (const action of actions) {
        if (action.type === 'exit') return action.status;
        await this.#perform(action);
      }
    }
  }

  /**
   * Reads all that has arrived: a hook may have taken its time, or the process was stopped, and heartbeats that wait to be
   * read must not be taken for silence.
   */
  async #catchUp(): Promise<void> {
    for (let letter = this.#mailbox.poll(); letter !== undefined; letter = this.#mailbox.poll()) {
      await this.#handle(letter.event, letter.at);
    }
    this.#change({ type: 'tick' });
  }

  async #perform(action: Exclude<Action, { type: 'exit' }>): Promise<void> {
    if (action.type === 'spawn') return this.#spawn();
    if (action.type === 'commit') return this.#commit();
    const worker = this.#workers.get(action.age);
    const pid = worker?.pid ?? 0;
    switch (action.type) {
      case 'drain':
        this.#log.debug(`Worker ${pid} is told to finish: ${action.reason}`);
        worker?.signal('SIGTERM');
        return this.#change({ type: 'drained', age: action.age });
      case 'quit':
        worker?.signal('SIGINT');
        return this.#change({ type: 'aborted', age: action.age });
      case 'abort':
        this.#log.critical(`WORKER TIMEOUT (pid: ${pid}): ${action.reason}`);
        worker?.signal('SIGABRT');
        return this.#change({ type: 'aborted', age: action.age });
      case 'kill':
        this.#log.error(`Worker ${pid} is killed: ${action.reason}`);
        worker?.signal('SIGKILL');
        return this.#change({ type: 'killed', age: action.age });
    }
  }

  async #spawn(): Promise<void> {
    const number = spawningGeneration(this.#fleet);
    this.#change({ type: 'spawned' });
    const age = this.#fleet.lastAge;
    const { config, sockets } = this.#generations.get(number) ?? {
      config: this.#config,
      sockets: this.#generations.sockets,
    };
    const planned: WorkerInfo = { pid: 0, age, generation: number, log: this.#log };
    await this.#callHook('preFork', (hooks) => hooks.preFork?.(this.#info(), planned));
    const privileges = resolvePrivileges(config.user, config.group);
    this.#giveLogFiles(config, privileges);
    const worker = new WorkerHandle(
      { age, generation: number, config, sockets, env: { ...process.env, ...config.rawEnv }, ...privileges },
      {
        onMessage: (from, message) => this.#mailbox.put({ type: 'message', worker: from, message }),
        onNonsense: (from, what) => this.#log.warning(`Worker ${from.pid} says what nobody understands: ${what}`),
        onExit: (from, exit) => this.#mailbox.put({ type: 'exit', worker: from, exit }),
      },
    );
    this.#workers.set(age, worker);
    if (worker.pid > 0) this.#log.info(`Booting worker with pid: ${worker.pid}`);
  }

  /** Before workers open them. What is wrong with a file is told; a worker that cannot open it says so too. */
  #giveLogFiles(config: Config, privileges: Privileges): void {
    try {
      giveLogFiles(config, privileges);
    } catch (error) {
      this.#log.error(explain(error));
    }
  }

  #commit(): void {
    const before = this.#generations.get(this.#fleet.generation)?.sockets;
    this.#change({ type: 'commit' });
    const committed = this.#generations.get(this.#fleet.generation);
    if (committed !== undefined) this.#adopt(committed.config);
    this.#log.info(`Reload done: generation ${this.#fleet.generation} serves`);
    this.#closeUnused();
    if (!isDeepStrictEqual(before, committed?.sockets)) this.#tellAddresses(this.#generations.sockets);
  }

  #tellAddresses(sockets: Sockets): void {
    const scheme = this.#config.certfile === null ? 'http' : 'https';
    const urls = sockets.map(({ actual }) => formatUrl(actual, scheme)).join(', ');
    this.#log.info(`Listening at: ${urls} (${process.pid})`);
  }

  #adopt(config: Config): void {
    const before = this.#config;
    this.#config = config;
    const differs = (['errorlog', 'loglevel', 'logFormat'] as const).some((name) => before[name] !== config[name]);
    if (!differs) return;
    this.#log.close();
    this.#log = createLog(config);
  }

  async #handle(event: ArbiterEvent, at: Milliseconds): Promise<void> {
    switch (event.type) {
      case 'tick':
        this.#change({ type: 'tick' }, at);
        return this.#promote();
      case 'signal':
        return this.#handleSignal(event.signal);
      case 'message':
        return this.#handleMessage(event.worker, event.message, at);
      case 'exit':
        return this.#handleExit(event.worker, event.exit, at);
      case 'filesChanged':
        this.#log.info(`${event.file} has changed`);
        return this.#reload();
      case 'successorExit':
        this.#log.error(`The new arbiter has exited (status ${event.status}); this one keeps serving`);
    }
  }

  async #handleSignal(signal: ArbiterSignal): Promise<void> {
    if (signal !== 'SIGCHLD') this.#log.info(`Handling signal: ${signal.slice(3).toLowerCase()}`);
    switch (signal) {
      case 'SIGTERM':
        this.#change({ type: 'goal', goal: 'drain' });
        return this.#stopListening();
      case 'SIGINT':
      case 'SIGQUIT':
        this.#change({ type: 'goal', goal: 'stop' });
        return this.#stopListening();
      case 'SIGHUP':
        return this.#reload();
      case 'SIGTTIN':
        return this.#scale(this.#fleet.count + 1);
      case 'SIGTTOU':
        return this.#scale(Math.max(1, this.#fleet.count - 1));
      case 'SIGWINCH':
        // A terminal sends it to everything in its foreground whenever its window changes.
        if (process.stdout.isTTY || process.stderr.isTTY) return this.#log.info('Ignored: qilin runs in a terminal');
        return this.#scale(0);
      case 'SIGUSR1':
        this.#giveLogFiles(this.#config, resolvePrivileges(this.#config.user, this.#config.group));
        this.#log.reopen();
        for (const worker of this.#workers.values()) worker.reopenLogs();
        return;
      case 'SIGUSR2':
        return this.#beginUpgrade();
      case 'SIGCHLD':
        return this.#reap();
    }
  }

  async #handleMessage(worker: WorkerHandle, message: WorkerMessage, at: Milliseconds): Promise<void> {
    const { age, pid } = worker;
    switch (message.type) {
      case 'ready':
        this.#bootFailures.forget();
        this.#change({ type: 'ready', age }, at);
        return this.#announce();
      case 'heartbeat':
        return this.#change({ type: 'heartbeat', age }, at - message.silentFor);
      case 'retire':
        this.#log.info(`Worker ${pid} is being replaced: ${message.reason}`);
        return this.#change({ type: 'retire', age, failed: message.failed }, at);
      case 'bootFailed':
        return this.#bootFailures.explained(worker, message.code, message.text, this.#fleet.started);
    }
  }

  async #handleExit(worker: WorkerHandle, exit: WorkerExit, at: Milliseconds): Promise<void> {
    const { age, generation, pid } = worker;
    const before = this.#fleet;
    const state = before.workers.find((view) => view.age === age)?.state;
    this.#workers.delete(age);
    this.#change({ type: 'exited', age, fatalStatus: this.#bootFailures.status }, at);
    const how = exit.error?.message ?? (exit.signal === null ? `status ${exit.status}` : `signal ${exit.signal}`);
    if (state === 'booting') this.#bootFailures.ended(worker, how, this.#config.app, this.#fleet.started);
    const orderly = exit.status === 0 || state === 'aborting' || state === 'draining';
    this.#log[orderly ? 'info' : 'error'](`Worker exited (pid: ${pid}, ${how})`);
    const info: WorkerInfo = { pid, age, generation, log: this.#log };
    await this.#callHook('childExit', (hooks) => hooks.childExit?.(this.#info(), info));
    const { candidate, goal, retryAt, fatal } = this.#fleet;
    if (before.candidate !== null && candidate === null && goal === 'serve') {
      this.#log.error('Reload called off: a new worker failed to boot; the old workers keep serving');
      this.#closeUnused();
    }
    if (before.fatal === null && fatal !== null) this.#log.error('Shutting down: the first worker failed to boot');
    const delay = retryAt - at;
    const lacking = this.#fleet.workers.length < this.#fleet.count;
    if (lacking && retryAt !== before.retryAt && delay > 0)
      this.#log.warning(`Next worker in ${(delay / 1000).toFixed(0)} s`);
  }

  async #reload(): Promise<void> {
    if (this.#fleet.goal !== 'serve') return;
    this.#log.info('Reloading');
    await this.#callHook('onReload', (hooks) => hooks.onReload?.(this.#info()));
    const config = await settingsForReload(this.#config, this.#options.loadSettings, this.#log);
    if (config === undefined) return;
    const before = this.#fleet.count;
    try {
      const sockets = await this.#generations.open(config, 1);
      this.#change({ type: 'reload', wanted: wantedBy(config) });
      this.#generations.add(spawningGeneration(this.#fleet), { config, sockets });
    } catch (error) {
      return tellReloadImpossible(error, this.#log);
    }
    this.#closeUnused();
    await this.#tellCount(before);
  }

  async #scale(count: number): Promise<void> {
    const before = this.#fleet.count;
    this.#change({ type: 'scale', count });
    await this.#tellCount(before);
  }

  async #tellCount(before: number): Promise<void> {
    const now = this.#fleet.count;
    if (now === before) return;
    await this.#callHook('nworkersChanged', (hooks) => hooks.nworkersChanged?.(this.#info(), now, before));
  }

  async #beginUpgrade(): Promise<void> {
    if (this.#fleet.goal !== 'serve') return;
    this.#promote();
    if (this.#upgrade.isUnderWay) return this.#log.warning('USR2 ignored: an upgrade is under way already');
    await this.#callHook('preExec', (hooks) => hooks.preExec?.(this.#info()));
    const { sockets, activated } = this.#generations;
    const heritage = { sockets, activated, cwd: this.#options.startedIn };
    const pid = this.#upgrade.begin(heritage, {
      onFailure: (text) => this.#log.error(`The new arbiter does not start: ${text}`),
      onEnd: (status) => this.#mailbox.put({ type: 'successorExit', status }),
    });
    if (pid !== undefined) this.#log.info(`Starting a new arbiter with pid: ${pid}`);
  }

  /** When the predecessor has gone, this is the only arbiter. */
  #promote(): void {
    const predecessor = this.#upgrade.complete(process.ppid);
    if (predecessor === undefined) return;
    try {
      if (this.#config.pidfile !== null) this.#pidFile?.rename(this.#config.pidfile);
    } catch (error) {
      this.#log.error(explain(error));
    }
    this.#log.info(`Arbiter ${predecessor} has gone; this one takes its place`);
  }

  /** As the init process of a container, the arbiter inherits every orphan. */
  #reap(): void {
    if (process.pid !== 1) return;
    const { successorPid } = this.#upgrade;
    const known = [...this.#workers.values()].map(({ pid }) => pid);
    const reaped = reapOrphans(successorPid === undefined ? known : [...known, successorPid]);
    if (reaped.length > 0) this.#log.debug(`Reaped orphans: ${reaped.join(', ')}`);
  }

  async #announce(): Promise<void> {
    const ready = this.#fleet.workers.filter(({ state }) => state === 'ready').length;
    if (this.#announced || ready < this.#fleet.count) return;
    this.#announced = true;
    this.#log.info(`Ready: ${ready} ${ready === 1 ? 'worker serves' : 'workers serve'} ${this.#config.app}`);
    await this.#callHook('whenReady', (hooks) => hooks.whenReady?.(this.#info()));
    this.#options.onReady();
  }

  /** New clients are refused from now on, rather than left in a queue that nobody empties. */
  #stopListening(): void {
    this.#generations.keepOnly([]);
    this.#removeSocketFiles();
  }

  async #leave(): Promise<void> {
    this.#stopListening();
    await this.#generations.removeUnservedFiles();
    this.#pidFile?.remove();
    await this.#callHook('onExit', (hooks) => hooks.onExit?.(this.#info()));
    this.#log.info('Shutting down: arbiter');
    this.#log.flush();
  }

  /** Closes the sockets that neither the serving generation nor a reload under way listens on. */
  #closeUnused(): void {
    this.#generations.keepOnly([this.#fleet.generation, this.#fleet.candidate]);
    this.#removeSocketFiles();
  }

  /** While another arbiter has the same sockets, their files are its own to keep. */
  #removeSocketFiles(): void {
    this.#promote();
    if (!this.#upgrade.isUnderWay) this.#generations.removeFiles();
  }

  #change(event: FleetEvent, at: Milliseconds = performance.now()): void {
    this.#fleet = apply(this.#fleet, event, at);
  }

  #info(): ArbiterInfo {
    return { pid: process.pid, log: this.#log, workers: this.#fleet.count };
  }

  async #callHook(
    name: keyof ArbiterHooks,
    call: (hooks: Partial<ArbiterHooks>) => void | Promise<void>,
    failure: 'is logged' | 'fails the start' = 'is logged',
  ): Promise<void> {
    try {
      await call(this.#config.hooks);
    } catch (cause) {
      const error = new QilinError('HOOK_FAILED', `the hook ${name} of the config file threw.`, { cause });
      if (failure === 'fails the start') throw error;
      this.#log.error(explain(error));
    }
  }
}

function wantedBy(config: Config): Wanted {
  return {
    count: config.workers,
    limits: {
      timeout: toMilliseconds(config.timeout),
      gracefulTimeout: toMilliseconds(config.gracefulTimeout),
      preloadApp: config.preloadApp,
    },
  };
}
