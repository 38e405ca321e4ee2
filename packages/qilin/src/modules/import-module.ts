/**
 * Loads a JavaScript or TypeScript file, the one way for config files, apps and worker classes. TypeScript goes through
 * Node's own type stripping where Node has it and that suffices, through tsx elsewhere: on Node 20, and for what stripping
 * cannot do (enums, decorators, parameter properties, types imported as values, imports without extension, `paths` of a
 * tsconfig.json).
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MODULE_EXTENSIONS } from '../contract/app.ts';
import { IN_COMMONJS } from './mixed-modules.ts';
import { nearestTsconfig } from './nearest-tsconfig.ts';

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx', '.jsx']);

/** The namespace of a module: its exports by name. */
export type ModuleNamespace = Readonly<Record<string, unknown>>;

/**
 * The file that `path` means: itself, with one of the extensions, or its `index` file; undefined when none exists. A file
 * that is named without an extension comes last: beside `server.ts`, `server` is a program built from it.
 */
export function findModuleFile(path: string): string | undefined {
  const extended = MODULE_EXTENSIONS.map((extension) => path + extension);
  const indexes = MODULE_EXTENSIONS.map((extension) => `${path}/index${extension}`);
  const candidates = extname(path) === '' ? [...extended, path, ...indexes] : [path, ...extended, ...indexes];
  return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

function needsTsx(file: string): boolean {
  const extension = extname(file);
  if (!TYPESCRIPT.has(extension)) return false;
  // Node strips types, but it compiles no JSX.
  return extension.endsWith('x') || !('typescript' in process.features) || process.features.typescript === false;
}

/** What Node says of TypeScript that takes more than stripping; nothing of it has run then, or it would have run to here. */
const BEYOND_STRIPPING = new Set([
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNKNOWN_FILE_EXTENSION',
]);

/** A decorator is a SyntaxError without a code. */
const mayNeedTsx = (file: string, error: unknown): boolean =>
  TYPESCRIPT.has(extname(file)) &&
  error instanceof Error &&
  (error instanceof SyntaxError || ('code' in error && BEYOND_STRIPPING.has(String(error.code))));

/**
 * Stripping leaves an import of a type as it is, and the module that has the type has no such export: compiling drops it. The
 * modules are linked by then, and linked once for all: they are loaded anew, under names of tsx's own.
 */
const IS_LINK_ERROR = /^The requested module .* does not provide an export named /;

/**
 * Of a package of CommonJS (`npm init` writes so) Node runs TypeScript as it is, `import` and all; tsx compiles that. Node keeps the
 * failure under the file's name. Only of the file itself, of which nothing has run then.
 */
const isImportInCommonJs = (file: string, { message, stack = '' }: Error): boolean =>
  IN_COMMONJS.test(message) && stack.startsWith(`${file}:`);

const needsNewNames = (file: string, error: unknown): boolean =>
  error instanceof SyntaxError && (IS_LINK_ERROR.test(error.message) || isImportInCommonJs(file, error));

let tsxRegistered = false;

/** Where tsx is told which tsconfig.json holds; without it, that of the working directory does, be it the file's or not. */
const TSCONFIG = 'TSX_TSCONFIG_PATH';

/** From here on, `import` and `require` of this process take TypeScript, by the tsconfig.json of this file. */
async function registerTsx(file: string): Promise<void> {
  if (tsxRegistered) return;
  tsxRegistered = true;
  const [esm, cjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')]);
  const { [TSCONFIG]: said } = process.env;
  const nearest = said ?? nearestTsconfig(dirname(file));
  // Only the environment is read by both.
  if (nearest !== undefined) process.env[TSCONFIG] = nearest;
  try {
    esm.register();
    cjs.register();
  } finally {
    if (said === undefined) delete process.env[TSCONFIG];
  }
}

/**
 * Imports the file at an absolute path, once per process, as an `import` statement would.
 * @throws whatever the module throws; a syntax error included
 */
export async function importModule(file: string): Promise<ModuleNamespace> {
  if (needsTsx(file)) await registerTsx(file);
  const load = async (): Promise<ModuleNamespace> => await import(pathToFileURL(file).href);
  try {
    return await load();
  } catch (error) {
    if (tsxRegistered || !mayNeedTsx(file, error)) throw error;
    await registerTsx(file);
    return needsNewNames(file, error) ? importByTsx(file) : load();
  }
}

/**
 * The default export, or all exports by name where there is none: what a config file says. That may come by a promise, which is
 * the only way to await something in CommonJS.
 */
export async function mainExport(module: ModuleNamespace): Promise<unknown> {
  const value = Object.hasOwn(module, 'default') ? await module['default'] : module;
  // What a CommonJS module exported by way of a compiler has its default one level deeper.
  const isCompiled = typeof value === 'object' && value !== null && '__esModule' in value && 'default' in value;
  return isCompiled ? value.default : value;
}

let imports = 0;

/**
 * Imports the file as it is now on disk, even if it was imported before. Used for config files, which a reload reads
 * again in the same process. Modules that the file itself imports are fresh only where tsx loads it.
 * @throws whatever the module throws; a syntax error included
 */
export async function importModuleAnew(file: string): Promise<ModuleNamespace> {
  if (extname(file) === '.json') return { default: JSON.parse(readFileSync(file, 'utf8')) };
  if (needsTsx(file)) return importByTsx(file);
  if (extname(file) === '.cjs') {
    const require = createRequire(file);
    delete require.cache[file];
  }
  imports += 1;
  try {
    return (await import(`${pathToFileURL(file).href}?import=${imports}`)) as ModuleNamespace;
  } catch (error) {
    if (!mayNeedTsx(file, error)) throw error;
    return importByTsx(file);
  }
}

async function importByTsx(file: string): Promise<ModuleNamespace> {
  const { tsImport } = await import('tsx/esm/api');
  const { [TSCONFIG]: said } = process.env;
  const tsconfig = said ?? nearestTsconfig(dirname(file));
  const parent = { parentURL: import.meta.url, ...(tsconfig === undefined ? {} : { tsconfig }) };
  return (await tsImport(pathToFileURL(file).href, parent)) as ModuleNamespace;
}
