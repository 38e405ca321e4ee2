/** What the table says to a terminal: `--help`, and `--print-config` for settings as they were loaded. */
import type { Config, Origins, PlainName, SettingName } from './config.ts';
import { mainFlag, PLAIN_NAMES, ROWS, SETTING_NAMES } from './names.ts';
import { SECTIONS } from './setting.ts';

/** Where the texts of the help begin, in characters from the left. */
const INDENT = 30;
const NARROWEST = 60;

/** The first sentence of a setting's text, without markdown. */
function summary(name: SettingName): string {
  const { text } = ROWS[name];
  return (/^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text).replaceAll('`', '');
}

/** A setting's default as help and reference say it; empty for none. */
export function defaultText(name: SettingName): string {
  const { kind, default: constant, defaultOf, variable } = ROWS[name];
  const text = defaultOf?.says ?? kind.print(constant).join(',');
  return variable === undefined ? text : `${variable.says}, or ${text}`;
}

/** The flags of a setting with what follows them: `-w, --workers N`. */
function usage(name: SettingName): string {
  const { flags, kind } = ROWS[name];
  const main = mainFlag(name);
  // Further spellings of the same flag are understood, but need no room in the help.
  const shown = flags.filter((flag) => flag === main || !flag.startsWith('--'));
  if (kind.placeholder === null) return shown.map((flag) => flag.replace(/^--/, '--[no-]')).join(', ');
  return `${shown.join(', ')} ${kind.placeholder}`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function entry(term: string, text: string, columns: number): readonly string[] {
  const lines = wrap(text, columns - INDENT).map((line) => ' '.repeat(INDENT) + line);
  const start = `  ${term}`;
  if (start.length > INDENT - 2) return [start, ...lines];
  const [first = '', ...rest] = lines;
  return [start + first.slice(start.length), ...rest];
}

function helpEntry(name: SettingName, columns: number): readonly string[] {
  const { kind } = ROWS[name];
  const value = defaultText(name);
  const note = kind.placeholder === null || value === '' ? '' : ` [default: ${value}]`;
  return entry(usage(name), `${summary(name)}${note}`, columns);
}

/** The answer to `--help`, ending in a line feed. `columns` is the width of the terminal. */
export function formatHelp({ columns = 100 }: { readonly columns?: number } = {}): string {
  const width = Math.max(columns, NARROWEST);
  const sections = SECTIONS.flatMap((section) => {
    const names = SETTING_NAMES.filter((name) => ROWS[name].section === section && ROWS[name].flags.length > 0);
    if (names.length === 0) return [];
    return ['', `${section}:`, ...names.flatMap((name) => helpEntry(name, width))];
  });
  return [
    'Usage: qilin [OPTIONS] MODULE[:APP] [-- ARG...]',
    '',
    ...wrap(
      'MODULE is a path, with or without its extension; APP is an export of it, the default export when left out. What follows -- are the arguments of a program.',
      width,
    ),
    ...wrap(
      'Settings come from the config file, then from QILIN_CMD_ARGS, then from the command line; the last one counts.',
      width,
    ),
    ...sections,
    '',
    'Help:',
    ...entry('-h, --help', 'Print this help and exit.', width),
    ...entry('-v, --version', 'Print the version and exit.', width),
    ...entry(
      '--import-pm2 FILE',
      "Print what qilin.config.ts says in the place of PM2's ecosystem file, and exit.",
      width,
    ),
    '',
  ].join('\n');
}

/** A value as `--print-config` shows it: as in a flag, or `(none)`. */
function shown(config: Config, name: PlainName): string {
  const { kind, secret } = ROWS[name];
  const texts = kind.print(config[name]);
  const text = texts.join(', ');
  if (text === '') return '(none)';
  return secret === true ? '(hidden)' : text;
}

interface ShownSetting {
  readonly name: SettingName;
  readonly value: string;
  readonly origin: string;
}

/** Each setting with its value and source. Secret values are not in it, nor hooks that are not there. */
export function listSettings(config: Config, origins: Origins): readonly ShownSetting[] {
  const hooks = Object.keys(config.hooks);
  return SETTING_NAMES.filter((name) => ROWS[name].section !== 'Hooks' || hooks.includes(name)).map((name) => ({
    name,
    value: isPlain(name) ? shown(config, name) : '(function)',
    origin: origins[name],
  }));
}

/** The answer to `--print-config`: a line for each setting, with its source. */
export function formatConfig(config: Config, origins: Origins): string {
  const rows = listSettings(config, origins);
  const width = (column: 'name' | 'value'): number => Math.min(40, Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(({ name, value, origin }) => `${name.padEnd(width('name'))} = ${value.padEnd(width('value'))}  # ${origin}\n`)
    .join('');
}

const plainNames: ReadonlySet<string> = new Set(PLAIN_NAMES);
const isPlain = (name: SettingName): name is PlainName => plainNames.has(name);
