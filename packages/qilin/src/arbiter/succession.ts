/**
 * What one arbiter leaves to the next: listening sockets and their files, the pid file. And how the next one is started (USR2),
 * and takes the place of the one before when that has gone. Invariant: while both run, neither removes what they share.
 */
import { explain } from '../contract/errors.ts';
import type { Generations } from './generations.ts';
import { PidFile } from './pidfile.ts';
import type { ArbiterState } from './state.ts';
import type { Upgrade } from './upgrade.ts';

export type SuccessionEvent =
  /** The hook before it is over. */
  { readonly type: 'upgrade' } | { readonly type: 'successorExit'; readonly status: number | null };

export class Succession {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #upgrade: Upgrade;
  readonly #startedIn: string;
  readonly #put: (event: SuccessionEvent) => void;
  #pidFile: PidFile | undefined;
  #isPreparing = false;

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

  removePidFile(): void {
    this.#pidFile?.remove();
  }

  /** USR2. */
  prepare(): void {
    const { log, hooks, info } = this.#state;
    this.promote();
    if (this.#isPreparing || this.#upgrade.isUnderWay) {
      log.warning('USR2 ignored: an upgrade is under way already');
      return;
    }
    this.#isPreparing = true;
    if (!hooks.has('preExec')) this.#begin();
    else void hooks.call('preExec', (user) => user.preExec?.(info)).then(() => this.#put({ type: 'upgrade' }));
  }

  hear(event: SuccessionEvent): void {
    if (event.type === 'upgrade') {
      if (this.#isPreparing) this.#begin();
      return;
    }
    this.#state.log.error(`The new arbiter has exited (status ${event.status}); this one keeps serving`);
  }

  #begin(): void {
    this.#isPreparing = false;
    const { sockets, activated } = this.#generations;
    const pid = this.#upgrade.begin(
      { sockets, activated, cwd: this.#startedIn },
      {
        onFailure: (text) => this.#state.log.error(`The new arbiter does not start: ${text}`),
        onEnd: (status) => this.#put({ type: 'successorExit', status }),
      },
    );
    if (pid !== undefined) this.#state.log.info(`Starting a new arbiter with pid: ${pid}`);
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

  /** Closes the sockets that neither the serving generation nor a reload under way listens on. */
  closeUnused(): void {
    const { serving, candidate } = this.#state.fleet;
    this.#generations.keepOnly([serving.number, candidate?.number]);
    this.#removeSocketFiles();
  }

  /**
   * New clients are refused from now on, rather than left in a queue that nobody empties: unless USR2 came before, whose new
   * arbiter is given the sockets while they are there.
   */
  stopListening(): void {
    if (this.#isPreparing) this.#begin();
    this.#generations.keepOnly([]);
    this.#removeSocketFiles();
  }

  /** The last of this arbiter. */
  async leave(): Promise<void> {
    this.#isPreparing = false;
    this.stopListening();
    await this.#generations.removeUnservedFiles();
    this.removePidFile();
  }

  /** While another arbiter has the same sockets, their files are its own to keep. */
  #removeSocketFiles(): void {
    this.promote();
    if (!this.#upgrade.isUnderWay) this.#generations.removeFiles();
  }
}
