/** Finds and reads the config file: which values it gives to which settings, not yet checked. */
import { statSync } from 'node:fs';
import { extname, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { QilinError } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import { importModuleAnew, type ModuleNamespace, mainExport } from '../modules/import-module.ts';
import { cureOf } from '../modules/mixed-modules.ts';
import { withPlace } from '../modules/syntax-error.ts';
import type { SettingName } from './config.ts';
import { givenTwice, quote, unknownKey } from './mistakes.ts';
import { ROWS, settingOfKey } from './names.ts';

/** In the order in which they are looked for. */
const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'] as const;

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** As messages call it: relative to the directory of the start when it is below. */
  readonly label: string;
}

export interface ConfigFileContent {
  readonly values: ReadonlyMap<SettingName, unknown>;
  readonly errors: readonly QilinError[];
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * The file to read, if any.
 * @param requested the value of `--config`: undefined for the default file, an empty text for none
 * @throws QilinError CONFIG_FILE when the requested one does not exist, or cannot be a config file
 */
export function findConfigFile(cwd: string, requested: string | undefined): ConfigFile | undefined {
  if (requested === '') return undefined;
  const path = requested === undefined ? defaultFile(cwd) : resolve(cwd, withoutScheme(requested));
  if (path === undefined) return undefined;
  const inside = relative(cwd, path);
  const label = inside.startsWith('..') ? path : inside;
  if (!isFile(path)) throw new QilinError('CONFIG_FILE', `the config file ${label} does not exist.`);
  if (!EXTENSIONS.some((extension) => extension === extname(path))) {
    throw new QilinError('CONFIG_FILE', `a config file ends in ${EXTENSIONS.join(', ')} (got ${quote(label)}).`);
  }
  return { path, label };
}

function defaultFile(cwd: string): string | undefined {
  return EXTENSIONS.map((extension) => resolve(cwd, `qilin.config${extension}`)).find(isFile);
}

/** Gunicorn writes `file:gunicorn.conf.py`; a file URL is understood too. */
const withoutScheme = (requested: string): string => requested.replace(/^file:(?:\/\/(?=\/))?/, '');

/** A file that awaits something, such as a secret, has this long for it. */
const LOAD_TIMEOUT: Milliseconds = 30_000;

/** Runs the file as it is now, even when it was read before, and sorts its keys. */
export async function readConfigFile(file: ConfigFile): Promise<ConfigFileContent> {
  const done = new AbortController();
  const late = async (): Promise<never> => {
    await pause(LOAD_TIMEOUT, undefined, { signal: done.signal });
    const message = `the config file ${file.label} has not finished after ${LOAD_TIMEOUT / 1000} s: what it awaits must come sooner.`;
    throw new QilinError('CONFIG_FILE', message);
  };
  const read = async (): Promise<ConfigFileContent> => {
    const module = await importModuleAnew(file.path);
    if (Object.keys(module).length === 0) throw exportsNothing(file.label);
    const content = sortKeys(await mainExport(module), file.label);
    return { ...content, errors: [...content.errors, ...unheard(module, file.label)] };
  };
  try {
    return await Promise.race([read(), late()]);
  } catch (error) {
    return { values: new Map(), errors: [await failure(file, error)] };
  } finally {
    done.abort();
  }
}

/** A file whose settings stay inside: what its author set would not hold, without a word. */
const exportsNothing = (label: string): QilinError =>
  new QilinError('CONFIG_FILE', `${label} exports nothing; write export default { … }, or export const workers = 4.`);

/** Settings that are exported by name beside a default export, which alone is read. */
function unheard(module: ModuleNamespace, label: string): QilinError[] {
  if (!Object.hasOwn(module, 'default')) return [];
  const { default: whole, ...others } = module;
  // Those of a CommonJS module are given by Node in both ways.
  const isHeard = (name: string): boolean => isObject(whole) && whole[name] === others[name];
  const names = Object.keys(others).filter((name) => settingOfKey(name) !== undefined && !isHeard(name));
  if (names.length === 0) return [];
  const message = `${label}: ${names.join(' and ')} must stand in the default export, as there is one.`;
  return [new QilinError('SETTINGS_CONFLICT', message)];
}

async function failure({ label, path }: ConfigFile, error: unknown): Promise<QilinError> {
  if (error instanceof QilinError) return error;
  if (error instanceof SyntaxError && extname(path) === '.json') {
    return new QilinError('CONFIG_FILE', `${label} is not valid JSON: ${error.message}`);
  }
  const cause = await withPlace(error, path);
  const cure = cause instanceof Error ? cureOf(cause) : '';
  return new QilinError('CONFIG_FILE', `the config file ${label} failed${cure}:`, { cause });
}

/** With keys to read: of a Map, or an unawaited promise, nothing that its author set would hold. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length > 0 || isPlain(value);
}

/** Without a prototype, or with `Object.prototype`, of whatever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype !== 'object' || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Keys that say something about the file, not about the server. */
const IGNORED = new Set(['$schema', '__esModule', 'module.exports']);

/** The settings that an object names, in whatever spelling. `label` is where it comes from, for messages. */
export function sortKeys(exported: unknown, label: string): ConfigFileContent {
  if (!isObject(exported)) {
    const message = `${label} must export an object of settings (got ${quote(exported)}).`;
    return { values: new Map(), errors: [new QilinError('CONFIG_FILE', message)] };
  }
  const values = new Map<SettingName, unknown>();
  const spellings = new Map<SettingName, string>();
  const errors: QilinError[] = [];
  for (const [key, value] of Object.entries(exported)) {
    if (IGNORED.has(key) || value === undefined) continue;
    const name = settingOfKey(key);
    const before = name === undefined ? undefined : spellings.get(name);
    if (name === undefined) errors.push(unknownKey(key, label));
    else if (ROWS[name].flagOnly === true) errors.push(flagOnly(name, label));
    else if (before !== undefined) errors.push(givenTwice([before, key], label));
    else {
      values.set(name, value);
      spellings.set(name, key);
    }
  }
  return { values, errors };
}

function flagOnly(name: SettingName, label: string): QilinError {
  const flags = ROWS[name].flags.join(' or ');
  return new QilinError('SETTINGS_CONFLICT', `${label}: ${name} cannot stand in a config file; use ${flags}.`);
}
