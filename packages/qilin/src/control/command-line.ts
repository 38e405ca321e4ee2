/** The command line of `qilinctl`, by the table of commands. Pure. */
import { distance, nearestFirst } from '../contract/spelling.ts';
import {
  argumentsOf,
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  isCommandName,
  type Order,
  readOrder,
} from './commands.ts';
import type { Request } from './protocol.ts';

/** Flags of every command, by name. */
export const COMMON = {
  pid: { placeholder: 'PID|FILE', help: "The server, by its arbiter's pid or its pid file." },
  socket: { placeholder: 'FILE', help: 'The server, by its control socket.' },
  json: { placeholder: null, help: 'Print the answer as JSON.' },
  help: { placeholder: null, help: 'Print this help and exit.' },
  version: { placeholder: null, help: 'Print the version and exit.' },
} as const;

const SHORT: Readonly<Record<string, string>> = {
  '-h': '--help',
  '-v': '--version',
  '-o': '--output',
  '-f': '--follow',
  '-n': '--lines',
};

/** What stands for the value of a flag, of whatever command; undefined for one that takes none. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map(
  [
    ...Object.entries(COMMON).map(([name, { placeholder }]) => [name, placeholder] as const),
    ...COMMAND_NAMES.flatMap((command) =>
      argumentsOf(command).flatMap(([name, { kind, isPositional }]) =>
        isPositional ? [] : [[name, kind.placeholder] as const],
      ),
    ),
  ].flatMap(([name, placeholder]) => (placeholder === null ? [] : [[name, placeholder] as const])),
);

interface Call {
  readonly request: Omit<Request, 'protocol'>;
  /** Which server; undefined for the one that runs. */
  readonly server: { readonly by: 'pid' | 'socket'; readonly text: string } | undefined;
  readonly json: boolean;
  /** With the arguments that are the tool's own. */
  readonly order: Order;
}

export type ReadCall =
  | { readonly type: 'call'; readonly call: Call }
  | { readonly type: 'help' | 'version' }
  | { readonly type: 'mistake'; readonly text: string };

const mistake = (text: string): ReadCall => ({ type: 'mistake', text });

/** @param argv What follows the program's name. */
export function readCall(argv: readonly string[]): ReadCall {
  const words = splitFlags(argv);
  if ('mistake' in words) return mistake(words.mistake);
  const { flags, others } = words;
  if (flags.has('help')) return { type: 'help' };
  if (flags.has('version')) return { type: 'version' };
  const [command, ...given] = others;
  if (command === undefined) return mistake(`A command is missing: there are ${COMMAND_NAMES.join(', ')}.`);
  if (!isCommandName(command)) return mistake(unknownWord('command', command, COMMAND_NAMES));
  return readOf(command, given, flags);
}

function readOf(command: CommandName, given: readonly string[], flags: ReadonlyMap<string, string | true>): ReadCall {
  const known = argumentsOf(command);
  const places = known.filter(([, { isPositional }]) => isPositional);
  const stray = given[places.length];
  if (stray !== undefined) return mistake(`${command} takes ${countOf(places.length)}: "${stray}" is one too many.`);
  const switches = known.filter(([, { isPositional }]) => !isPositional).map(([name]) => name);
  const allowed = [...Object.keys(COMMON), ...switches];
  const unknown = [...flags.keys()].find((name) => !allowed.includes(name));
  if (unknown !== undefined) return mistake(`${command}: ${unknownWord('flag', unknown, allowed, '--')}`);
  const values = Object.fromEntries([
    ...places.flatMap(([name], index) => (given[index] === undefined ? [] : [[name, given[index]]])),
    ...switches.flatMap((name) => (flags.has(name) ? [[name, flags.get(name)]] : [])),
  ]);
  const read = readOrder(command, values);
  if (!read.ok) return mistake(read.error);
  const sent = Object.entries(read.order.arguments).filter(([name]) =>
    known.some(([key, { isLocal }]) => key === name && isLocal !== true),
  );
  const [pid, socket] = [flags.get('pid'), flags.get('socket')];
  if (pid !== undefined && socket !== undefined) return mistake('Give --pid or --socket, not both.');
  const server =
    typeof socket === 'string'
      ? ({ by: 'socket', text: socket } as const)
      : typeof pid === 'string'
        ? ({ by: 'pid', text: pid } as const)
        : undefined;
  const request = { command, arguments: Object.fromEntries(sent) };
  return { type: 'call', call: { request, server, json: flags.has('json'), order: read.order } };
}

const countOf = (count: number): string => (count === 0 ? 'no argument' : 'one argument');

type Words =
  | { readonly flags: ReadonlyMap<string, string | true>; readonly others: readonly string[] }
  | { readonly mistake: string };

function splitFlags(argv: readonly string[]): Words {
  const flags = new Map<string, string | true>();
  const others: string[] = [];
  const rest = argv.map((word) => SHORT[word] ?? word);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const found = /^--(?<name>[a-z]+)(?:=(?<value>.*))?$/s.exec(word)?.groups;
    if (found === undefined) {
      // `scale -1` is no flag.
      if (/^-(?!\d)/.test(word)) return { mistake: unknownWord('flag', word, []) };
      others.push(word);
      continue;
    }
    const { name = '', value } = found;
    const placeholder = PLACEHOLDERS.get(name);
    const takesValue = placeholder !== undefined;
    const text = takesValue ? (value ?? rest.shift()) : value;
    if (takesValue && (text === undefined || text === ''))
      return { mistake: `--${name} needs a value: --${name} ${placeholder}` };
    if (!takesValue && text !== undefined) return { mistake: `--${name} takes no value (got "${text}").` };
    flags.set(name, text ?? true);
  }
  return { flags, others };
}

/** Steps from one word to another that are a slip. */
const FURTHEST = 2;

function unknownWord(what: string, word: string, known: readonly string[], prefix = ''): string {
  const [guess] = nearestFirst(word, known);
  const isFar = guess === undefined || distance(word, guess) > FURTHEST;
  const hint = isFar ? 'qilinctl --help lists them' : `did you mean ${prefix}${guess}?`;
  return `There is no ${what} ${prefix}${word}: ${hint}`;
}

const WIDTH = 26;

const line = (term: string, text: string): string =>
  term.length < WIDTH - 2 ? `  ${term.padEnd(WIDTH - 2)}${text}\n` : `  ${term}\n${' '.repeat(WIDTH)}${text}\n`;

/** `--wait`, `--seconds N`. */
export function flagOf(name: string): string {
  const placeholder = PLACEHOLDERS.get(name);
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

/** `scale N|+1|-1`, `reload [--wait]`. */
export function usageOf(name: CommandName): string {
  const words = argumentsOf(name).map(([key, { kind, isPositional, isRequired }]) => {
    const word = isPositional ? (kind.placeholder ?? key) : flagOf(key);
    return isRequired ? word : `[${word}]`;
  });
  return [name, ...words].join(' ');
}

/** The answer to `--help`. */
export function formatHelp(): string {
  const flags = Object.entries(COMMON).map(([name, { help }]) => line(flagOf(name), help));
  return [
    'Usage: qilinctl [--pid PID|FILE | --socket FILE] COMMAND\n',
    'Sees and steers a server of qilin. Where one runs, it is found.\n\nCommands:\n',
    ...COMMAND_NAMES.map((name) => line(usageOf(name), COMMANDS[name].help)),
    '\nOptions:\n',
    ...flags,
    '\nExit status: 0 done, 1 refused, called off or failed, 2 not understood, or no server reached.\n',
  ].join('');
}
