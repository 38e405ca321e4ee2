/** The functions of a worker, out of the config file that the arbiter read; checked there. */
import type { HealthCheck } from '../contract/health-check.ts';
import { WORKER_HOOKS, type WorkerHooks } from '../contract/hooks.ts';
import { snakeCase } from '../contract/spelling.ts';
import { importModule, mainExport } from '../modules/import-module.ts';

export async function loadHooks(configFile: string | null): Promise<Partial<WorkerHooks>> {
  return await loadFunctions(configFile, WORKER_HOOKS);
}

export async function loadHealthCheck(configFile: string | null): Promise<HealthCheck | undefined> {
  const { healthCheck }: { readonly healthCheck?: HealthCheck } = await loadFunctions(configFile, ['healthCheck']);
  return healthCheck;
}

async function loadFunctions(configFile: string | null, names: readonly string[]) {
  if (configFile === null || configFile.endsWith('.json')) return {};
  const settings = await mainExport(await importModule(configFile));
  const found = names.flatMap((name) => {
    const given = pick(settings, name) ?? pick(settings, snakeCase(name));
    return typeof given === 'function' ? [[name, given]] : [];
  });
  return Object.fromEntries(found);
}

const pick = (from: unknown, name: string): unknown =>
  typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
