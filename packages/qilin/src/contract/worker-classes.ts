/** The names of worker classes: ours, and those that Gunicorn's users know them by. */

/** Each class of ours, with every name that it answers to. */
const WORKER_CLASS_NAMES = {
  async: ['async', 'gevent', 'eventlet', 'tornado'],
  sync: ['sync'],
  threads: ['threads', 'gthread'],
  picoev: ['picoev', 'meinheld', 'egg:meinheld#gunicorn_worker'],
} as const;

export type BuiltinWorkerClass = keyof typeof WORKER_CLASS_NAMES;

export type WorkerClassChoice =
  | { readonly kind: 'builtin'; readonly name: BuiltinWorkerClass }
  /** A class from outside: `./mine.ts#MyClass`, `egg:package#name`, `package#name`. */
  | { readonly kind: 'external'; readonly module: string; readonly exportName: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** Which class of ours a value of the setting `workerClass` means, with `threads` taken into account as Gunicorn does it. */
export function ownWorkerClass(name: string, threads: number): BuiltinWorkerClass | undefined {
  if (name === 'sync' && threads > 1) return 'threads';
  return (['async', 'sync', 'threads', 'picoev'] as const).find((own) => matches(WORKER_CLASS_NAMES[own], name));
}

/** What a value of the setting `workerClass` means: one of ours, one from outside, or a mistake. */
export function chooseWorkerClass(name: string, threads: number): WorkerClassChoice {
  const own = ownWorkerClass(name, threads);
  if (own !== undefined) return { kind: 'builtin', name: own };
  const [module, exportName = 'workerClass', ...rest] = name.replace(/^egg:/, '').split('#');
  if (module !== undefined && /[./#]/.test(name) && rest.length === 0) return { kind: 'external', module, exportName };
  const known = Object.values(WORKER_CLASS_NAMES).flat().join(', ');
  return { kind: 'unknown', message: `workerClass must be one of ${known}, or ./file.ts#Name (got "${name}").` };
}

const matches = (names: readonly string[], name: string) => names.includes(name);
