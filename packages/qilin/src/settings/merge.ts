/** Brings all sources of settings together: defaults, then the config file, then `QILIN_CMD_ARGS`, then argv. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { QilinError } from '../contract/errors.ts';
import { ownWorkerClass } from '../contract/worker-classes.ts';
import { type CommandLine, readCommandLine, splitWords } from './argv.ts';
import type { Config, Origins, SettingName, ValueOf } from './config.ts';
import { conflicts, notes } from './conflicts.ts';
import { usableCpus } from './cpus.ts';
import { readEnvFile } from './env-file.ts';
import { type ConfigFile, type ConfigFileContent, findConfigFile, readConfigFile, sortKeys } from './file.ts';
import { boundsOf, type Checked } from './kinds.ts';
import { type MemoryLimits, memoryLimits } from './memory-limit.ts';
import { invalid } from './mistakes.ts';
import { HOOK_NAMES, PLAIN_NAMES, ROWS, SETTING_NAMES } from './names.ts';
import { partOf } from './sizes.ts';
import { type Crew, heapFlagIn, type SettledHeap, settleHeap } from './worker-heap.ts';

export type { Config };

/** All that settings are read from. */
export interface SettingsSources {
  /** The arguments after the program's name: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the directory of the start: the one before any `chdir`, also on a reload. */
  readonly cwd: string;
  /** Settings that a program gives to `serve()`, in the form of a config file; they come before all others. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What `workers = auto` becomes. By default the CPUs that this process may use. */
  readonly cpus?: () => number;
  /** What `heapLimit = auto` is made from. By default the limits of this process. */
  readonly memory?: () => MemoryLimits;
  /** The arguments of Node itself, which workers have too. By default those of this process. */
  readonly nodeArguments?: readonly string[];
}

export type LoadedSettings =
  /** `--help` or `--version` was given; nothing else was looked at. */
  | { readonly ok: true; readonly command: 'help' | 'version' }
  | {
      readonly ok: true;
      readonly command: 'serve' | 'checkConfig' | 'printConfig';
      readonly config: Config;
      readonly origins: Origins;
      /** Sentences for the log: combinations that work, but probably not as they are meant. */
      readonly notes: readonly string[];
    }
  /** All that is wrong, at least one. Each message names the setting and its source. */
  | { readonly ok: false; readonly errors: readonly QilinError[] };

/** A value that one source gave to a setting. */
interface Found {
  readonly value: unknown;
  readonly origin: string;
}

/** What one source gave, and what was wrong with it. */
interface Layer {
  readonly found: ReadonlyMap<SettingName, Found>;
  readonly errors: readonly QilinError[];
}

/** Reads and checks all settings. Never exits, prints or throws. */
export async function loadSettings(sources: SettingsSources): Promise<LoadedSettings> {
  const { env, cwd } = sources;
  const argv = readCommandLine(sources.argv, 'command line');
  const words = splitWords(env['QILIN_CMD_ARGS'] ?? '');
  const cmdArgs = readCommandLine(words ?? [], 'QILIN_CMD_ARGS');
  const command = argv.asks ?? cmdArgs.asks;
  if (command !== undefined) return { ok: true, command };

  const { file, layer: fileLayer } = await configLayer(cwd, configText(argv) ?? configText(cmdArgs));
  const layers = [
    fileLayer,
    commandLineLayer(cmdArgs, (flag) => `QILIN_CMD_ARGS${flag === undefined ? '' : ` ${flag}`}`),
    commandLineLayer(argv, (flag) => (flag === undefined ? 'command line' : `flag ${flag}`)),
    objectLayer(sortKeys(sources.options ?? {}, 'serve()'), 'serve()'),
  ];
  const given = new Map(layers.flatMap(({ found }) => [...found]));
  const defaults = defaultLayer(sources, given);
  const errors = [...layers, defaults].flatMap((layer) => layer.errors);
  if (words === undefined) errors.unshift(unclosed());
  if (errors.length > 0) return { ok: false, errors };
  try {
    return finish(sources, file, given, defaults.found);
  } catch (error) {
    if (error instanceof QilinError) return { ok: false, errors: [error] };
    throw error;
  }
}

function unclosed(): QilinError {
  return new QilinError(
    'SETTING_INVALID',
    'QILIN_CMD_ARGS must be arguments as a shell reads them: a quote is not closed.',
  );
}

const configText = (line: CommandLine): string | undefined => line.given.get('config')?.texts.at(-1);

async function configLayer(
  cwd: string,
  requested: string | undefined,
): Promise<{ readonly file: ConfigFile | undefined; readonly layer: Layer }> {
  let file: ConfigFile | undefined;
  try {
    file = findConfigFile(cwd, requested);
  } catch (error) {
    if (!(error instanceof QilinError)) throw error;
    return { file, layer: { found: new Map(), errors: [error] } };
  }
  if (file === undefined) return { file, layer: { found: new Map(), errors: [] } };
  return { file, layer: objectLayer(await readConfigFile(file), file.label) };
}

function objectLayer({ values, errors }: ConfigFileContent, label: string): Layer {
  const checked = [...values].map(([name, value]) => [name, label, ROWS[name].kind.check(value)] as const);
  const layer = layerOf(checked);
  return { found: layer.found, errors: [...errors, ...layer.errors] };
}

function commandLineLayer({ given, errors }: CommandLine, originOf: (flag: string | undefined) => string): Layer {
  const checked = [...given].map(
    ([name, { flag, texts }]) => [name, originOf(flag), ROWS[name].kind.parse(texts)] as const,
  );
  const layer = layerOf(checked);
  return { found: layer.found, errors: [...errors, ...layer.errors] };
}

/** Sorts what was checked into values and errors. */
function layerOf(checked: readonly (readonly [SettingName, string, Checked<unknown>])[]): Layer {
  const found = new Map<SettingName, Found>();
  const errors: QilinError[] = [];
  for (const [name, origin, result] of checked) {
    if (result.ok) found.set(name, { value: result.value, origin });
    else errors.push(invalid(name, origin, result.got));
  }
  return { found, errors };
}

/** The values of settings that no other source gave. */
function defaultLayer({ cwd, env }: SettingsSources, given: ReadonlyMap<SettingName, Found>): Layer {
  const app = String(given.get('app')?.value ?? '');
  const isInspected = (given.get('inspect')?.value ?? given.get('inspectBrk')?.value ?? null) !== null;
  const start = { cwd, app, isInspected, timeout: 0 };
  const timeout = Number(given.get('timeout')?.value ?? ROWS.timeout.defaultOf?.value(start));
  const checked = SETTING_NAMES.filter((name) => !given.has(name)).map((name) => {
    const { variable, kind, defaultOf, default: constant } = ROWS[name];
    const text = variable === undefined ? undefined : env[variable.name];
    if (variable !== undefined && text !== undefined && text !== '') {
      return [name, variable.name, kind.parse([variable.toText(text)])] as const;
    }
    return [name, 'default', { ok: true, value: defaultOf?.value({ ...start, timeout }) ?? constant }] as const;
  });
  return layerOf(checked);
}

/** What class `threads` has when nobody says how many: fewer would be no reason to choose it. */
const UNTOLD_THREADS = 2;

/**
 * Makes the config of values that are each valid, and checks them together.
 * @throws QilinError SETTING_INVALID for a file of variables that cannot be read
 */
function finish(
  sources: SettingsSources,
  file: ConfigFile | undefined,
  given: ReadonlyMap<SettingName, Found>,
  defaults: ReadonlyMap<SettingName, Found>,
): LoadedSettings {
  const found = new Map([...defaults, ...given]);
  // The compiler cannot follow a loop over the table: each name is there, with a value that its own kind let pass.
  const value = <Name extends SettingName>(name: Name) => found.get(name)?.value as ValueOf<Name>;
  const spread = !given.has('threads') && ownWorkerClass(value('workerClass'), 1) === 'threads';
  const plain = PLAIN_NAMES.map((name) => [name, value(name)]);
  const hooks = HOOK_NAMES.flatMap((name) => (value(name) === null ? [] : [[name, value(name)]]));
  const origins = SETTING_NAMES.map((name) => [name, `${found.get(name)?.origin}${wish(name, value(name))}`]);
  const { env, cwd, cpus = usableCpus, memory = memoryLimits } = sources;
  const chdir = resolve(cwd, value('chdir'));
  const named = value('envFile');
  const envFile = named === null ? null : resolve(chdir, named);
  const variables = envFile === null ? {} : readEnvFile(envFile, env, `${found.get('envFile')?.origin}`);
  const rawEnv = { ...variables, ...value('rawEnv') };
  const limits = memory();
  const asked = value('workers');
  const workerBounds = boundsOf(asked) ?? null;
  const workers = asked === 'auto' ? cpus() : (workerBounds?.min ?? Number(asked));
  const threads = spread ? UNTOLD_THREADS : value('threads');
  const isThreaded = ownWorkerClass(value('workerClass'), threads) === 'threads';
  const heapLimit = value('heapLimit');
  const crew = { workers: workerBounds?.max ?? workers, threads: isThreaded ? threads : 0 };
  const heap = heapOf(sources, { heapLimit, rawEnv }, crew, limits);
  const [bound, snapshots] = [value('maxMemory'), value('heapSnapshot')];
  const whole = {
    ...Object.fromEntries(plain),
    hooks: Object.fromEntries(hooks),
    workers,
    workerBounds,
    threads,
    envFile,
    rawEnv,
    heapLimit: heap.heapLimit,
    maxMemory: typeof bound === 'string' ? partOf(bound, limits) : bound,
    heapSnapshot: snapshots === null ? null : resolve(chdir, snapshots),
    static: Object.fromEntries(
      Object.entries(value('static')).map(([prefix, folder]) => [prefix, resolve(chdir, folder)]),
    ),
    chdir,
    config: file?.path ?? null,
  };
  return complete(deepFreeze(whole) as Config, Object.freeze(Object.fromEntries(origins)) as Origins, heap.notes);
}

/** What was asked for, where something else has come of it. */
const wish = (name: SettingName, value: unknown): string =>
  WORKED_OUT.includes(name) && typeof value === 'string' ? `, ${value}` : '';

const WORKED_OUT: readonly SettingName[] = ['workers', 'heapLimit', 'maxMemory'];

function heapOf(
  { env, nodeArguments = process.execArgv }: SettingsSources,
  { heapLimit, rawEnv }: { readonly [Name in 'heapLimit' | 'rawEnv']: ValueOf<Name> },
  crew: Crew,
  limits: MemoryLimits,
): SettledHeap {
  const options = rawEnv['NODE_OPTIONS'] ?? env['NODE_OPTIONS'] ?? '';
  const ownFlag = heapFlagIn([...nodeArguments, ...(splitWords(options) ?? [])]);
  return settleHeap({ heapLimit, crew, ownFlag }, limits);
}

function complete(config: Config, origins: Origins, further: readonly string[]): LoadedSettings {
  const command = config.printConfig ? 'printConfig' : config.checkConfig ? 'checkConfig' : 'serve';
  const errors = [...conflicts(config, origins)];
  if (config.app === '' && command !== 'printConfig') {
    errors.unshift(new QilinError('USAGE', 'the app is missing: write qilin [OPTIONS] MODULE[:APP].'));
  }
  if (command !== 'printConfig') errors.push(...missingFolders(config, origins));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, command, config, origins, notes: [...notes(config), ...further] };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function missingFolders(config: Config, origins: Origins): readonly QilinError[] {
  const { chdir, heapSnapshot } = config;
  const named = [
    ['chdir', chdir] as const,
    ['heapSnapshot', heapSnapshot] as const,
    ...Object.values(config.static).map((path) => ['static', path] as const),
  ];
  return named.flatMap(([name, path]) => {
    if (path === null || isFolder(path)) return [];
    const sentence = `${origins[name]}: ${name} must be a folder that exists (got ${JSON.stringify(path)}).`;
    return [new QilinError('SETTING_INVALID', sentence)];
  });
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
