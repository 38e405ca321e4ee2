/** The table of commands in docs/operate.md. */
import { flagOf, usageOf } from './command-line.ts';
import { argumentsOf, COMMAND_NAMES, COMMANDS, type CommandName } from './commands.ts';

export function commandsReference(): string {
  return COMMAND_NAMES.map(entry).join('\n');
}

function entry(name: CommandName): string {
  const { help, returns } = COMMANDS[name];
  const flags = argumentsOf(name)
    .filter(([, { isPositional }]) => !isPositional)
    .map(([key, argument]) => ` \`${flagOf(key)}\`: ${argument.help}`);
  const answer = returns === null ? '' : ` Answers with ${returns}.`;
  return `### ${usageOf(name)}\n\n${help}${flags.join('')}${answer}\n`;
}
