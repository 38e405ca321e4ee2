/** What an arbiter can be asked and told over its control socket, and what the tool makes of that: one table, from which tool, protocol and documentation come. */

/** Reads one argument, as the tool is given it and as it comes over the socket. Undefined for what it is not. */
interface ArgumentKind<Value> {
  /** What is right, to be read after "must be". */
  readonly expected: string;
  /** Stands for the value in the usage; null for a switch, which takes none. */
  readonly placeholder: string | null;
  read(value: unknown): Value | undefined;
}

/** `4`, or one more or fewer. */
export type ScaleTo = number | '+1' | '-1';

/** As many as the setting `workers` takes. */
const MOST_WORKERS = 1024;
const MOST_DIGITS = 9;

/** From a number, or from its text. */
function wholeNumber(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d+$/.test(text) && text.length <= MOST_DIGITS ? Number(text) : undefined;
}

const flag: ArgumentKind<boolean> = {
  expected: 'true or false',
  placeholder: null,
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

const pid: ArgumentKind<number> = {
  expected: 'the pid of a worker',
  placeholder: 'PID',
  read: wholeNumber,
};

const scaleTo: ArgumentKind<ScaleTo> = {
  expected: `a number of workers from 0 to ${MOST_WORKERS}, +1 or -1`,
  placeholder: 'N|+1|-1',
  read: (value) => {
    if (value === '+1' || value === '-1') return value;
    const count = wholeNumber(value);
    return count !== undefined && count <= MOST_WORKERS ? count : undefined;
  },
};

/** Seconds. A profile is held in memory until it is over. */
const LONGEST_PROFILE = 600;
export const PROFILE_TAKES = 10;

const profileSeconds: ArgumentKind<number> = {
  expected: `a whole number of seconds from 1 to ${LONGEST_PROFILE}`,
  placeholder: 'N',
  read: (value) => {
    const seconds = wholeNumber(value);
    return seconds !== undefined && seconds >= 1 && seconds <= LONGEST_PROFILE ? seconds : undefined;
  },
};

const newFile: ArgumentKind<string> = {
  expected: 'the name of a new file',
  placeholder: 'FILE',
  read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
};

const lineCount: ArgumentKind<number> = { expected: 'a number of lines', placeholder: 'N', read: wholeNumber };

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const shell: ArgumentKind<(typeof SHELLS)[number]> = {
  expected: SHELLS.join(', '),
  placeholder: SHELLS.join('|'),
  read: (value) => SHELLS.find((name) => name === value),
};

interface Argument<Value> {
  readonly kind: ArgumentKind<Value>;
  /** Whether it is given by its place, and not by a flag `--NAME`. */
  readonly isPositional?: true;
  readonly isRequired?: true;
  /** Of the tool alone: it is not sent. */
  readonly isLocal?: true;
  readonly help: string;
}

interface Command {
  readonly help: string;
  /** What it answers with, as `--json` prints it; null for what the tool does by itself, with what others answer: no server is sent it. */
  readonly returns: string | null;
  readonly arguments: Readonly<Record<string, Argument<unknown>>>;
}

/** Gives a row its types. */
const command = <const Row extends Command>(row: Row): Row => row;

const wait = <const Help extends string>(help: Help) => ({ kind: flag, help }) satisfies Argument<boolean>;

/** Of what ends the server: whoever waits is not answered, and sees the end of the connection. */
const SERVER_ENDED = 'Wait until the server has gone.';

export const COMMANDS = {
  status: command({
    help: 'How the server is, and each of its workers.',
    returns: 'what `/status` answers (docs/health.md)',
    arguments: {
      watch: { kind: flag, isLocal: true, help: 'Show it anew each second, until Ctrl-C.' },
    },
  }),
  top: command({
    help: 'The workers, live, in a terminal: CPU, lag, requests a second, how long they take. Keys sort, scale and reload.',
    returns: null,
    arguments: {},
  }),
  config: command({
    help: 'Every setting in force, with its value and where that comes from. Secrets are hidden.',
    returns: 'a list of `name`, `value` and `origin`',
    arguments: {},
  }),
  stacks: command({
    help: 'Where the workers are stuck: the JavaScript stack of each event loop that stands still.',
    returns: 'a list of `pid`, `thread`, `stuckSeconds` and `stack`, which is null where nothing is known',
    arguments: { pid: { kind: pid, isPositional: true, help: 'Of this worker alone.' } },
  }),
  profile: command({
    help: 'What a worker spends its CPU on: a profile that Chrome and Visual Studio Code open.',
    returns: '`file` and `bytes`',
    arguments: {
      pid: { kind: pid, isPositional: true, isRequired: true, help: 'Which worker.' },
      seconds: {
        kind: profileSeconds,
        help: `How long it is watched: ${PROFILE_TAKES} seconds, unless said otherwise.`,
      },
      output: { kind: newFile, isLocal: true, help: 'Where to: `PID.cpuprofile`, unless said otherwise.' },
    },
  }),
  heap: command({
    help: 'What fills the memory of a worker: a snapshot of its heap. While it is taken, the worker does nothing else.',
    returns: '`file` and `bytes`',
    arguments: {
      pid: { kind: pid, isPositional: true, isRequired: true, help: 'Which worker.' },
      output: { kind: newFile, isLocal: true, help: 'Where to: `PID.heapsnapshot`, unless said otherwise.' },
    },
  }),
  slowest: command({
    help: 'The slowest requests of the last minutes, one of each route: how long they waited, were in the app, and were written.',
    returns:
      'a list of `method`, `route`, `status`, `totalSeconds`, `queueSeconds`, `appSeconds`, `writingSeconds` and `at`',
    arguments: {},
  }),
  logs: command({
    help: 'The last lines of the log files of the server.',
    returns: null,
    arguments: {
      lines: { kind: lineCount, isLocal: true, help: 'How many of each file: 10, unless said otherwise.' },
      follow: { kind: flag, isLocal: true, help: 'Go on with what is written, until Ctrl-C; through rotations too.' },
    },
  }),
  reload: command({
    help: 'Start new workers with the app and the settings of now, as HUP does.',
    returns: '`outcome`, `reason`, `generation` and `said`, what the new workers said of their failure',
    arguments: { wait: wait('Wait until it is done (exit status 0) or called off (1, and why).') },
  }),
  upgrade: command({
    help: 'Hand over to a new arbiter, as USR2 and TERM do: this one leaves when that one serves.',
    returns: 'as of `reload`',
    arguments: { wait: wait('Wait until the new one serves (exit status 0), or has failed (1, and why).') },
  }),
  scale: command({
    help: 'Have so many workers, or one more or fewer, until the next reload that changes `workers`.',
    returns: '`message`',
    arguments: { to: { kind: scaleTo, isPositional: true, isRequired: true, help: 'How many.' } },
  }),
  restart: command({
    help: 'Replace one worker: a new one is started, and then this one finishes its requests and leaves.',
    returns: '`message`',
    arguments: { pid: { kind: pid, isPositional: true, isRequired: true, help: 'Which worker.' } },
  }),
  drain: command({
    help: 'End the server when all requests are answered, as TERM does.',
    returns: '`message`',
    arguments: { wait: wait(SERVER_ENDED) },
  }),
  stop: command({
    help: 'End the server at once, whatever is in flight, as INT does.',
    returns: '`message`',
    arguments: { wait: wait(SERVER_ENDED) },
  }),
  completion: command({
    help: 'Print what makes a shell complete the words of qilinctl.',
    returns: null,
    arguments: { shell: { kind: shell, isPositional: true, isRequired: true, help: 'Which shell.' } },
  }),
} as const;

type Table = typeof COMMANDS;
export type CommandName = keyof Table;

type ValueOf<Given> =
  Given extends Argument<infer Value> ? (Given extends { isRequired: true } ? Value : Value | undefined) : never;

export type ArgumentsOf<Name extends CommandName> = {
  readonly [Key in keyof Table[Name]['arguments']]: ValueOf<Table[Name]['arguments'][Key]>;
};

/** A command with its arguments, each of its own kind. */
export type Order = {
  readonly [Name in CommandName]: { readonly command: Name; readonly arguments: ArgumentsOf<Name> };
}[CommandName];

type ReadOrder = { readonly ok: true; readonly order: Order } | { readonly ok: false; readonly error: string };

export const COMMAND_NAMES = Object.keys(COMMANDS).filter(isCommandName);

export function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(COMMANDS, name);
}

export const argumentsOf = (name: CommandName): readonly (readonly [name: string, argument: Argument<unknown>])[] =>
  Object.entries<Argument<unknown>>(COMMANDS[name].arguments);

/** Whether it is sent to a server. */
export const isSent = (name: CommandName): boolean => COMMANDS[name].returns !== null;

/** Checks a command and its arguments, in whatever form they came. The error says what would be right. */
export function readOrder(command: unknown, given: Readonly<Record<string, unknown>>): ReadOrder {
  if (!isCommandName(command)) {
    const got = typeof command === 'string' ? JSON.stringify(command.slice(0, 40)) : typeof command;
    return { ok: false, error: `There is no command ${got}: there are ${COMMAND_NAMES.join(', ')}.` };
  }
  const known = argumentsOf(command);
  const unknown = Object.keys(given).find((name) => known.every(([key]) => key !== name));
  if (unknown !== undefined) return { ok: false, error: `${command} knows no ${unknown.slice(0, 40)}.` };
  const values: Record<string, unknown> = {};
  for (const [name, { kind, isRequired }] of known) {
    const value = given[name];
    if (value === undefined && isRequired !== true) continue;
    const read = kind.read(value);
    if (read === undefined) return { ok: false, error: mistake(command, name, kind.expected, value) };
    values[name] = read;
  }
  // The compiler cannot follow a loop over the table: each argument is there, as its own kind has read it.
  return { ok: true, order: { command, arguments: values } as Order };
}

function mistake(command: CommandName, name: string, expected: string, value: unknown): string {
  const got = value === undefined ? 'none was given' : `got ${JSON.stringify(value).slice(0, 60)}`;
  return `${command}: ${name} must be ${expected} (${got}).`;
}
