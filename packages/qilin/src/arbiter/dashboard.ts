/** The dashboard of the arbiter's listener (setting `dashboard`): what it is told, and who carries out what it orders. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { explain } from '../contract/errors.ts';
import type { DashboardSource } from '../dashboard/dashboard.ts';
import type { Control } from './control.ts';
import type { ServerView } from './server-view.ts';
import type { ArbiterState } from './state.ts';

type Modules = readonly [typeof import('../dashboard/dashboard.ts'), typeof import('../dashboard/log-tail.ts')];

export class Dashboard {
  readonly #state: ArbiterState;
  readonly #view: ServerView;
  readonly #control: Control;
  /** Loaded for the first who asks. */
  #modules: Promise<Modules> | undefined;

  constructor(state: ArbiterState, view: ServerView, control: Control) {
    this.#state = state;
    this.#view = view;
    this.#control = control;
  }

  /** False where there is none, or the path is none of its. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    if (this.#state.config.dashboard === 'off') return false;
    if (path !== '/' && !path.startsWith('/dashboard/')) return false;
    this.#modules ??= Promise.all([import('../dashboard/dashboard.ts'), import('../dashboard/log-tail.ts')]);
    this.#modules.then(
      (modules) => this.#answer(modules, request, response, path),
      (error: unknown) => {
        // It may have been replaced on the disk by another version, or have gone with it.
        this.#modules = undefined;
        this.#state.log.error(`The dashboard does not answer: ${explain(error)}`);
        response.destroy();
      },
    );
    return true;
  }

  #answer(modules: Modules, request: IncomingMessage, response: ServerResponse, path: string): void {
    const [{ answerDashboard }] = modules;
    if (!answerDashboard(request, response, path, this.#source(modules))) response.writeHead(404).end();
  }

  #source([{ shown }, { logNews }]: Modules): DashboardSource {
    const { config, log, recent } = this.#state;
    const { dashboard, dashboardToken, errorlog } = config;
    return {
      settings: () => ({ takesOrders: dashboard === 'control', token: dashboardToken }),
      feed: () => ({ at: Date.now(), status: this.#view.status(), figures: shown(this.#view.figures()) }),
      log: (known) => logNews({ file: errorlog === '-' ? undefined : resolve(errorlog), recent }, known),
      carryOut: (order, take) => this.#control.carryOut(order, take),
      onError: (error) => log.error(`The dashboard: ${explain(error)}`),
    };
  }
}
