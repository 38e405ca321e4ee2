/** The names of worker classes: ours, and those that Gunicorn's users know them by. */

/** Each class that is built in, with every name that it answers to. */
const WORKER_CLASS_NAMES = {
  async: ['async', 'gevent', 'eventlet', 'tornado'],
  sync: ['sync'],
} as const;

export type BuiltinWorkerClass = keyof typeof WORKER_CLASS_NAMES;

/** Names of classes that are not there yet, with what to say to who asks for them. */
const PLANNED = {
  picoev: ['picoev', 'meinheld', 'egg:meinheld#gunicorn_worker'],
  threads: ['threads', 'gthread'],
} as const;

export type WorkerClassChoice =
  | { readonly kind: 'builtin'; readonly name: BuiltinWorkerClass }
  /** A class from outside: `./mine.ts#MyClass`, `egg:package#name`, `package#name`. */
  | { readonly kind: 'external'; readonly module: string; readonly exportName: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** What a value of the setting `workerClass` means, with `threads` taken into account as Gunicorn does it. */
export function chooseWorkerClass(name: string, threads: number): WorkerClassChoice {
  if (name === 'sync' && threads > 1) return unknown(`sync with threads = ${threads}`, 'threads');
  for (const builtin of ['async', 'sync'] as const) {
    if (matches(WORKER_CLASS_NAMES[builtin], name)) return { kind: 'builtin', name: builtin };
  }
  for (const planned of ['picoev', 'threads'] as const) {
    if (matches(PLANNED[planned], name)) return unknown(`"${name}"`, planned);
  }
  const [module, exportName = 'workerClass', ...rest] = name.replace(/^egg:/, '').split('#');
  if (module !== undefined && /[./#]/.test(name) && rest.length === 0) return { kind: 'external', module, exportName };
  const known = Object.values(WORKER_CLASS_NAMES).flat().join(', ');
  return { kind: 'unknown', message: `workerClass must be one of ${known}, or ./file.ts#Name (got "${name}").` };
}

const matches = (names: readonly string[], name: string) => names.includes(name);

function unknown(asked: string, planned: string): WorkerClassChoice {
  return {
    kind: 'unknown',
    message: `workerClass ${asked} needs the class ${planned}, which this version does not have yet: use async or sync.`,
  };
}
