/** A reload's first step: the settings, read again and fit to be served with, before anything is changed. */
import { explain } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import { changedSettings } from '../settings/changes.ts';
import type { Config, LoadedSettings } from '../settings/merge.ts';
import { resolvePrivileges } from './privileges.ts';

/**
 * The settings for the new generation; undefined when they are not fit, which the log is told in full.
 * @param current The settings in force, whose values stay where only a restart can change them.
 */
export async function settingsForReload(
  current: Config,
  loadSettings: () => Promise<LoadedSettings>,
  log: Log,
): Promise<Config | undefined> {
  const loaded = await loadSettings();
  if (!loaded.ok || !('config' in loaded)) {
    for (const error of loaded.ok ? [] : loaded.errors) log.error(explain(error));
    log.error('Reload called off: the settings are not valid; the old workers keep serving');
    return undefined;
  }
  const { config, kept } = withRestartSettings(current, loaded.config);
  if (kept.length > 0) log.warning(`${kept.join(', ')} changed: takes effect with the next start (or USR2)`);
  try {
    resolvePrivileges(config.user, config.group);
    return config;
  } catch (error) {
    tellReloadImpossible(error, log);
    return undefined;
  }
}

/** For settings that are valid by themselves, but not on this machine or at this time. */
export function tellReloadImpossible(error: unknown, log: Log): void {
  log.error(explain(error));
  log.error('Reload called off: the settings cannot be applied; the old workers keep serving');
}

/** The new settings, but with the old values of those that only a restart can change. */
function withRestartSettings(before: Config, after: Config): { readonly config: Config; readonly kept: string[] } {
  const kept = changedSettings(before, after).restart;
  const old = Object.fromEntries(kept.map((name) => [name, before[name]]));
  return { config: { ...after, ...old }, kept: [...kept] };
}
