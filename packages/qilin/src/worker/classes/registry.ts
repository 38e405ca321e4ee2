/** Finds a worker class by the name in the settings: one of ours, loaded when it is asked for, or one from outside. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { QilinError } from '../../contract/errors.ts';
import type { AppHostFactory, WorkerClass, WorkerClassFactory, WorkerContext } from '../../contract/worker-class.ts';
import { type BuiltinWorkerClass, chooseWorkerClass } from '../../contract/worker-classes.ts';
import { findModuleFile, importModule } from '../../modules/import-module.ts';

export type LoadedClass =
  /** Is given an app that is loaded already. */
  | { readonly kind: 'class'; readonly create: WorkerClassFactory }
  /** Loads the app itself. */
  | { readonly kind: 'host'; readonly create: AppHostFactory };

const BUILTIN: Readonly<Record<BuiltinWorkerClass, () => Promise<LoadedClass>>> = {
  async: async () => ({ kind: 'class', create: (await import('./async.ts')).workerClass }),
  sync: async () => ({ kind: 'class', create: (await import('./sync.ts')).workerClass }),
  picoev: async () => ({ kind: 'class', create: (await import('./picoev.ts')).workerClass }),
  threads: async () => ({ kind: 'host', create: (await import('./threads.ts')).workerClass }),
};

/** @throws QilinError WORKER_CLASS_UNKNOWN, with the cause when the class's own module threw */
export async function loadWorkerClass(settings: {
  readonly workerClass: string;
  readonly threads: number;
  readonly chdir: string;
}): Promise<LoadedClass> {
  const choice = chooseWorkerClass(settings.workerClass, settings.threads);
  switch (choice.kind) {
    case 'builtin':
      return BUILTIN[choice.name]();
    case 'external':
      return loadExternal(choice.module, choice.exportName, settings.chdir);
    case 'unknown':
      throw new QilinError('WORKER_CLASS_UNKNOWN', choice.message);
  }
}

async function loadExternal(module: string, exportName: string, chdir: string): Promise<LoadedClass> {
  const file = findModuleFile(resolve(chdir, module)) ?? findPackage(module, chdir);
  if (file === undefined) {
    throw new QilinError('WORKER_CLASS_UNKNOWN', `workerClass names the module "${module}", which does not exist.`);
  }
  const namespace = await importModule(file).catch((cause: unknown) => {
    throw new QilinError('WORKER_CLASS_UNKNOWN', `the worker class in ${file} could not be loaded.`, { cause });
  });
  const factory = namespace[exportName];
  if (!isFactory(factory)) {
    const exports = Object.keys(namespace).join(', ');
    throw new QilinError(
      'WORKER_CLASS_UNKNOWN',
      `${file} must export a class or function "${exportName}" (it has: ${exports}).`,
    );
  }
  const make = isClass(factory) ? (context: WorkerContext) => Reflect.construct(factory, [context]) : factory;
  return { kind: 'class', create: (context) => checked(make(context), `${exportName} of ${file}`) };
}

const METHODS = ['start', 'drain', 'stop', 'stats', 'busyFor'] as const satisfies readonly (keyof WorkerClass)[];

/** From outside: nobody has checked its type. */
function checked(made: WorkerClass, name: string): WorkerClass {
  const lacking = METHODS.filter((method) => typeof made?.[method] !== 'function');
  if (lacking.length === 0) return made;
  const message = `${name} is no worker class: what it makes lacks ${lacking.map((method) => `${method}()`).join(', ')}.`;
  throw new QilinError('WORKER_CLASS_UNKNOWN', message);
}

const isClass = (value: WorkerClassFactory) => /^class\b/.test(Function.prototype.toString.call(value));

const isFactory = (value: unknown): value is WorkerClassFactory => typeof value === 'function';

function findPackage(name: string, chdir: string): string | undefined {
  try {
    return createRequire(join(chdir, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}
