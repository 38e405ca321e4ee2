/**
 * What an ES module and a CommonJS one cannot do, and a package that is not there, as Node's errors tell them: with the cure,
 * which they tell in some versions only. Pure.
 */
import { basename, extname } from 'node:path';

/** What only CommonJS has, and what an ES module writes in its place. */
const INSTEAD: Readonly<Record<string, string>> = {
  require: 'import',
  module: 'export',
  exports: 'export',
  __dirname: 'import.meta.dirname',
  __filename: 'import.meta.filename',
};

const IN_ES_MODULE = /^(require|module|exports|__dirname|__filename) is not defined\b/;
/** What is said of `import` and `export` in a file that is CommonJS. */
export const IN_COMMONJS = /^(?:Cannot use import statement outside a module|Unexpected token 'export')/;
/** A name as npm has it, with or without what follows in it: no path, and no alias such as `@/lib`. */
const PACKAGE = /^Cannot find (?:package|module) '((?:@[a-z\d~-][\w.~-]*\/)?[a-z\d~-][\w.~-]*)(?:\/[^']*)?'/i;

/** The first file that a stack or a place names. */
const FILE = /(?:file:\/\/|^|[\s(])(\/[^\s():]+?\.[cm]?[jt]sx?)(?=:\d)/m;

/** The file's name with another ending: `.cjs` for `.js`, `.cts` for `.ts`. */
function renamed({ stack = '' }: Error, letter: 'c' | 'm'): string {
  const [, file = ''] = FILE.exec(stack) ?? [];
  const ending = `.${letter}${extname(file).includes('t') ? 'ts' : 'js'}`;
  return file === '' ? `with the ending ${ending}` : basename(file, extname(file)) + ending;
}

/** A clause behind "failed while it was loaded", beginning with its comma; empty where nothing is known. */
export function cureOf(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_REQUIRE_ESM')
    return ', for require() takes ES modules from Node 22.12 on: write await import(), or take a newer Node';
  if (code === 'ERR_REQUIRE_ASYNC_MODULE')
    return ', for require() takes no ES module that awaits at its top level: write await import()';
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    const [, name] = PACKAGE.exec(error.message) ?? [];
    return name === undefined
      ? ''
      : `, for the package "${name}" is not installed: is it spelled right, and in package.json?`;
  }
  const [, name = ''] = IN_ES_MODULE.exec(error.message) ?? [];
  const { [name]: instead } = INSTEAD;
  if (error instanceof ReferenceError && instead !== undefined)
    return `, for an ES module has no ${name}: write ${instead}, or name the file ${renamed(error, 'c')}`;
  if (error instanceof SyntaxError && IN_COMMONJS.test(error.message))
    return `, for CommonJS has no import and export: put "type": "module" into package.json, or name the file ${renamed(error, 'm')}`;
  return '';
}
