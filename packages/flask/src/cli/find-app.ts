/** Finds the app that `--app` names: `hello`, `hello:app`, `hello:createApp("test")`, `src/hello.ts`. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Flask } from '../app/flask.ts';
import { UsageError } from '../commands/usage-error.ts';

const EXTENSIONS = ['', '.ts', '.mts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js'];

/** Looked for without `--app`. */
const USUAL_FILES = ['app', 'wsgi'];

/** Looked for in a module, in this order. */
const USUAL_NAMES = ['app', 'application', 'default'];
const USUAL_FACTORIES = ['createApp', 'create_app', 'makeApp', 'make_app'];

type Exports = Readonly<Record<string, unknown>>;

/** @param spec undefined: `app` or `wsgi` in the folder @throws UsageError when there is no such app */
export async function findApp(spec: string | undefined, folder: string): Promise<Flask> {
  const { module, name, args } = parse(spec);
  const file = findFile(module, folder);
  const exports = await load(file, folder);
  const app = name === undefined ? usualApp(exports, file) : await namedApp(exports, name, args, file);
  return app;
}

interface Spec {
  readonly module: string | undefined;
  readonly name: string | undefined;
  /** Of a factory, as JSON; undefined where it is not called. */
  readonly args: readonly unknown[] | undefined;
}

function parse(spec: string | undefined): Spec {
  if (spec === undefined) return { module: undefined, name: undefined, args: undefined };
  const [, module = '', name, call] = /^(.*?)(?::([\p{ID_Start}_$][\p{ID_Continue}$]*)(\(.*\))?)?$/su.exec(spec) ?? [];
  if (call === undefined) return { module, name, args: undefined };
  try {
    const args: unknown = JSON.parse(`[${call.slice(1, -1).replaceAll("'", '"')}]`);
    return { module, name, args: Array.isArray(args) ? args : [] };
  } catch {
    throw new UsageError(`The arguments in --app ${spec} must be texts, numbers, true, false or null.`);
  }
}

function findFile(module: string | undefined, folder: string): string {
  const candidates = module === undefined ? USUAL_FILES : [module, module.replaceAll('.', '/')];
  for (const candidate of candidates) {
    for (const extension of EXTENSIONS) {
      const path = resolve(folder, `${candidate}${extension}`);
      if (/\.[cm]?[jt]s$/.test(path) && existsSync(path)) return path;
    }
  }
  if (module !== undefined) throw new UsageError(`There is no module "${module}" in ${folder}.`);
  throw new UsageError('Which app? Say it by --app MODULE[:APP] or FLASK_APP; there is no app.ts or wsgi.ts here.');
}

/** What is thrown by the module itself goes to the caller. */
async function load(file: string, folder: string): Promise<Exports> {
  if (/\.[cm]?ts$/.test(file)) await loadTypeScript(folder);
  const namespace: Exports = await import(pathToFileURL(file).href);
  // TypeScript in a folder without `"type": "module"` becomes CommonJS, whose exports are all in `default`.
  const whole = namespace['default'];
  const isCompiled = typeof whole === 'object' && whole !== null && '__esModule' in whole;
  return isCompiled ? Object.fromEntries(Object.entries(whole)) : namespace;
}

/** TypeScript is run by `tsx`: that of the app, or the one that comes with qilin. */
async function loadTypeScript(folder: string): Promise<void> {
  const resolvers = [createRequire(join(folder, 'package.json')), createRequire(import.meta.url)];
  for (const from of resolvers) {
    const manifest = tryResolve(from, 'qilin/package.json');
    const loader = tryResolve(from, 'tsx') ?? (manifest && tryResolve(createRequire(manifest), 'tsx'));
    if (loader === undefined) continue;
    await import(pathToFileURL(loader).href);
    return;
  }
  throw new UsageError('An app in TypeScript needs the package qilin or tsx: npm install qilin.');
}

function tryResolve(from: NodeJS.Require, name: string): string | undefined {
  try {
    return from.resolve(name);
  } catch {
    return undefined;
  }
}

function usualApp(exports: Exports, file: string): Flask | Promise<Flask> {
  for (const name of USUAL_NAMES) if (isApp(exports[name])) return exports[name];
  const apps = Object.values(exports).filter(isApp);
  const [only] = new Set(apps);
  if (only !== undefined && new Set(apps).size === 1) return only;
  if (apps.length > 1) throw new UsageError(`${file} exports several apps: name one by --app MODULE:APP.`);
  const factory = USUAL_FACTORIES.find((name) => typeof exports[name] === 'function');
  if (factory !== undefined) return namedApp(exports, factory, [], file);
  throw new UsageError(`${file} exports no app and no createApp(). It must export what new Flask(import.meta) made.`);
}

async function namedApp(
  exports: Exports,
  name: string,
  args: readonly unknown[] | undefined,
  file: string,
): Promise<Flask> {
  const exported = exports[name];
  if (exported === undefined)
    throw new UsageError(`${file} has no export "${name}" (it has: ${Object.keys(exports).join(', ')}).`);
  const value: unknown = typeof exported === 'function' ? await exported(...(args ?? [])) : exported;
  if (isApp(value)) return value;
  throw new UsageError(`"${name}" of ${file} is no Flask app, and no function that makes one.`);
}

/** Of this copy of the package, or of another. */
function isApp(value: unknown): value is Flask {
  if (value instanceof Flask) return true;
  return (
    typeof value === 'object' && value !== null && 'urlMap' in value && 'fetch' in value && 'viewFunctions' in value
  );
}
