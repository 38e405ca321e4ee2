/** Runs an app's commands without a process. Flask's `FlaskCliRunner`. */
import { reasonOf } from '../base/thrown.ts';
import type { CommandGroup } from '../commands/group.ts';
import { UsageError } from '../commands/usage-error.ts';

/** An app with commands. */
interface CommandedApp {
  readonly cli: CommandGroup;
  appContext(): { run<T>(work: () => T): T };
}

/** What became of a command. Click's `Result`. */
export interface CliResult {
  /** 0; 2 for a mistake of who typed it, 1 for what the command threw. */
  readonly exitCode: number;
  /** All that it has echoed, and the sentence of a mistake. */
  readonly output: string;
  /** What it threw. */
  readonly exception: unknown;
}

/**
 * Flask's `FlaskCliRunner`.
 * @example expect((await app.testCliRunner().invoke(['greet', 'ana'])).output).toBe('Hello ana\n');
 */
export class CliRunner {
  readonly #app: CommandedApp;

  constructor(app: CommandedApp) {
    this.#app = app;
  }

  async invoke(argv: readonly string[]): Promise<CliResult> {
    let output = '';
    const echo = (line: string) => {
      output += `${line}\n`;
    };
    try {
      await this.#app.appContext().run(() => this.#app.cli.run(argv, { echo }));
      return { exitCode: 0, output, exception: undefined };
    } catch (exception) {
      if (!(exception instanceof UsageError)) return { exitCode: 1, output, exception };
      echo(`Error: ${reasonOf(exception)}`);
      return { exitCode: 2, output, exception };
    }
  }
}
