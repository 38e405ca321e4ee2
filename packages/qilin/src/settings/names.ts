/** The names of settings: in camelCase, in snake_case, aliases and flags, and the one that was probably meant. */
import { ARBITER_HOOKS, WORKER_HOOKS } from '../contract/hooks.ts';
import { distance, snakeCase } from '../contract/spelling.ts';
import type { HookName, PlainName, SettingName } from './config.ts';
import type { AnySetting } from './setting.ts';
import { SETTINGS } from './table.ts';

/** The table with the types of its rows left open, for code that goes through all of it. */
export const ROWS: Readonly<Record<SettingName, AnySetting>> = SETTINGS;

const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

/** In the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

export const HOOK_NAMES: readonly HookName[] = [...ARBITER_HOOKS, ...WORKER_HOOKS];

const hookNames: ReadonlySet<string> = new Set(HOOK_NAMES);
const isPlainName = (name: SettingName): name is PlainName => !hookNames.has(name);

export const PLAIN_NAMES: readonly PlainName[] = SETTING_NAMES.filter(isPlainName);

/** All names of a setting in a file. */
export function fileNames(name: SettingName): readonly string[] {
  const names = [name, ...(ROWS[name].aliases ?? [])];
  return [...new Set(names.flatMap((spelling) => [spelling, snakeCase(spelling)]))];
}

const byFileName: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.flatMap((name) => fileNames(name).map((spelling) => [spelling, name] as const)),
);

/** The setting that a key of a config file means. */
export const settingOfKey = (key: string): SettingName | undefined => byFileName.get(key);

/** `--no-daemon` for `--daemon`; undefined for a setting that is no switch. */
export function negation(name: SettingName): string | undefined {
  const { flags, kind } = ROWS[name];
  const long = flags.find((flag) => flag.startsWith('--'));
  return long !== undefined && kind.placeholder === null ? `--no-${long.slice(2)}` : undefined;
}

/** The flag by which messages and help call a setting: its first long one. */
export function mainFlag(name: SettingName): string | undefined {
  return ROWS[name].flags.find((flag) => flag.startsWith('--'));
}

/** Spellings are compared without what sets camelCase, snake_case and flags apart. */
const plain = (spelling: string): string => spelling.replace(/[-_]/g, '').toLowerCase();

/** The candidate nearest to what was typed, or undefined when none is near: at most a third of its letters differ. */
function nearest(
  typed: string,
  candidates: readonly (readonly [spelling: string, meant: string])[],
): string | undefined {
  let best: { readonly meant: string; readonly steps: number } | undefined;
  for (const [spelling, meant] of candidates) {
    const steps = distance(plain(typed), plain(spelling));
    if (steps <= plain(spelling).length / 3 && steps < (best?.steps ?? Number.POSITIVE_INFINITY))
      best = { meant, steps };
  }
  return best?.meant;
}

/** The key that was probably meant, in the style of the one typed. Flags are known too: `log_file` means `errorlog`. */
export function suggestKey(typed: string): string | undefined {
  const inStyle = (name: string): string => (typed.includes('_') ? snakeCase(name) : name);
  const names = SETTING_NAMES.filter((name) => ROWS[name].flagOnly !== true);
  const keys = names.flatMap((name) => fileNames(name).map((key) => [key, inStyle(key)] as const));
  const flags = names.flatMap((name) => ROWS[name].flags.map((flag) => [flag, inStyle(name)] as const));
  return nearest(typed, [...keys, ...flags]);
}

/** As other servers and process managers call it. */
const ELSEWHERE = [
  ['--port', '--bind'],
  ['--host', '--bind'],
  ['--listen', '--bind'],
  ['--instances', '--workers'],
  ['--cwd', '--chdir'],
  ['--watch', '--reload'],
] as const;

/** The flag that was probably meant. File names are known too: `--accesslog` means `--access-logfile`. */
export function suggestFlag(typed: string): string | undefined {
  const flags = SETTING_NAMES.flatMap((name) => [...ROWS[name].flags, negation(name) ?? []].flat());
  const keys = SETTING_NAMES.flatMap((name) => {
    const flag = mainFlag(name);
    return flag === undefined ? [] : fileNames(name).map((key) => [key, flag] as const);
  });
  const long = [...flags, '--help', '--version'].filter((flag) => flag.startsWith('--'));
  return nearest(typed, [...long.map((flag) => [flag, flag] as const), ...keys, ...ELSEWHERE]);
}
