/**
 * Reads a command line, or `QILIN_CMD_ARGS` as one, into texts by setting, and collects everything that is wrong with it.
 * `util.parseArgs` takes it apart: unlike commander, which ends at the first mistake, it hands over every token and where it
 * came from.
 */

import { QilinError } from '../contract/errors.ts';
import { parseArgs } from '../contract/node-util.ts';
import type { SettingName } from './config.ts';
import { unknownFlag } from './mistakes.ts';
import { negation, ROWS, SETTING_NAMES } from './names.ts';

/** What one source says of one setting. */
interface Given {
  /** The flag as it was typed last; undefined for the argument. */
  readonly flag: string | undefined;
  readonly texts: readonly string[];
}

export interface CommandLine {
  readonly given: ReadonlyMap<SettingName, Given>;
  /** `--help` or `--version`, the first of them. */
  readonly asks: 'help' | 'version' | undefined;
  readonly errors: readonly QilinError[];
}

type Meaning =
  | { readonly type: 'value'; readonly name: SettingName }
  | { readonly type: 'switch'; readonly name: SettingName; readonly on: boolean }
  | { readonly type: 'asks'; readonly what: 'help' | 'version' };

/** Every flag, `-w` as well as `--workers`, with what it means. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...SETTING_NAMES.flatMap((name) => meaningsOf(name)),
  ...['-h', '--help'].map((flag) => [flag, { type: 'asks', what: 'help' }] as const),
  ...['-v', '--version'].map((flag) => [flag, { type: 'asks', what: 'version' }] as const),
]);

function meaningsOf(name: SettingName): (readonly [string, Meaning])[] {
  const { flags, kind } = ROWS[name];
  if (kind.placeholder !== null) return flags.map((flag) => [flag, { type: 'value', name }] as const);
  const on = flags.map((flag) => [flag, { type: 'switch', name, on: true }] as const);
  const off = negation(name);
  return off === undefined ? on : [...on, [off, { type: 'switch', name, on: false }]];
}

/**
 * `parseArgs` wants one long name for each option, with its letter. A letter without a long name is not in the table; of
 * two long names for one setting the first has the letter.
 */
const OPTIONS = Object.fromEntries(
  [...MEANINGS].flatMap(([flag, meaning]) => {
    if (!flag.startsWith('--')) return [];
    const type = meaning.type === 'value' ? ('string' as const) : ('boolean' as const);
    const letter = letterOf(flag, meaning);
    return [[flag.slice(2), { type, ...(letter === undefined ? {} : { short: letter }) }]];
  }),
);

function letterOf(flag: string, meaning: Meaning): string | undefined {
  if (meaning.type === 'asks') return meaning.what === 'help' ? 'h' : 'v';
  const { flags } = ROWS[meaning.name];
  if (flags.find((candidate) => candidate.startsWith('--')) !== flag) return undefined;
  return flags.find((candidate) => !candidate.startsWith('--'))?.slice(1);
}

/** `source` stands before each message: `command line`, `QILIN_CMD_ARGS`. */
export function readCommandLine(argv: readonly string[], source: string): CommandLine {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<SettingName, Given>();
  const apps: string[] = [];
  let isBehindTerminator = false;
  const errors: QilinError[] = [];
  let asks: CommandLine['asks'];
  const add = (name: SettingName, flag: string | undefined, text: string): void => {
    given.set(name, { flag, texts: [...(given.get(name)?.texts ?? []), text] });
  };
  for (const token of tokens) {
    if (token.kind === 'option-terminator') isBehindTerminator = true;
    if (token.kind === 'positional') {
      if (isBehindTerminator && apps.length > 0) add('args', undefined, token.value);
      else apps.push(token.value);
    }
    if (token.kind !== 'option') continue;
    const flag = token.rawName;
    const meaning = MEANINGS.get(flag);
    if (meaning === undefined) errors.push(unknownFlag(flag, source));
    else if (meaning.type === 'asks') asks ??= meaning.what;
    else if (meaning.type === 'switch') {
      const text = token.value ?? 'true';
      const known = text === 'true' || text === 'false';
      add(meaning.name, flag, known ? String((text === 'true') === meaning.on) : text);
    } else if (token.value === undefined || (!token.inlineValue && MEANINGS.has(token.value))) {
      errors.push(valueMissing(flag, meaning.name, source));
    } else add(meaning.name, flag, token.value);
  }
  const app = apps[0];
  if (app !== undefined) add('app', undefined, app);
  // After an unknown flag, what looks like an app may be its value.
  if (apps.length > 1 && errors.length === 0) errors.push(tooMany(apps, source));
  return { given, asks, errors };
}

function valueMissing(flag: string, name: SettingName, source: string): QilinError {
  return new QilinError('SETTING_INVALID', `${source}: ${flag} needs a value, ${ROWS[name].kind.expected}.`);
}

function tooMany(apps: readonly string[], source: string): QilinError {
  const names = apps.map((app) => JSON.stringify(app)).join(', ');
  const cure = `write -- before the arguments of a program: ${apps[0]} -- ${apps.slice(1).join(' ')}`;
  return new QilinError('USAGE', `${source}: one MODULE[:APP] can be served (got ${names}); ${cure}`);
}

/**
 * Splits the text of `QILIN_CMD_ARGS` into arguments, as a POSIX shell splits words: quotes and backslashes, no expansion.
 * @returns undefined when a quote is not closed or nothing follows the last backslash
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = text;
  while (rest !== '') {
    const piece = PIECE.exec(rest);
    if (piece === null) return undefined;
    const [whole, space, single, double, escaped, bare] = piece;
    rest = rest.slice(whole.length);
    if (space === undefined) {
      word = (word ?? '') + (single ?? double?.replace(/\\([\\"$`])/g, '$1') ?? escaped ?? bare ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** White space; text in single quotes; text in double quotes; one escaped character; anything else. */
const PIECE = /^(?:(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+))/s;
