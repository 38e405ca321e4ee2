/** What settings become options of the native engine: whatever a setting may be, the engine takes it. */
import { HTTP_LOOP_RANGES } from '@qilin/picoev';
import { expect, test } from 'vitest';
import type { WorkerConfig } from '../../src/contract/worker-config.ts';
import { loadSettings } from '../../src/settings/merge.ts';
import { ROWS } from '../../src/settings/names.ts';
import { loopOptions } from '../../src/worker/native/native-engine.ts';

/** A configuration with each setting that is a number at one end of its range: from the schema that editors get. */
async function configAt(end: 'minimum' | 'maximum'): Promise<WorkerConfig> {
  const loaded = await loadSettings({ argv: ['app'], env: {}, cwd: '/' });
  if (!loaded.ok || !('config' in loaded)) throw new Error('the defaults are no configuration');
  const ends = Object.entries(ROWS).flatMap(([name, { kind }]) => {
    const { anyOf } = Object(kind.schema);
    const schemas: readonly unknown[] = Array.isArray(anyOf) ? anyOf : [kind.schema];
    const number = schemas.map(Object).find(({ type }) => type === 'integer' || type === 'number');
    return number === undefined ? [] : [[name, number[end] ?? Number.MAX_SAFE_INTEGER]];
  });
  return { ...loaded.config, ...Object.fromEntries(ends) };
}

test.each(['minimum', 'maximum'] as const)('the engine takes each setting at its %s', async (end) => {
  const options = loopOptions(await configAt(end));
  expect(Object.keys(options)).toEqual(expect.arrayContaining(Object.keys(HTTP_LOOP_RANGES)));
  const refused = Object.entries(HTTP_LOOP_RANGES).flatMap(([name, { min, max }]) => {
    const value: unknown = Reflect.get(options, name);
    return Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? [] : [[name, value]];
  });
  expect(refused).toEqual([]);
});
