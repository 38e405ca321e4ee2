/**
 * Parses `MODULE[:APP]`, the argument that names the app, and reads or writes no file.
 *
 *     flask_server:app              a file by its name, with or without extension, and one of its exports
 *     ./src/server.ts               its default export, or a program that calls listen() itself
 *     pkg.mod:obj.app               pkg/mod where no file pkg.mod exists; an attribute of an export
 *     server:createApp('prod', 4)   a factory, called with JSON literals; strings may be single-quoted
 */
import { QilinError } from '../contract/errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface AppSpec {
  /** As the user wrote it, for messages. */
  readonly name: string;
  /** The part before the colon. */
  readonly module: string;
  /** `['obj', 'app']` for `:obj.app`; undefined when the default export is meant. */
  readonly attributes: readonly [string, ...string[]] | undefined;
  /** What a factory is called with; undefined when the export is the app itself. */
  readonly args: readonly Json[] | undefined;
}

const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const APP = new RegExp(String.raw`^(?<path>${NAME}(?:\.${NAME})*)(?:\((?<args>.*)\))?$`, 'su');
/** A string in double quotes, one in single quotes, or a quote that is not closed. */
const STRING = /"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'|["']/gsu;

/** @throws QilinError APP_NOT_FOUND without a module, APP_EXPORT_MISSING for an APP that cannot be read */
export function parseAppSpec(text: string): AppSpec {
  const colon = text.indexOf(':');
  const module = colon === -1 ? text : text.slice(0, colon);
  if (module === '') {
    throw new QilinError('APP_NOT_FOUND', `The app "${text}" lacks a module; write MODULE[:APP], as in server.ts:app.`);
  }
  if (colon === -1) return { name: text, module, attributes: undefined, args: undefined };
  const app = text.slice(colon + 1);
  const groups = APP.exec(app)?.groups;
  const [first, ...rest] = groups?.['path']?.split('.') ?? [];
  if (first === undefined) {
    throw new QilinError(
      'APP_EXPORT_MISSING',
      `"${app}" in "${text}" is not the name of an export; write app, obj.app or createApp("argument").`,
    );
  }
  const args = groups?.['args'];
  return {
    name: text,
    module,
    attributes: [first, ...rest],
    args: args === undefined ? undefined : parseArgs(args, app),
  };
}

function parseArgs(args: string, app: string): readonly Json[] {
  try {
    return JSON.parse(`[${args.replace(STRING, toDoubleQuotes)}]`) as readonly Json[];
  } catch {
    throw new QilinError(
      'APP_EXPORT_MISSING',
      `The arguments of "${app}" are not JSON literals; write strings, numbers, true, false, null, [...] or {...}.`,
    );
  }
}

function toDoubleQuotes(string: string, singleQuoted: string | undefined): string {
  if (singleQuoted === undefined) return string;
  const content = singleQuoted.replace(/\\(.)|"/gsu, (found, escaped) => {
    if (escaped === undefined) return '\\"';
    return escaped === "'" ? "'" : found;
  });
  return `"${content}"`;
}

/** Paths to look for, best first: the name itself, then its dots as folders where it is a dotted name. */
export function modulePaths(module: string): readonly string[] {
  return /^[\w$-]+(?:\.[\w$-]+)+$/.test(module) ? [module, module.replaceAll('.', '/')] : [module];
}
