/**
 * Loads an app: finds its file, imports it, takes its export, calls it when it is a factory, and finds out its kind.
 *
 * What is the app, when several things could be: a named export, always; else the server that listens, in a program with
 * `import 'qilin/patch'`; else the default export; else the first server on which the module calls `listen()`. When an
 * export is the app, a server that the same module lets listen opens no port and gets no connection.
 */
import cluster, { type Worker } from 'node:cluster';
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { App, Interface, OnShutdown } from '../contract/app.ts';
import { QilinError } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import { Server as HttpServer } from '../contract/node-http.ts';
import { inspect } from '../contract/node-util.ts';
import { nearestFirst } from '../contract/spelling.ts';
import type { Milliseconds } from '../contract/units.ts';
import { importModule } from '../modules/import-module.ts';
import { cureOf } from '../modules/mixed-modules.ts';
import { withPlace } from '../modules/syntax-error.ts';
import { metadataRemark } from './decorator-metadata.ts';
import { type Detected, detect, onShutdownOf, unclear } from './detect.ts';
import { exportsOf } from './exports.ts';
import { findAppFile } from './find.ts';
import { watchFetchGuess, watchGuess } from './guessed-listener.ts';
import type { Interception } from './intercept.ts';
import { mainModuleRemark } from './main-module.ts';
import { type AppSpec, parseAppSpec } from './spec.ts';
import { strayError } from './stray-error.ts';

export interface AppSource {
  /** `MODULE[:APP]` as the user wrote it. */
  readonly app: string;
  /** Of the program, which makes it the main module; none for an app that is only imported. */
  readonly args: readonly string[];
  readonly interface: Interface;
  /** Absolute path of the folder from which MODULE is looked for. */
  readonly chdir: string;
  /** In seconds, for the message when `patience` ends, which is what is left of it. */
  readonly bootTimeout: number;
}

export interface LoadOptions {
  /** Aborted when the worker leaves: ends the loading, and is given to a factory as `{ signal }`. */
  readonly signal: AbortSignal;
  /** Made by `interceptListen()` before; without it a program that listens by itself has no app. */
  readonly interception?: Interception;
  /** How long the module may take to load and a program to call `listen()`; without it, for ever. */
  readonly patience?: Milliseconds | undefined;
  readonly log?: Pick<Log, 'debug' | 'info' | 'warning' | 'error'>;
}

/** After this long without an app the log says what is waited for. */
const REMARK_AFTER: Milliseconds = 3000;
/** A program may never end its top-level `await`, as in `await once(process, 'SIGTERM')`; it may yet export an app. */
const GRACE_AFTER_LISTEN: Milliseconds = 1000;
/** One that has not ended it for so long may have nothing better to offer than a server at any free port. */
const LONG_LOADING: Milliseconds = 10_000;

const MEANT =
  '; if another one is meant, let it listen on the port that Qilin is bound to, or export it (docs/apps.md).';

/** Of process.chdir() and the like. */
const NOT_IN_THREADS = ', which does what no thread may: use class async or picoev';

type Exports = ReadonlyMap<string, unknown>;

/** One loading, as its steps see it. */
interface Job {
  readonly spec: AppSpec;
  readonly file: string;
  readonly source: AppSource;
  readonly options: LoadOptions;
  /** Aborted when the loading has ended, one way or the other. */
  readonly over: AbortSignal;
  /** What the app has yet to do, for the message when patience ends. */
  awaited: string;
}

/**
 * @throws QilinError APP_NOT_FOUND | APP_EXPORT_MISSING | APP_UNCLEAR | APP_FAILED; the last has the app's error as cause
 * @throws the signal's reason when it is aborted meanwhile
 */
export async function loadApp(source: AppSource, options: LoadOptions): Promise<App> {
  const spec = parseAppSpec(source.app);
  const file = findAppFile(spec, source.chdir, source.args);
  const ended = new AbortController();
  const awaited = 'finished loading: a top-level await may never settle';
  const job: Job = { spec, file, source, options, over: ended.signal, awaited };
  try {
    return await Promise.race([
      load(job),
      ofTheApp(job, () => strayError(job.over)),
      outOfPatience(job),
      forksItself(job),
      whenAborted(options.signal, job.over),
    ]);
  } finally {
    ended.abort();
  }
}

async function load(job: Job): Promise<App> {
  const { spec, source } = job;
  const interception = job.options.interception;
  // Never without arguments: an app that asks whether it is the main module would serve itself.
  if (source.args.length > 0) process.argv.splice(1, Number.POSITIVE_INFINITY, job.file, ...source.args);
  const remark = metadataRemark(job.file);
  if (remark !== undefined) job.options.log?.warning(remark);
  const exports = await importExports(job);
  if (spec.attributes) {
    const value = await ofTheApp(job, () => callIfFactory(attributeOf(exports, spec), job));
    return finish(value, exports, job);
  }
  if (exports.has('default') && !interception?.requested()) {
    const value = await ofTheApp(job, () => exports.get('default'));
    if (detect(value, source.interface) || !interception?.listens()) return finish(value, exports, job);
  }
  return finish(await listeningServer(exports, job), exports, job);
}

/** The exports of the module; none when it listens and then never ends its top-level `await`. */
async function importExports(job: Job): Promise<Exports> {
  const { spec, file, over } = job;
  const importing = ofTheApp(job, () =>
    importModule(file).catch(async (error) => Promise.reject(await withPlace(error, file))),
  );
  const captured = spec.attributes ? undefined : job.options.interception?.captured;
  if (!captured) return exportsOf(await importing);
  let isLoading = true;
  delay(LONG_LOADING, undefined, { signal: over, ref: false }).then(
    () => {
      if (isLoading) job.options.interception?.makeDo();
    },
    () => {},
  );
  const listens = captured.then(() => delay(GRACE_AFTER_LISTEN, undefined, { signal: over }));
  const namespace = await Promise.race([importing, listens]);
  isLoading = false;
  if (namespace) return exportsOf(namespace);
  // Nobody awaits the rest of the module any more: its error ends the process, as it would under plain node.
  importing.catch((error: unknown) => process.nextTick(() => Promise.reject(error)));
  return new Map();
}

/** `obj.app` of the exports, with its object for a call. */
function attributeOf(exports: Exports, spec: AppSpec): { readonly holder: unknown; readonly value: unknown } {
  const [first = 'default', ...rest] = spec.attributes ?? [];
  if (!exports.has(first)) throw exportMissing(spec.module, first, exports.keys());
  let found = { holder: undefined as unknown, value: exports.get(first) };
  let path = first;
  for (const name of rest) {
    const holder = found.value;
    const hasMembers = (typeof holder === 'object' && holder !== null) || typeof holder === 'function';
    if (!hasMembers || !(name in holder))
      throw exportMissing(`${spec.module}:${path}`, name, hasMembers ? Object.keys(holder) : []);
    found = { holder, value: Reflect.get(holder, name) };
    path += `.${name}`;
  }
  return found;
}

function callIfFactory({ holder, value }: ReturnType<typeof attributeOf>, { spec, options }: Job): unknown {
  if (spec.args === undefined) return value;
  if (typeof value !== 'function') {
    throw new QilinError(
      'APP_UNCLEAR',
      `${spec.name} calls ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}; leave the parentheses out.`,
    );
  }
  return Reflect.apply(value, holder, [...spec.args, { signal: options.signal }]);
}

/** The server of a program that listens by itself, once it does. */
async function listeningServer(exports: Exports, job: Job): Promise<Server> {
  const { spec, source, options, over } = job;
  const { interception, log } = options;
  if (!interception)
    throw new QilinError('APP_EXPORT_MISSING', `${spec.module} has no default export.${listed(exports.keys())}`);
  const apps = [...exports].filter(([, value]) => detect(value, source.interface)).map(([name]) => name);
  if (apps.length > 0 && !interception.requested() && !interception.current()) {
    const choices = apps.map((name) => `${spec.module}:${name}`).join(' or ');
    throw new QilinError('APP_EXPORT_MISSING', `${spec.module} has no default export; did you mean ${choices}?`);
  }
  const lacks = exports.size === 0 ? 'exports nothing' : 'exports no app';
  const remark = mainModuleRemark(job.file);
  job.awaited = `called listen(), and it ${lacks}: let it do one of the two${remark}`;
  delay(REMARK_AFTER, undefined, { signal: over }).then(
    () => log?.info(`${spec.name} ${lacks}, and has not called listen() yet: waiting for it${remark}`),
    () => {},
  );
  interception.makeDo();
  return interception.captured;
}

/** @throws QilinError APP_UNCLEAR, and APP_FAILED when the framework cannot get ready */
async function finish(value: unknown, exports: Exports, job: Job): Promise<App> {
  const { spec, options } = job;
  const called = job.source.interface;
  const detected = detect(value, called, true);
  if (!detected) throw unclear(value, called, spec.name);
  job.awaited = 'become ready';
  await ofTheApp(job, () => detected.ready?.());
  const captured = options.interception?.current();
  if (captured && !(detected.shape.kind === 'server' && detected.shape.server === captured)) {
    options.log?.info(`${spec.name} is served; the listen() that its module calls opens no port.`);
  }
  const doubt = options.interception?.doubt();
  if (doubt !== undefined && detected.shape.kind === 'server' && detected.shape.server === captured)
    options.log?.warning(`The server of ${spec.name} ${doubt}${MEANT}`);
  const about = { name: spec.name, onShutdown: shutdownOf(value, exports, detected) };
  const beside = captured instanceof HttpServer ? captured : undefined;
  const { shape, isGuess } = detected;
  if (shape.kind === 'server') return { ...shape, ...about };
  if (!isGuess) return { ...shape, ...about, beside };
  if (shape.kind === 'fetch') return { ...shape, ...about, beside, fetch: watchFetchGuess(shape.fetch, spec.name) };
  const listener = watchGuess(shape.listener, spec.name, (sentence) => options.log?.error(sentence));
  return { ...shape, ...about, beside, listener };
}

/** All the ways in which the app wants to be told, in one. */
function shutdownOf(value: unknown, exports: Exports, detected: Detected): OnShutdown | undefined {
  const exported = exports.get('onShutdown');
  const steps = [typeof exported === 'function' ? () => exported() : undefined, onShutdownOf(value), detected.close];
  const present = steps.filter((step) => step !== undefined);
  if (present.length === 0) return undefined;
  return async () => {
    for (const step of present) await step();
  };
}

/** Runs code of the app; what it throws or rejects with becomes the cause of APP_FAILED. */
async function ofTheApp<T>({ spec }: Job, run: () => T): Promise<Awaited<T>> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof QilinError) throw error;
    const cause = error instanceof Error ? error : new Error(`The app threw no error, but ${inspect(error)}.`);
    const isOfThreads = 'code' in cause && cause.code === 'ERR_WORKER_UNSUPPORTED_OPERATION';
    const hint = isOfThreads ? NOT_IN_THREADS : cureOf(cause);
    throw new QilinError('APP_FAILED', `${spec.name} failed while it was loaded${hint}:`, { cause });
  }
}

/** A program that makes workers of its own, which listen through the process that forks them: here nobody would. */
function forksItself({ spec, over }: Job): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (worker: Worker): void => {
      worker.process.kill('SIGKILL');
      reject(
        new QilinError(
          'APP_UNSUPPORTED',
          `${spec.name} forks workers by node:cluster, which is what Qilin does (--workers): name the file that listens in them, or leave the fork out.`,
        ),
      );
    };
    cluster.on('fork', refuse);
    over.addEventListener('abort', () => cluster.off('fork', refuse), { once: true });
  });
}

async function outOfPatience(job: Job): Promise<never> {
  const { patience } = job.options;
  if (patience === undefined) return new Promise(() => {});
  await delay(patience, undefined, { signal: job.over });
  const { spec, source, awaited } = job;
  const message = `Within bootTimeout, ${source.bootTimeout} s, ${spec.name} has not ${awaited}.`;
  throw new QilinError('APP_UNCLEAR', message);
}

function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true, signal: over });
  });
}

function exportMissing(where: string, name: string, names: Iterable<string>): QilinError {
  return new QilinError('APP_EXPORT_MISSING', `${where} has no export "${name}".${listed(nearestFirst(name, names))}`);
}

function listed(names: Iterable<string>): string {
  const all = [...names];
  return all.length === 0 ? ' It exports nothing: export the app.' : ` It exports ${all.join(', ')}.`;
}
