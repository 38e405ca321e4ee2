/** What the compiler says of config files; `npm run check` compiles this. */
import { expect, expectTypeOf, test } from 'vitest';
import type { Hooks } from '../../src/contract/hooks.ts';
import type { WorkerConfig } from '../../src/contract/worker-config.ts';
import { defineConfig } from '../../src/index.ts';
import type { Config, SettingName } from '../../src/settings/config.ts';

test('defineConfig takes both spellings, aliases and typed hooks, and returns what it got', () => {
  const config = {
    preload_app: true,
    worker_class: 'gevent',
    logfile: 'x.log',
    workers: 'auto',
    bind: ['0.0.0.0:80', 9000],
    umask: 0o22,
    pidfile: null,
  } as const;
  expect(defineConfig(config)).toBe(config);
  defineConfig({
    whenReady: (arbiter) => {
      expectTypeOf(arbiter.workers).toBeNumber();
    },
    nworkers_changed: (_arbiter, now, before) => {
      expectTypeOf(now).toBeNumber();
      expectTypeOf(before).toEqualTypeOf<number | undefined>();
    },
    post_fork: async (worker) => worker.log.info('here'),
  });
});

test('defineConfig refuses wrong names and values', () => {
  // @ts-expect-error no such setting
  defineConfig({ worker_clas: 'sync' });
  // @ts-expect-error a number or "auto"
  defineConfig({ workers: 'many' });
  // @ts-expect-error one of the levels
  defineConfig({ loglevel: 'warn' });
  // @ts-expect-error only a flag
  defineConfig({ config: 'x' });
  // @ts-expect-error hooks are functions
  defineConfig({ whenReady: 1 });
});

test('Config has the types of the table', () => {
  expectTypeOf<Config['workers']>().toEqualTypeOf<number>();
  expectTypeOf<Config['interface']>().toEqualTypeOf<'auto' | 'fetch' | 'node'>();
  expectTypeOf<Config['pidfile']>().toEqualTypeOf<string | null>();
  expectTypeOf<Config['rawEnv']>().toEqualTypeOf<Readonly<Record<string, string>>>();
});

test('the table has all that a worker needs, and every hook', () => {
  expectTypeOf<Config>().toExtend<WorkerConfig>();
  expectTypeOf<keyof Hooks>().toExtend<SettingName>();
});
