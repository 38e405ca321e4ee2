/** Commands of an app for its administrators: `flask users create ana`. Flask's `AppGroup`. */
import { helpText, type Line, optionLines, usageOf } from './help.ts';
import { type Arguments, checkArguments, type Options, readParameters, type Values } from './parameters.ts';
import { UsageError } from './usage-error.ts';

/** Writes a line to whoever runs the command. Click's `echo`. */
export type Echo = (line: string) => void;

/** What a command takes and does. */
export interface CommandSpec<A extends Arguments, O extends Options> {
  /** One line. */
  readonly help?: string;
  readonly arguments?: A;
  readonly options?: O;
}

/** What a command's function has beside its values. */
export interface CommandContext {
  readonly echo: Echo;
}

/** What `--help` needs to know beside: `flask users`. */
interface Call extends CommandContext {
  readonly path: string;
}

interface Command {
  readonly help: string;
  run(argv: readonly string[], call: Call): unknown;
}

/** Commands, and groups of commands, by name. Flask's `AppGroup`. */
export class CommandGroup {
  readonly help: string;
  readonly #commands = new Map<string, Command | CommandGroup>();

  constructor(help = '') {
    this.help = help;
  }

  /**
   * Adds a command, which runs with the app's context. Flask's `app.cli.command`. `--help` shows what it takes.
   *
   * @example
   * app.cli.command('greet', { arguments: { name: 'string' }, options: { times: { type: 'int', default: 1 } } },
   *   ({ name, times }, { echo }) => { for (let n = 0; n < times; n++) echo(`Hello ${name}`); });
   * @example { arguments: { name: { type: 'string', default: 'you' } } } // may be left out
   */
  command<const A extends Arguments, const O extends Options>(
    name: string,
    spec: CommandSpec<A, O>,
    work: (values: Values<A, O>, context: CommandContext) => unknown,
  ): void {
    const { arguments: args = {}, options = {}, help = '' } = spec;
    checkArguments(args);
    this.#add(name, {
      help,
      run(argv: readonly string[], { echo, path }: Call) {
        if (!asksForHelp(argv)) return work(readParameters(args, options, argv) as Values<A, O>, { echo });
        return echo(helpText(`${path} ${usageOf(args, options)}`.trimEnd(), help, 'Options', optionLines(options)));
      },
    });
  }

  /** Adds a group: `users` of `flask users create`. Flask's `AppGroup`. */
  group(name: string, help = ''): CommandGroup {
    const group = new CommandGroup(help);
    this.#add(name, group);
    return group;
  }

  #add(name: string, command: Command | CommandGroup): void {
    if (!/^[\w-]+$/.test(name))
      throw new TypeError(`A command's name has letters, digits, "-" and "_" (got "${name}").`);
    if (this.#commands.has(name)) throw new TypeError(`There is a command "${name}" already.`);
    this.#commands.set(name, command);
  }

  /** Each command and what it does. */
  lines(): readonly Line[] {
    return [...this.#commands].map(([name, { help }]): Line => [name, help]);
  }

  /**
   * Runs the command that the arguments name, or says what it takes.
   * @throws UsageError when there is none, or for its arguments; what the command throws
   */
  async run(argv: readonly string[], { echo, path = 'flask' }: CommandContext & Partial<Call>): Promise<void> {
    const [name, ...rest] = argv;
    const command = name === undefined ? undefined : this.#commands.get(name);
    if (command !== undefined) await command.run(rest, { echo, path: `${path} ${name}` });
    else if (name === '--help' && this.#commands.size > 0)
      echo(helpText(`${path} COMMAND [ARGS]...`, this.help, 'Commands', this.lines()));
    else throw new UsageError(this.#unknown(name));
  }

  #unknown(name: string | undefined): string {
    const known = [...this.#commands.keys()].join(', ');
    const there = known === '' ? 'the app has none of its own' : `there are: ${known}`;
    return name === undefined ? `Which command? ${there}.` : `There is no command "${name}"; ${there}.`;
  }
}

/** What stands behind `--` is meant for the command. */
const asksForHelp = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length).includes('--help');
