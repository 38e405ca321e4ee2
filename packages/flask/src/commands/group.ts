/** Commands of an app for its administrators: `flask users create ana`. Flask's `AppGroup`. */
import { type Arguments, dashed, type Options, readParameters, type Values } from './parameters.ts';
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

interface Command {
  readonly help: string;
  readonly usage: string;
  run(argv: readonly string[], context: CommandContext): unknown;
}

/** Commands, and groups of commands, by name. */
export class CommandGroup {
  readonly help: string;
  readonly #commands = new Map<string, Command | CommandGroup>();

  constructor(help = '') {
    this.help = help;
  }

  /**
   * Adds a command, which runs with the app's context. Flask's `app.cli.command`.
   *
   * @example
   * app.cli.command('greet', { arguments: { name: 'string' }, options: { times: { type: 'int', default: 1 } } },
   *   ({ name, times }, { echo }) => { for (let n = 0; n < times; n++) echo(`Hello ${name}`); });
   */
  command<const A extends Arguments, const O extends Options>(
    name: string,
    spec: CommandSpec<A, O>,
    work: (values: Values<A, O>, context: CommandContext) => unknown,
  ): void {
    const { arguments: args = {}, options = {}, help = '' } = spec;
    const names = [...Object.keys(args).map((arg) => arg.toUpperCase()), ...Object.keys(options).map(optionText)];
    this.#add(name, {
      help,
      usage: names.join(' '),
      run: (argv, context) => work(readParameters(args, options, argv) as Values<A, O>, context),
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

  /** One line for each command. */
  *lines(): IterableIterator<string> {
    for (const [name, command] of this.#commands) {
      yield [name, command instanceof CommandGroup ? 'COMMAND' : command.usage, command.help]
        .filter(Boolean)
        .join('  ');
    }
  }

  /** Runs the command that the arguments name. @throws UsageError when there is none, or for its arguments; what the command throws */
  async run(argv: readonly string[], context: CommandContext): Promise<void> {
    const [name, ...rest] = argv;
    const command = name === undefined ? undefined : this.#commands.get(name);
    if (command === undefined) throw new UsageError(this.#unknown(name));
    await command.run(rest, context);
  }

  #unknown(name: string | undefined): string {
    const known = [...this.#commands.keys()].join(', ');
    const there = known === '' ? 'the app has none of its own' : `there are: ${known}`;
    return name === undefined ? `Which command? ${there}.` : `There is no command "${name}"; ${there}.`;
  }
}

const optionText = (name: string): string => `[--${dashed(name)}]`;
