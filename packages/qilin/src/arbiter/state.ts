/** What the parts of the arbiter share: settings in force, log, fleet. What changes in the fleet is told here, once. */
import { explain } from '../contract/errors.ts';
import type { ArbiterInfo } from '../contract/hooks.ts';
import type { Log } from '../contract/log.ts';
import { RecentLines } from '../contract/recent-lines.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import { createLog } from '../observe/error-log.ts';
import { recalledLog } from '../observe/recalled-log.ts';
import type { Config, Origins } from '../settings/config.ts';
import { createFleet, type Fleet, heldPlaces, type Wanted, wantedCount } from './fleet.ts';
import { HookRunner } from './hook-runner.ts';
import { LastReload } from './last-reload.ts';
import { apply, type FleetEvent } from './transitions.ts';

export class ArbiterState {
  readonly hooks = new HookRunner(() => {
    const { hooks, hookTimeout } = this.#config;
    return { hooks, limit: toMilliseconds(hookTimeout), log: this.#log };
  });
  readonly lastReload = new LastReload();
  /** The last lines of the log, where there is a dashboard that shows them. */
  readonly recent = new RecentLines();
  #config: Config;
  #origins: Origins;
  #log: Log;
  #fleet: Fleet;

  /**
   * @param workers As many as the arbiter before this one had.
   * @throws QilinError LOG_FILE
   */
  constructor(config: Config, origins: Origins, isUpgrade: boolean, workers?: number) {
    this.#config = config;
    this.#origins = origins;
    this.#log = this.#openLog(config);
    this.#fleet = createFleet(wantedBy(config, workers), performance.now(), isUpgrade);
  }

  get config(): Config {
    return this.#config;
  }

  /** Where each setting in force comes from. */
  get origins(): Origins {
    return this.#origins;
  }

  get log(): Log {
    return this.#log;
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  get info(): ArbiterInfo {
    return { pid: process.pid, log: this.#log, workers: wantedCount(this.#fleet) };
  }

  change(event: FleetEvent, at: Milliseconds = performance.now()): void {
    const before = this.#fleet;
    this.#fleet = apply(before, event, at);
    this.#tellPause(before, at);
    this.#tellCount(before);
  }

  /** Takes settings on. A log that cannot be opened any more leaves the present one in use. */
  adopt(config: Config, origins: Origins): void {
    const before = this.#config;
    this.#config = config;
    this.#origins = origins;
    const differs = (['errorlog', 'loglevel', 'logFormat', 'dashboard'] as const).some(
      (name) => before[name] !== config[name],
    );
    if (!differs) return;
    try {
      const log = this.#openLog(config);
      this.#log.close();
      this.#log = log;
    } catch (error) {
      this.#log.error(explain(error));
    }
  }

  #openLog(config: Config): Log {
    const log = createLog(config);
    return config.dashboard === 'off' ? log : recalledLog(log, config.loglevel, this.recent);
  }

  /** Every pause is one line. */
  #tellPause(before: Fleet, at: Milliseconds): void {
    const { failures, retryAt, goal } = this.#fleet;
    if (goal !== 'serve' || heldPlaces(this.#fleet, at) === 0 || failures === before.failures) return;
    this.#log.warning(
      `Next worker in ${((retryAt - at) / 1000).toFixed(0)} s: ${failures} starts in a row have failed`,
    );
  }

  #tellCount(before: Fleet): void {
    const [now, then] = [wantedCount(this.#fleet), wantedCount(before)];
    if (now === then || this.#fleet.goal !== 'serve') return;
    const { hooks, info } = this;
    void hooks.call('nworkersChanged', (user) => user.nworkersChanged?.(info, now, then));
  }
}

/** @param present How many are wanted already: what has grown with its load is not begun anew. */
export function wantedBy(config: Config, present = 0): Wanted {
  const { workers, workerBounds } = config;
  return {
    count: workerBounds === null ? workers : Math.min(workerBounds.max, Math.max(workerBounds.min, present)),
    limits: {
      timeout: toMilliseconds(config.timeout),
      bootTimeout: toMilliseconds(config.bootTimeout),
      gracefulTimeout: toMilliseconds(config.gracefulTimeout),
      preloadApp: config.preloadApp,
      canary: config.canary,
      drainGenerations: config.drainGenerations,
    },
  };
}
