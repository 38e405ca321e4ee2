/**
 * What one arbiter leaves to the next: listening sockets and their files, the pid file. And how the next one is started (USR2),
 * and takes the place of the one before when that has gone. Invariant: while both run, neither removes what they share.
 */
import { explain } from '../contract/errors.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import { wantedCount } from './fleet.ts';
import type { Generations } from './generations.ts';
import type { Attempt } from './last-reload.ts';
import { PidFile } from './pidfile.ts';
import { howItEnded } from './spawn-refusal.ts';
import type { ArbiterState } from './state.ts';
import type { Upgrade } from './upgrade.ts';

export type SuccessionEvent =
  /** The hook before it is over. */
  | { readonly type: 'upgrade' }
  /** All workers of the new arbiter serve. */
  | { readonly type: 'successorReady' }
  | { readonly type: 'successorExit'; readonly status: number | null; readonly signal: NodeJS.Signals | null };

export class Succession {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #upgrade: Upgrade;
  readonly #startedIn: string;
  readonly #put: (event: SuccessionEvent) => void;
  #pidFile: PidFile | undefined;
  #isPreparing = false;
  /** The last upgrade. */
  #attempt: Attempt | undefined;
  /** TERM came before the new arbiter served. */
  #leavesWhenReady = false;
  /** When `drainDelay` is over. */
  #leavesAt: Milliseconds | undefined;

  /** @param startedIn The directory that the command was started in, where a new arbiter starts too. */
  constructor(
    state: ArbiterState,
    generations: Generations,
    upgrade: Upgrade,
    startedIn: string,
    put: (event: SuccessionEvent) => void,
  ) {
    this.#state = state;
    this.#generations = generations;
    this.#upgrade = upgrade;
    this.#startedIn = startedIn;
    this.#put = put;
  }

  /** @throws QilinError PIDFILE */
  createPidFile(): void {
    const { pidfile } = this.#state.config;
    if (pidfile !== null) this.#pidFile ??= PidFile.create(`${pidfile}${this.#upgrade.isSuccessor ? '.2' : ''}`);
  }

  /** That it stays costs nothing: it is stale, and the next start replaces it. */
  removePidFile(): void {
    try {
      this.#pidFile?.remove();
    } catch (error) {
      this.#state.log.error(explain(error));
    }
  }

  /** USR2. Undefined when it is ignored. */
  prepare(): Attempt | undefined {
    const { log, hooks, info } = this.#state;
    this.promote();
    if (this.#isPreparing || this.#upgrade.isUnderWay) {
      log.warning('USR2 ignored: an upgrade is under way already');
      return undefined;
    }
    this.#isPreparing = true;
    const attempt = this.#state.lastReload.begin('USR2');
    this.#attempt = attempt;
    if (!hooks.has('preExec')) this.#begin();
    else void hooks.call('preExec', (user) => user.preExec?.(info)).finally(() => this.#put({ type: 'upgrade' }));
    return attempt;
  }

  /** USR2 and TERM at once: this one leaves when a new one serves. Undefined when an upgrade is under way already. */
  handOver(): Attempt | undefined {
    const attempt = this.prepare();
    if (attempt !== undefined) this.#leavesWhenReady = this.#isPreparing || this.#upgrade.awaitsSuccessor;
    return attempt;
  }

  hear(event: SuccessionEvent): void {
    switch (event.type) {
      case 'upgrade':
        if (this.#isPreparing) this.#begin();
        break;
      case 'successorReady':
        this.#ended('done');
        if (this.#leavesWhenReady) this.end('drain');
        break;
      case 'successorExit':
        // It has been told to stop, and so has this one: both are to go.
        if (this.#leavesWhenReady && event.status === 0) this.end('drain');
        else this.#carryOn(`The new arbiter has exited (${howItEnded(event)})`);
    }
  }

  /**
   * TERM. While the new arbiter does not serve yet it may still fail: then this one waits for it, and serves on when it fails.
   * Where there is none, `drainDelay` passes first. A second TERM ends it at once.
   */
  terminate(): void {
    const { config, fleet, log } = this.#state;
    if (this.#leavesWhenReady || this.#leavesAt !== undefined || fleet.goal !== 'serve') {
      this.end('drain');
    } else if (this.#isPreparing || this.#upgrade.awaitsSuccessor) {
      this.#leavesWhenReady = true;
      log.info('The new arbiter does not serve yet: this one leaves when it does, or at the next TERM');
    } else if (config.drainDelay === 0 || this.#upgrade.hasReadySuccessor || !fleet.started) {
      this.end('drain');
    } else {
      this.#leavesAt = performance.now() + toMilliseconds(config.drainDelay);
      log.info(`The server serves on for ${config.drainDelay} s (drainDelay), or until the next TERM`);
    }
  }

  /** Leaves, and no other arbiter serves in its place. */
  get endsServer(): boolean {
    return this.#state.fleet.goal !== 'serve' && !this.#upgrade.hasReadySuccessor;
  }

  /** The new arbiter to which this one leaves the service. */
  get heir(): number | undefined {
    return this.#state.fleet.goal === 'serve' ? undefined : this.#upgrade.readySuccessor;
  }

  /** This arbiter is the new one of two that are there. */
  get isSuccessor(): boolean {
    return this.#upgrade.isSuccessor;
  }

  /** Another arbiter is there, or about to be. */
  get isUpgrading(): boolean {
    return this.#isPreparing || this.#upgrade.isUnderWay;
  }

  /** Told to leave, though it may serve on for a while. */
  get isLeaving(): boolean {
    return this.#leavesAt !== undefined;
  }

  /** To be called at each tick. */
  leaveInTime(now: Milliseconds): void {
    if (this.#leavesAt !== undefined && now >= this.#leavesAt && this.#state.fleet.goal === 'serve') this.end('drain');
  }

  /** Leaves, whatever becomes of a new arbiter. From now on new clients are refused rather than left in a queue that nobody empties. */
  end(goal: 'drain' | 'stop'): void {
    if (this.#isPreparing)
      this.#state.log.warning('USR2 is not carried out: this arbiter stops before its preExec is over');
    this.#isPreparing = false;
    this.#state.change({ type: 'goal', goal });
    this.#stopListening();
  }

  #carryOn(what: string): void {
    this.#ended('called off', what);
    if (this.#state.fleet.goal !== 'serve') return;
    const order = this.#leavesWhenReady ? ', and forgets the TERM that came meanwhile: send it again to stop' : '';
    this.#leavesWhenReady = false;
    this.#state.log.error(`${what}; this one keeps serving${order}`);
  }

  #ended(outcome: 'done' | 'called off', reason: string | null = null): void {
    if (this.#attempt !== undefined) this.#state.lastReload.end(this.#attempt, outcome, reason);
  }

  #begin(): void {
    this.#isPreparing = false;
    const { sockets, admin, control, activated, named } = this.#generations;
    const pid = this.#upgrade.begin(
      { sockets, admin, control, activated, named, workers: wantedCount(this.#state.fleet), cwd: this.#startedIn },
      {
        onFailure: (text) => {
          this.#attempt?.says(text);
          this.#state.log.error(`The new arbiter does not start: ${text}`);
        },
        onReady: () => this.#put({ type: 'successorReady' }),
        onEnd: (status, signal) => this.#put({ type: 'successorExit', status, signal }),
      },
    );
    if (pid === undefined) this.#carryOn('No new arbiter could be started');
    else this.#state.log.info(`Starting a new arbiter with pid: ${pid}`);
  }

  /** To be called now and then. When the predecessor has gone, this is the only arbiter. */
  promote(): void {
    const predecessor = this.#upgrade.complete(process.ppid);
    if (predecessor === undefined) return;
    const { config, log } = this.#state;
    try {
      if (config.pidfile !== null) this.#pidFile?.rename(config.pidfile);
    } catch (error) {
      log.error(explain(error));
    }
    log.info(`Arbiter ${predecessor} has gone; this one takes its place`);
  }

  /**
   * Whether this arbiter, and not the other of an upgrade, answers those who ask how the server is.
   * @param isReady Its own workers serve.
   */
  speaksForServer(isReady: boolean): boolean {
    return this.#upgrade.isSuccessor ? isReady : !this.#upgrade.hasReadySuccessor;
  }

  /** Closes the sockets that neither the serving generation nor a reload under way listens on. */
  closeUnused(): void {
    const { serving, candidate } = this.#state.fleet;
    this.#generations.keepOnly([serving.number, candidate?.number]);
    this.#removeSocketFiles();
  }

  #stopListening(): void {
    this.#generations.keepOnly([]);
    this.#removeSocketFiles();
  }

  /** The last of this arbiter. */
  async leave(): Promise<void> {
    this.#isPreparing = false;
    this.#generations.closeOwn();
    this.#stopListening();
    await this.#generations.removeUnservedFiles();
    this.removePidFile();
  }

  /** While another arbiter has the same sockets, their files are its own to keep. */
  #removeSocketFiles(): void {
    this.promote();
    if (!this.#upgrade.isUnderWay) this.#generations.removeFiles();
  }
}
