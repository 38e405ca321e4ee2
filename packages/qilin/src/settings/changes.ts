/** What a reload changes. */
import { isDeepStrictEqual } from '../contract/node-util.ts';
import type { Config, PlainName } from './config.ts';
import { PLAIN_NAMES } from './names.ts';
import type { ReloadEffect } from './setting.ts';
import { SETTINGS } from './table.ts';

export type ChangedSettings = Readonly<Record<ReloadEffect, readonly PlainName[]>>;

/** The settings that differ, by what a reload does with them. Hooks, functions made anew by each read, are left out. */
export function changedSettings(before: Config, after: Config): ChangedSettings {
  const changed: Record<ReloadEffect, PlainName[]> = { live: [], workers: [], restart: [] };
  for (const name of PLAIN_NAMES) {
    if (!isDeepStrictEqual(before[name], after[name])) changed[SETTINGS[name].reload].push(name);
  }
  return changed;
}
