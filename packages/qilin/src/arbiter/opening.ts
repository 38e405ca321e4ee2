/** The start, up to the first worker: the hook, the user, the pid file, and the sockets. */
import { shortenTimeSlice } from '@qilin/picoev';
import { reasonOf } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import { AUTO, controlPath } from './control-socket.ts';
import { allSocketsOf, type Generations } from './generations.ts';
import { type Hosts, resolveHosts } from './hosts.ts';
import { giveLogFiles, type Privileges, resolvePrivileges } from './privileges.ts';
import { tellAddresses } from './reload.ts';
import { AddressInUse } from './sockets.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';

/** One try to open the sockets. */
export interface OpenAttempt {
  readonly privileges: Privileges;
  readonly hosts: Hosts;
  readonly attempt: number;
}

export type OpeningEvent =
  /** The hook is over, the user and all hosts are known, or an address was in use the last time. */
  ({ readonly type: 'open' } & OpenAttempt) | { readonly type: 'startFailed'; readonly error: unknown };

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
      .then(() =>
        Promise.all([resolvePrivileges(config.user, config.group), resolveHosts(this.#generations.missing(config))]),
      )
      .then(
        ([privileges, hosts]) => this.#put({ type: 'open', privileges, hosts, attempt: 1 }),
        (error: unknown) => this.#put({ type: 'startFailed', error }),
      );
  }

  open(attempt: OpenAttempt): void {
    if (this.#state.fleet.goal !== 'serve') return;
    try {
      this.#open(attempt);
    } catch (error) {
      this.#fail(error, attempt);
    }
  }

  #open({ privileges, hosts }: OpenAttempt): void {
    const { config, log, fleet, hooks, info } = this.#state;
    giveLogFiles(config, privileges);
    this.#succession.createPidFile();
    const generation = {
      config,
      origins: this.#state.origins,
      privileges,
      lent: this.#generations.open(config, hosts),
    };
    this.#generations.openAdmin(config, hosts);
    this.#openControl();
    this.#generations.add(fleet.serving.number, generation);
    this.#succession.closeUnused();
    tellAddresses(this.#state, allSocketsOf(generation));
    log.info(`Using worker: ${config.workerClass}`);
    void hooks.call('nworkersChanged', (user) => user.nworkersChanged?.(info, info.workers, undefined));
    // The workers that are started now may keep all CPUs busy.
    shortenTimeSlice();
    this.#isDone = true;
  }

  /** Nobody has asked for one at a place of our choice: the server serves without it. */
  #openControl(): void {
    const { config, log } = this.#state;
    try {
      this.#generations.openControl(controlPath(config, this.#generations.control));
    } catch (error) {
      if (config.controlSocket !== AUTO) throw error;
      log.warning(`qilinctl cannot reach this server (controlSocket): ${reasonOf(error)}`);
    }
  }

  #fail(error: unknown, { privileges, hosts, attempt }: OpenAttempt): void {
    if (!(error instanceof AddressInUse) || attempt >= ATTEMPTS) {
      this.#put({ type: 'startFailed', error });
      return;
    }
    this.#state.log.error(`${error.message}; trying again in ${AGAIN_AFTER / 1000} s`);
    setTimeout(() => this.#put({ type: 'open', privileges, hosts, attempt: attempt + 1 }), AGAIN_AFTER);
  }
}
