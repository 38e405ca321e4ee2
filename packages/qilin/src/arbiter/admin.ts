/** The arbiter's own listener (setting `adminBind`): when it answers. */
import { duplicateFd } from '@qilin/picoev';
import type { AdminServer } from '../admin/admin-server.ts';
import { countsOf, readCounts } from '../admin/earlier-counts.ts';
import { type Address, formatUrl, isLoopback } from '../contract/address.ts';
import { explain } from '../contract/errors.ts';
import type { Crew } from './crew.ts';
import type { Dashboard } from './dashboard.ts';
import type { Generations } from './generations.ts';
import { LateModule } from './late-module.ts';
import type { ServerView } from './server-view.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';
import type { Upgrade } from './upgrade.ts';

export class Admin {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #crew: Crew;
  readonly #view: ServerView;
  readonly #upgrade: Upgrade;
  readonly #dashboard: Dashboard;
  /** With node:http, which takes as much memory as all else here. */
  readonly #class: LateModule<typeof AdminServer>;
  #server: AdminServer | undefined;

  /** @param onLoaded Then `follow()` is to be called once more. */
  constructor(
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    crew: Crew,
    view: ServerView,
    upgrade: Upgrade,
    dashboard: Dashboard,
    onLoaded: () => void,
  ) {
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#crew = crew;
    this.#view = view;
    this.#upgrade = upgrade;
    this.#dashboard = dashboard;
    upgrade.onHandedOn((counts) => view.inherit(readCounts(counts)));
    this.#class = new LateModule({
      load: async () => (await import('../admin/admin-server.ts')).AdminServer,
      onLoaded,
      // It may have been replaced on the disk by another version, or have gone with it.
      onFailure: (error) => state.log.error(`adminBind does not answer: ${explain(error)}`),
    });
  }

  /** Answers from now on, or no more: of the two arbiters of an upgrade one does. To be called after each change. */
  follow(): undefined {
    const { admin } = this.#generations;
    const isAsked = admin !== undefined && this.#succession.speaksForServer(this.#crew.hasStarted);
    if (!isAsked) {
      this.close();
      return;
    }
    const Class = this.#class.get();
    if (Class !== undefined) this.#server ??= this.#open(Class, admin.fd, admin.actual);
  }

  /** To the new arbiter of an upgrade: what has been counted. To be called at each tick, and at the end. */
  handOn(isLast = false): void {
    if (this.#state.config.adminBind !== null) this.#upgrade.handOn(() => countsOf(this.#view.figures()), isLast);
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  #open(Class: typeof AdminServer, fd: number, address: Address): AdminServer {
    const { log } = this.#state;
    const server = new Class(duplicateFd(fd), {
      pulse: () => this.#view.pulse(),
      status: () => this.#view.status(),
      figures: () => this.#view.figures(),
      answersElse: (request, response, path) => this.#dashboard.answer(request, response, path),
      appMetrics: () => this.#crew.appMetrics(),
      onError: (error) => log.error(`${formatUrl(address, 'http')} (adminBind) does not answer: ${error.message}`),
    });
    log.info(`Health and status at: ${formatUrl(address, 'http')} (${process.pid})`);
    if (address.kind === 'tcp' && !isLoopback(address.host))
      log.warning(
        `adminBind ${formatUrl(address, 'http')} is open to other machines: they can read pids, memory and load of all workers`,
      );
    return server;
  }
}
