/** What the tests of settings share: a folder of files, and settings loaded from given sources. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config, Origins } from '../../src/settings/config.ts';
import type { MemoryLimits } from '../../src/settings/memory-limit.ts';
import { type LoadedSettings, loadSettings } from '../../src/settings/merge.ts';

/** A new folder with these files, removed after the test. */
export function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'qilin-settings-'));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** A machine of 16 GiB that limits nothing. */
export const NO_LIMITS: MemoryLimits = { group: null, addresses: null, machine: 2 ** 34 };

export interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly memory?: Partial<MemoryLimits>;
  readonly nodeArguments?: readonly string[];
}

/** `/` has no config file that could disturb. */
export function load({
  argv = ['app'],
  env = {},
  cwd = '/',
  memory,
  nodeArguments = [],
}: Given): Promise<LoadedSettings> {
  return loadSettings({ argv, env, cwd, cpus: () => 6, memory: () => ({ ...NO_LIMITS, ...memory }), nodeArguments });
}

export async function loaded(given: Given): Promise<{ config: Config; origins: Origins; notes: readonly string[] }> {
  const result = await load(given);
  if (!result.ok) throw new AggregateError(result.errors, result.errors.map(({ message }) => message).join('\n'));
  if (!('config' in result)) throw new Error(`got ${result.command}`);
  return result;
}

/** The messages of all errors. */
export async function complaints(given: Given): Promise<readonly string[]> {
  const result = await load(given);
  return result.ok ? [] : result.errors.map(({ message }) => message);
}
