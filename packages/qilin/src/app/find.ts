/** Finds the file that the MODULE of an app names. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { MODULE_EXTENSIONS } from '../contract/app.ts';
import { QilinError } from '../contract/errors.ts';
import { nearestFirst } from '../contract/spelling.ts';
import { findModuleFile } from '../modules/import-module.ts';
import { type AppSpec, modulePaths } from './spec.ts';

/** Folders whose files nobody means. */
const NOT_SOURCES = /^(?:node_modules|\..*)$/;
const SUGGESTIONS = 3;
/** What starts a program as a process of its own, which PM2 may be given. */
const RUNNERS = /^(?:npm|npx|yarn|pnpm|bun|bunx|node|tsx)$/;

/**
 * @returns the absolute path of the module: a file as seen from `chdir`; else, for one with arguments, a command that a package
 *   in its node_modules installs; else such a package
 * @throws QilinError APP_NOT_FOUND
 */
export function findAppFile(spec: AppSpec, chdir: string, args: readonly string[] = []): string {
  for (const path of modulePaths(spec.module)) {
    const file = findModuleFile(resolve(chdir, path));
    if (file !== undefined) return checked(file, spec);
  }
  if (RUNNERS.test(spec.module)) throw new QilinError('APP_NOT_FOUND', runs(spec.module));
  const file = (args.length > 0 ? findCommand(spec.module, chdir) : undefined) ?? findPackage(spec.module, chdir);
  if (file !== undefined) return file;
  const suggestions = nearestFiles(spec.module, chdir);
  const advice =
    suggestions.length === 0 ? 'there is no module in that folder' : `did you mean ${suggestions.join(', ')}?`;
  throw new QilinError('APP_NOT_FOUND', `No module "${spec.module}" in ${chdir}; ${advice}`);
}

/** What no loader takes. A file without ending is a program, as npm installs them. */
function checked(file: string, { module }: AppSpec): string {
  const ending = extname(file);
  if (ending === '' || MODULE_EXTENSIONS.some((extension) => extension === ending)) return file;
  throw new QilinError(
    'APP_NOT_FOUND',
    `${module} is no module of JavaScript or TypeScript; name a file that ends in ${MODULE_EXTENSIONS.join(', ')}.`,
  );
}

const runs = (runner: string) =>
  `${runner} runs a program in a process of its own, which Qilin cannot serve: name the program's file, or a command of node_modules/.bin with its arguments behind --, as in next -- start.`;

/** In the folder, or in one of those above it, as npm's scripts find it. */
function findCommand(name: string, folder: string): string | undefined {
  if (name.includes('/')) return undefined;
  const command = join(folder, 'node_modules/.bin', name);
  if (existsSync(command)) return realpathSync(command);
  const above = dirname(folder);
  return above === folder ? undefined : findCommand(name, above);
}

function findPackage(module: string, chdir: string): string | undefined {
  if (module.startsWith('.') || isAbsolute(module)) return undefined;
  try {
    const file = createRequire(join(chdir, 'package.json')).resolve(module);
    // The name of a module of Node itself is resolved to that name.
    return isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

const withoutExtension = (file: string) => file.slice(0, file.length - extname(file).length);

/** Modules near where the wanted one was looked for, relative to `chdir`, the nearest name first. */
function nearestFiles(module: string, chdir: string): string[] {
  const folders = [chdir, ...subfolders(chdir), dirname(resolve(chdir, module))];
  const files = [...new Set(folders.flatMap(modulesIn))].map((file) => relative(chdir, file)).toSorted();
  const nameOf = (file: string) => basename(withoutExtension(file));
  const names = nearestFirst(nameOf(module), new Set(files.map(nameOf)));
  return names.flatMap((name) => files.filter((file) => nameOf(file) === name)).slice(0, SUGGESTIONS);
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_SOURCES.test(entry.name))
    .map((entry) => join(folder, entry.name));
}

function modulesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && MODULE_EXTENSIONS.some((extension) => entry.name.endsWith(extension)))
    .map((entry) => join(folder, entry.name));
}
