/** The types that follow from the table: what the settings become, and what a config file may hold. */
import type { Hooks } from '../contract/hooks.ts';
import type { Setting } from './setting.ts';
import type { SETTINGS } from './table.ts';

type Table = typeof SETTINGS;

export type SettingName = keyof Table;
export type HookName = keyof Hooks;

/** Of a setting, as its own kind reads it. */
export type ValueOf<Name extends SettingName> =
  Table[Name] extends Setting<infer Value, infer _Input, infer _Alias> ? Value : never;
type InputOf<Name extends SettingName> =
  Table[Name] extends Setting<infer _Value, infer Input, infer _Alias> ? Input : never;
type AliasOf<Name extends SettingName> =
  Table[Name] extends Setting<infer _Value, infer _Input, infer Alias> ? Alias : never;

/** The settings whose value is data. */
export type PlainName = Exclude<SettingName, HookName>;

type PlainValues = { readonly [Name in Exclude<PlainName, 'workers' | 'heapLimit' | 'maxMemory'>]: ValueOf<Name> };

/** All settings with their values, deeply frozen. */
export interface Config extends PlainValues {
  /** The number of workers to start with; `auto` has been counted out, and of bounds it is the lower one. */
  readonly workers: number;
  /** Between which the number of workers follows the load; null where it is one number. */
  readonly workerBounds: { readonly min: number; readonly max: number } | null;
  /** Bytes; 0 for Node's own choice. `auto` has been worked out. */
  readonly heapLimit: number;
  /** Bytes; 0 for no bound. A percentage has been worked out. */
  readonly maxMemory: number;
  readonly hooks: Readonly<Partial<Hooks>>;
}

/** Where the value of each setting came from: `default`, `WEB_CONCURRENCY`, `qilin.config.ts`, `flag --workers`. */
export type Origins = Readonly<Record<SettingName, string>>;

/** `limitRequestLine` becomes `limit_request_line`. */
type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

type Spellings<Name extends string> = Name | SnakeCase<Name>;

/** The settings that flags alone can give. */
type FlagOnly = 'config';

/** What a config file exports: any settings and hooks, in camelCase or in Gunicorn's snake_case. */
export type QilinConfig = {
  readonly [Name in Exclude<SettingName, FlagOnly> as Spellings<Name | AliasOf<Name>>]?: InputOf<Name> | undefined;
};

/** Gives a config file its types: `export default defineConfig({ workers: 4 })`. Returns its argument. */
export function defineConfig(config: QilinConfig): QilinConfig {
  return config;
}
