/**
 * Reloads, step by step: the hook, the settings, their fitness, the sockets, and then a candidate generation, which commits or is
 * called off. Only the first two are the user's code and take time; a newer reload does not wait for those of one before.
 */

import { formatUrl } from '../contract/address.ts';
import { explain, QilinError, reasonOf } from '../contract/errors.ts';
import { isDeepStrictEqual } from '../contract/node-util.ts';
import { createLog } from '../observe/error-log.ts';
import { changedSettings } from '../settings/changes.ts';
import type { Origins } from '../settings/config.ts';
import type { Config, LoadedSettings } from '../settings/merge.ts';
import { wantedCount } from './fleet.ts';
import type { Generations } from './generations.ts';
import { type Hosts, resolveHosts } from './hosts.ts';
import type { Attempt } from './last-reload.ts';
import { type Privileges, resolvePrivileges } from './privileges.ts';
import type { Sockets } from './sockets.ts';
import { type ArbiterState, wantedBy } from './state.ts';
import type { Succession } from './succession.ts';

/** The settings of that reload have been read, and the user and the hosts are known that they name. */
export interface ReloadEvent {
  readonly type: 'settings';
  readonly reload: Attempt;
  readonly loaded: LoadedSettings;
  /** Undefined when the settings are not valid. */
  readonly found: Found | undefined;
}

interface Found {
  readonly privileges: Privileges;
  readonly hosts: Hosts;
}

export class Reloads {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #loadSettings: () => Promise<LoadedSettings>;
  readonly #put: (event: ReloadEvent) => void;
  #newest: Attempt | undefined;

  constructor(
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    loadSettings: () => Promise<LoadedSettings>,
    put: (event: ReloadEvent) => void,
  ) {
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#loadSettings = loadSettings;
    this.#put = put;
  }

  begin(): Attempt {
    const { log, hooks, info, lastReload } = this.#state;
    log.info('Reloading');
    const reload = lastReload.begin('HUP');
    this.#newest = reload;
    this.#restoreControl();
    void hooks
      .call('onReload', (user) => user.onReload?.(info))
      .then(() => this.#read())
      .then((read) => this.#put({ type: 'settings', reload, ...read }));
    return reload;
  }

  /** By signal a server can be told what qilinctl cannot say without it. */
  #restoreControl(): void {
    try {
      this.#generations.restoreControl();
    } catch (error) {
      this.#state.log.warning(`The control socket cannot be made anew: ${reasonOf(error)}`);
    }
  }

  async #read(): Promise<Pick<ReloadEvent, 'loaded' | 'found'>> {
    try {
      const loaded = await this.#loadSettings();
      if (!loaded.ok || !('config' in loaded)) return { loaded, found: undefined };
      const [privileges, hosts] = await Promise.all([
        this.#privilegesFor(loaded.config),
        resolveHosts(this.#generations.missing(loaded.config)),
      ]);
      return { loaded, found: { privileges, hosts } };
    } catch (error) {
      return { loaded: { ok: false, errors: [asQilinError(error)] }, found: undefined };
    }
  }

  /** From here on nothing is waited for: the settings are applied, or the reload is off. */
  hear({ reload, loaded, found }: ReloadEvent): void {
    if (reload !== this.#newest || this.#state.fleet.goal !== 'serve') return;
    const { log } = this.#state;
    if (!loaded.ok || !('config' in loaded) || found === undefined) {
      for (const error of loaded.ok ? [] : loaded.errors) this.#tellError(reload, error);
      this.#refuse(reload, 'the settings are not valid');
      return;
    }
    const { config, origins, kept } = withRestartSettings(this.#state, loaded);
    if (kept.length > 0) log.warning(`${kept.join(', ')} changed: takes effect with the next start (or USR2)`);
    try {
      // Opened for a moment: the arbiter itself takes it when the new workers serve.
      createLog(config).close();
      const { privileges, hosts } = found;
      const generation = { config, origins, privileges, lent: this.#generations.open(config, hosts) };
      this.#state.change({ type: 'reload', wanted: wantedBy(config, wantedCount(this.#state.fleet)) });
      const number = this.#state.fleet.lastGeneration;
      this.#generations.add(number, generation);
      this.#state.lastReload.boots(reload, number);
    } catch (error) {
      this.#tellError(reload, error);
      this.#refuse(reload, 'the settings cannot be applied');
    }
    this.#succession.closeUnused();
  }

  commit(): void {
    const before = this.#generations.get(this.#state.fleet.serving.number)?.lent;
    this.#state.change({ type: 'commit' });
    const { number } = this.#state.fleet.serving;
    const committed = this.#generations.get(number);
    if (committed !== undefined) this.#state.adopt(committed.config, committed.origins);
    this.#state.log.info(`Reload done: generation ${number} serves`);
    this.#state.lastReload.endCandidate('done');
    this.#succession.closeUnused();
    if (!isDeepStrictEqual(before, committed?.lent)) tellAddresses(this.#state, this.#generations.sockets);
  }

  callOff(reason: string): void {
    this.#state.change({ type: 'callOff' });
    this.#tellCalledOff(reason);
    this.#state.lastReload.endCandidate('called off', reason);
    this.#succession.closeUnused();
  }

  #tellError(reload: Attempt, error: unknown): void {
    const text = explain(error);
    this.#state.log.error(text);
    reload.says(text);
  }

  /** One that comes to no workers. */
  #refuse(reload: Attempt, reason: string): void {
    this.#tellCalledOff(reason);
    this.#state.lastReload.end(reload, 'called off', reason);
  }

  #tellCalledOff(reason: string): void {
    this.#state.log.error(`Reload called off: ${reason}; the old workers keep serving`);
  }

  /** Looked up anew only where they are others: to ask for a user can take long, and a process. */
  async #privilegesFor({ user, group }: Config): Promise<Privileges> {
    const { config, fleet } = this.#state;
    const present = this.#generations.get(fleet.serving.number)?.privileges;
    const isSame = user === config.user && group === config.group;
    return isSame && present !== undefined ? present : resolvePrivileges(user, group);
  }
}

export function tellAddresses({ config, log }: ArbiterState, sockets: Sockets): void {
  const scheme = config.certfile === null ? 'http' : 'https';
  const urls = sockets.map(({ actual }) => formatUrl(actual, scheme)).join(', ');
  log.info(`Listening at: ${urls} (${process.pid})`);
}

const asQilinError = (cause: unknown): QilinError =>
  cause instanceof QilinError ? cause : new QilinError('CONFIG_FILE', 'The settings cannot be read:', { cause });

/** The new settings, but with the old values of those that only a restart can change. */
function withRestartSettings(before: Settings, after: Settings): Settings & { readonly kept: readonly string[] } {
  const kept = changedSettings(before.config, after.config).restart;
  const values = Object.fromEntries(kept.map((name) => [name, before.config[name]]));
  const origins = Object.fromEntries(kept.map((name) => [name, before.origins[name]]));
  return { config: { ...after.config, ...values }, origins: { ...after.origins, ...origins }, kept };
}

interface Settings {
  readonly config: Config;
  readonly origins: Origins;
}
