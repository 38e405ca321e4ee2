/**
 * Makes a syntax error show where it is. Node 20 tells neither file nor line for an ES module, and tsx no source line;
 * here the stack of such an error becomes what `node broken.js` prints: place, source line, caret, message.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from '../contract/node-util.ts';

const run = promisify(execFile);

/** `/app/server.ts:2:8: ERROR: Unexpected ";"`, as esbuild puts it. */
const ESBUILD = /^(?<file>.+?):(?<line>\d+):(?<column>\d+): ERROR: (?<message>.+)$/m;
/** What a module imports from its own project. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;
/** Node 20 takes TypeScript for CommonJS where no package.json says otherwise. */
const COMMONJS_CURE = '; put "type": "module" into package.json, or name the file .mts';
/** Checking a file takes a process of its own, some 40 ms; past this many the place is left untold. */
const MOST_FILES = 50;

/** The same error, its stack beginning with the place when it is a syntax error without one. `entry` is the app's file. */
export async function withPlace(error: unknown, entry: string): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const esbuild = ESBUILD.exec(error.message)?.groups;
  if (esbuild) {
    const cure = esbuild['message']?.startsWith('Top-level await') ? COMMONJS_CURE : '';
    const place = frame(esbuild['file'], esbuild['line'], esbuild['column']);
    return syntaxError(place, `${esbuild['message']}${cure}`, error);
  }
  const hasPlace = error.stack?.startsWith(`SyntaxError: ${error.message}`) === false;
  if (!(error instanceof SyntaxError) || hasPlace) return error;
  const told = await checkModules(entry);
  return told === undefined ? error : syntaxError(told, error.message, error);
}

function syntaxError(place: string, message: string, cause: Error): Error {
  const placed = new SyntaxError(message, { cause });
  placed.stack = `${place}\n\nSyntaxError: ${message}`;
  return placed;
}

function frame(file = '', line = '', column = ''): string {
  const place = `${file}:${line}`;
  if (!existsSync(file)) return place;
  const source = readFileSync(file, 'utf8').split('\n')[Number(line) - 1] ?? '';
  return `${place}\n${source}\n${' '.repeat(Number(column))}^`;
}

/** Asks `node --check` about the entry and what it imports, breadth first, for the first that it cannot parse. */
async function checkModules(entry: string): Promise<string | undefined> {
  const files = new Set([entry]);
  for (const file of files) {
    const told = await check(file);
    if (told !== undefined) return told;
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)) {
      const imported = resolve(dirname(file), path);
      if (files.size < MOST_FILES && existsSync(imported)) files.add(imported);
    }
  }
  return undefined;
}

/** Place, source line and caret of the syntax error in one file; undefined when it has none. */
async function check(file: string): Promise<string | undefined> {
  try {
    await run(process.execPath, ['--check', file], { env: { ...process.env, NODE_OPTIONS: '' } });
    return undefined;
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return /^(?<place>[\s\S]+?)\s*\nSyntaxError: /.exec(told)?.groups?.['place'];
  }
}
