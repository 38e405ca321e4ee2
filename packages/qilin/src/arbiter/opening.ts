/** The start, up to the first worker: the hook, the user, the pid file, and the sockets. */
import type { Milliseconds } from '../contract/units.ts';
import type { Generations } from './generations.ts';
import { giveLogFiles, type Privileges, resolvePrivileges } from './privileges.ts';
import { tellAddresses } from './reload.ts';
import { AddressInUse } from './sockets.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';

export type OpeningEvent =
  /** The hook is over and the user is known, or an address was in use the last time. */
  | { readonly type: 'open'; readonly privileges: Privileges; readonly attempt: number }
  | { readonly type: 'startFailed'; readonly error: unknown };

/** An address in use is tried for 5 s at the start, as Gunicorn does it; by a reload once. */
const ATTEMPTS = 6;
const AGAIN_AFTER: Milliseconds = 1_000;

export class Opening {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #put: (event: OpeningEvent) => void;
  #isDone = false;

  constructor(
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    put: (event: OpeningEvent) => void,
  ) {
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#put = put;
  }

  /** The sockets are open: workers may be started. */
  get isDone(): boolean {
    return this.#isDone;
  }

  begin(version: string, notes: readonly string[]): void {
    const { log, hooks, info, config } = this.#state;
    log.info(`Starting qilin ${version}`);
    for (const note of notes) log.warning(note);
    hooks
      .run('onStarting', (user) => user.onStarting?.(info))
      .then(() => resolvePrivileges(config.user, config.group))
      .then(
        (privileges) => this.#put({ type: 'open', privileges, attempt: 1 }),
        (error: unknown) => this.#put({ type: 'startFailed', error }),
      );
  }

  open(privileges: Privileges, attempt: number): void {
    if (this.#state.fleet.goal !== 'serve') return;
    try {
      this.#open(privileges);
    } catch (error) {
      this.#fail(error, privileges, attempt);
    }
  }

  #open(privileges: Privileges): void {
    const { config, log, fleet, hooks, info } = this.#state;
    giveLogFiles(config, privileges);
    this.#succession.createPidFile();
    const sockets = this.#generations.open(config);
    this.#generations.add(fleet.serving.number, { config, privileges, sockets });
    this.#succession.closeUnused();
    tellAddresses(this.#state, sockets);
    log.info(`Using worker: ${config.workerClass}`);
    void hooks.call('nworkersChanged', (user) => user.nworkersChanged?.(info, info.workers, undefined));
    this.#isDone = true;
  }

  #fail(error: unknown, privileges: Privileges, attempt: number): void {
    if (!(error instanceof AddressInUse) || attempt >= ATTEMPTS) {
      this.#put({ type: 'startFailed', error });
      return;
    }
    this.#state.log.error(`${error.message}; trying again in ${AGAIN_AFTER / 1000} s`);
    setTimeout(() => this.#put({ type: 'open', privileges, attempt: attempt + 1 }), AGAIN_AFTER);
  }
}
