/** The hooks of a worker, out of the config file that the arbiter read; checked there. */
import { WORKER_HOOKS, type WorkerHooks } from '../contract/hooks.ts';
import { snakeCase } from '../contract/spelling.ts';
import { importModule, mainExport } from '../modules/import-module.ts';

export async function loadHooks(configFile: string | null): Promise<Partial<WorkerHooks>> {
  if (configFile === null || configFile.endsWith('.json')) return {};
  const settings = mainExport(await importModule(configFile));
  const found = WORKER_HOOKS.flatMap((name) => {
    const hook = pick(settings, name) ?? pick(settings, snakeCase(name));
    return typeof hook === 'function' ? [[name, hook]] : [];
  });
  return Object.fromEntries(found);
}

const pick = (from: unknown, name: string): unknown =>
  typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
